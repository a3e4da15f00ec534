#include "pipeline/status/user_mailbox.h"

#include <algorithm>
#include <utility>

namespace freshet::pipeline {

UserMailbox::Answer UserMailbox::ask(Partition partition, const UserId& user,
                                     std::chrono::milliseconds wait) {
  const auto question = std::make_shared<Question>(Question{partition, user, std::nullopt});
  std::unique_lock lock(mutex_);
  waiting_.push_back(question);
  any_.store(true, std::memory_order_release);
  answered_.wait_for(lock, wait, [&] { return question->answer.has_value(); });
  if (question->answer) return std::move(*question->answer);
  waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), question), waiting_.end());
  return error(ErrorCode::kUnavailable,
               "the worker of partition " + std::to_string(partition.value) +
                   " is busy or waits for brokers or disk; /readyz says which, ask again later");
}

void UserMailbox::serve(const Explain& explain) {
  if (!any_.load(std::memory_order_acquire)) return;
  std::deque<std::shared_ptr<Question>> questions;
  {
    const std::lock_guard lock(mutex_);
    questions.swap(waiting_);
    any_.store(false, std::memory_order_release);
  }
  for (const auto& question : questions) {
    Answer answer = explain(question->partition, question->user);
    const std::lock_guard lock(mutex_);
    question->answer = std::move(answer);
  }
  answered_.notify_all();
}

}  // namespace freshet::pipeline
