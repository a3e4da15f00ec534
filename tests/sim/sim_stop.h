// SimStop: the stop signal of a simulated process, and its way to wait.
//
// Threads: the fibers of its process
#pragma once

#include <chrono>
#include <optional>

#include "pipeline/stop_signal.h"
#include "tests/sim/process.h"

namespace freshet::sim {

class SimStop final : public pipeline::StopSignal {
 public:
  explicit SimStop(Process* process) : process_(process) {}

  bool requested() const override { return process_->stop_requested_ms().has_value(); }
  std::optional<std::chrono::milliseconds> requested_for() const override {
    const auto since = process_->stop_requested_ms();
    if (!since) return std::nullopt;
    return std::chrono::milliseconds(process_->env()->now() - *since);
  }
  // A request in the middle of the span is seen at its end.
  bool wait_for(std::chrono::milliseconds span) override {
    process_->at(Call::kWait, Moment::kBefore);
    if (!requested()) process_->sleep(span.count());
    return requested();
  }
  void pause(std::chrono::milliseconds span) override {
    process_->at(Call::kWait, Moment::kBefore);
    process_->sleep(span.count());
  }

 private:
  Process* process_;
};

}  // namespace freshet::sim
