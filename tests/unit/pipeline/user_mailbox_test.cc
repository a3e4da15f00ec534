#include "pipeline/status/user_mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace freshet::pipeline::user_mailbox_test {

using std::chrono::milliseconds;

TEST(UserMailboxTest, TheWorkerAnswersWhatIsAsked) {
  UserMailbox mailbox;
  std::atomic<bool> over{false};
  std::thread worker([&] {
    while (!over) {
      mailbox.serve([](Partition partition, const UserId& user) -> UserMailbox::Answer {
        return user.str() + "@" + std::to_string(partition.value);
      });
    }
  });
  std::vector<std::thread> askers;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back([&, i] {
      const auto answer = mailbox.ask(Partition{i}, UserId("u"), milliseconds(60'000));
      if (answer && *answer == "u@" + std::to_string(i)) ++right;
    });
  }
  for (std::thread& asker : askers) asker.join();
  over = true;
  worker.join();
  EXPECT_EQ(right, 8);
}

TEST(UserMailboxTest, AWorkerThatDoesNotComeIsUnavailable) {
  UserMailbox mailbox;
  const auto answer = mailbox.ask(Partition{3}, UserId("u"), milliseconds(1));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(answer.error().message.find("partition 3"), std::string::npos);
  int served = 0;
  mailbox.serve([&](Partition, const UserId&) -> UserMailbox::Answer {
    ++served;
    return std::nullopt;
  });
  EXPECT_EQ(served, 0) << "a question that nobody waits for is dropped";
}

}  // namespace freshet::pipeline::user_mailbox_test
