#include "pipeline/worker/signal_watch.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "pipeline/log/log.h"

namespace freshet::pipeline {
namespace {

// Sent by the destructor to its own thread; the signal means nothing else here.
constexpr int kLeave = SIGUSR2;

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, kLeave);
  return set;
}

}  // namespace

void SignalWatch::watch(int exit_code) {
  const sigset_t set = watched();
  while (true) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0 || signal == kLeave) return;
    const std::lock_guard lock(mutex_);
    if (signalled_ || stop_->requested()) _exit(exit_code);
    log_info("stopping: draining and committing; a second signal stops at once");
    signalled_ = true;
    stop_->request();
  }
}

SignalWatch::SignalWatch(StopSignal* stop, int exit_code) : stop_(stop) {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this, exit_code] { watch(exit_code); });
}

void SignalWatch::pass_to(StopSignal* stop) {
  const std::lock_guard lock(mutex_);
  stop_ = stop;
  if (signalled_) stop_->request();
}

bool SignalWatch::signalled() const {
  const std::lock_guard lock(mutex_);
  return signalled_;
}

SignalWatch::~SignalWatch() {
  pthread_kill(thread_.native_handle(), kLeave);
  thread_.join();
}

}  // namespace freshet::pipeline
