#include "pipeline/kafka/commit_thread.h"

#include <utility>

#include "common/check.h"

namespace freshet::pipeline {

CommitThread::CommitThread() : thread_([this] { run(); }) {}

CommitThread::~CommitThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CommitThread::start(Call call) {
  FRESHET_CHECK(!has_commit_);
  has_commit_ = true;
  {
    const std::lock_guard lock(mutex_);
    call_ = std::move(call);
  }
  changed_.notify_all();
}

Result<ChangelogPositions> CommitThread::wait() {
  FRESHET_CHECK(has_commit_);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outcome_.has_value(); });
  Result<ChangelogPositions> outcome = std::move(*outcome_);
  outcome_.reset();
  ended_ = false;
  has_commit_ = false;
  return outcome;
}

void CommitThread::forget() {
  if (has_commit_) static_cast<void>(wait());
}

void CommitThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || call_ != nullptr; });
    if (call_ == nullptr) return;
    const Call call = std::exchange(call_, nullptr);
    lock.unlock();
    Result<ChangelogPositions> outcome = call();
    lock.lock();
    outcome_ = std::move(outcome);
    ended_ = true;
    changed_.notify_all();
  }
}

}  // namespace freshet::pipeline
