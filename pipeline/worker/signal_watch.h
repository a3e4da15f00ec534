// SignalWatch: SIGTERM and SIGINT ask for a stop; a second one ends the process at once.
//
// Construct it before any other thread: the signals stay blocked in every thread that is started
// later, and one own thread waits for them. Threads: the constructing one; destroy it there too.
#pragma once

#include <mutex>
#include <thread>

#include "pipeline/stop_signal.h"

namespace freshet::pipeline {

class SignalWatch {
 public:
  // `exit_code` is what a second signal ends the process with.
  SignalWatch(StopSignal* stop, int exit_code);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // Signals ask this one from now on; where one has come already, at once. It outlives the watch.
  void pass_to(StopSignal* stop);
  bool signalled() const;

 private:
  void watch(int exit_code);

  mutable std::mutex mutex_;  // guards the two below
  StopSignal* stop_;
  bool signalled_ = false;
  std::thread thread_;
};

}  // namespace freshet::pipeline
