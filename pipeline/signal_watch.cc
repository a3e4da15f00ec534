#include "pipeline/signal_watch.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "pipeline/log.h"

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

void watch(StopSignal* stop, int exit_code) {
  const sigset_t set = watched();
  while (true) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0 || signal == kLeave) return;
    if (stop->requested()) _exit(exit_code);
    log_info("stopping: draining and committing; a second signal stops at once");
    stop->request();
  }
}

}  // namespace

SignalWatch::SignalWatch(StopSignal* stop, int exit_code) {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread(watch, stop, exit_code);
}

SignalWatch::~SignalWatch() {
  pthread_kill(thread_.native_handle(), kLeave);
  thread_.join();
}

}  // namespace freshet::pipeline
