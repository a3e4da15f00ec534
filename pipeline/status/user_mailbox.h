// UserMailbox: questions about single users from any thread to the worker that holds them.
//
// The worker answers between two polls, so a question never races with a record and costs the path
// of a record nothing but a look at one flag per poll.
//
// Errors:  of ask(): kUnavailable when the worker does not come to it in time (it waits for brokers
//          or disk), and what the worker answers
// Threads: ask() from any; serve() from the worker's alone
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/ids.h"
#include "common/log_position.h"
#include "common/status.h"

namespace freshet::pipeline {

class UserMailbox {
 public:
  // JSON of the user; none where the user is unknown.
  using Answer = Result<std::optional<std::string>>;
  using Explain = std::function<Answer(Partition, const UserId&)>;

  Answer ask(Partition partition, const UserId& user, std::chrono::milliseconds wait);

  // Answers all who still wait.
  void serve(const Explain& explain);

 private:
  struct Question {
    Partition partition;
    UserId user;
    std::optional<Answer> answer;
  };

  std::mutex mutex_;
  std::condition_variable answered_;
  std::deque<std::shared_ptr<Question>> waiting_;
  std::atomic<bool> any_{false};
};

}  // namespace freshet::pipeline
