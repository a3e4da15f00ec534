#include "pipeline/restore/restore_thread.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "pipeline/log/log.h"

namespace freshet::pipeline {
namespace {

constexpr std::chrono::milliseconds kPollTimeout{20};
constexpr std::chrono::milliseconds kPauseMin{200};
constexpr std::chrono::milliseconds kPauseMax{5'000};

}  // namespace

RestoreThread::RestoreThread(RestoreContext context)
    : restorer_(std::move(context)), thread_([this] { run(); }) {}

RestoreThread::~RestoreThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void RestoreThread::start(RestoreRequest request) {
  const std::lock_guard lock(mutex_);
  progress_.push_back({request.partition, 0, 0});
  commands_.emplace_back(std::move(request));
  changed_.notify_all();
}

void RestoreThread::cancel(Partition partition) {
  const std::lock_guard lock(mutex_);
  commands_.emplace_back(partition);
  std::erase_if(ended_, [&](const RestoreOutcome& o) { return o.partition == partition; });
  changed_.notify_all();
}

std::vector<RestoreOutcome> RestoreThread::take_ended() {
  const std::lock_guard lock(mutex_);
  return std::exchange(ended_, {});
}

std::vector<RestoreProgress> RestoreThread::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

RestoreTrouble RestoreThread::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

// Waits for a command where there is nothing to restore. False when it is time to end.
bool RestoreThread::take_commands() {
  std::vector<Command> commands;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !commands_.empty() || !restorer_.idle(); });
    if (stopping_) return false;
    commands = std::exchange(commands_, {});
  }
  for (Command& command : commands) {
    if (const auto* partition = std::get_if<Partition>(&command)) {
      restorer_.cancel(*partition);
    } else {
      restorer_.start(std::get<RestoreRequest>(std::move(command)));
    }
  }
  return true;
}

// A command ends it: the partition that it takes away may be the one that fails.
void RestoreThread::pause(std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, span, [this] { return stopping_ || !commands_.empty(); });
}

void RestoreThread::run() {
  std::chrono::milliseconds span = kPauseMin;
  while (take_commands()) {
    const Status stepped = restorer_.step(kPollTimeout);
    std::vector<RestoreOutcome> ended = restorer_.ended();
    {
      const std::lock_guard lock(mutex_);
      // A restore that was cancelled meanwhile has no outcome any more.
      std::erase_if(ended, [this](const RestoreOutcome& outcome) {
        return std::any_of(commands_.begin(), commands_.end(), [&](const Command& command) {
          const auto* cancelled = std::get_if<Partition>(&command);
          return cancelled != nullptr && *cancelled == outcome.partition;
        });
      });
      std::move(ended.begin(), ended.end(), std::back_inserter(ended_));
      progress_ = restorer_.progress();
      trouble_ = restorer_.trouble();
    }
    if (stepped) {
      span = kPauseMin;
    } else {
      log_warn("restoring: " + stepped.error().message + "; trying again");
      pause(span);
      span = std::min(span * 2, kPauseMax);
    }
  }
}

}  // namespace freshet::pipeline
