#include "pipeline/kafka/commit_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace freshet::pipeline::commit_thread_test {
namespace {

TEST(CommitThreadTest, ACallGoesOnBesideItsCallerUntilItEnds) {
  CommitThread thread;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(thread.has_commit());
    std::promise<void> may_end;
    thread.start([i, end = may_end.get_future().share()]() -> Result<ChangelogPositions> {
      end.wait();
      return ChangelogPositions{Position{i}};
    });
    EXPECT_TRUE(thread.has_commit());
    EXPECT_FALSE(thread.has_ended());
    may_end.set_value();
    const auto outcome = thread.wait();
    ASSERT_TRUE(outcome);
    EXPECT_EQ(*outcome, ChangelogPositions{Position{i}});
  }
}

TEST(CommitThreadTest, AnErrorIsTheOutcome) {
  CommitThread thread;
  thread.start([]() -> Result<ChangelogPositions> { return error(ErrorCode::kFenced, "over"); });
  while (!thread.has_ended()) std::this_thread::yield();
  const auto outcome = thread.wait();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kFenced);
}

TEST(CommitThreadTest, WhoForgetsWaitsUntilNothingIsUsedAnyMore) {
  CommitThread thread;
  thread.forget();
  std::atomic<bool> ended = false;
  thread.start([&]() -> Result<ChangelogPositions> {
    for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
    ended = true;
    return ChangelogPositions{};
  });
  thread.forget();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(thread.has_commit());
}

TEST(CommitThreadTest, ItsEndWaitsForTheCallEvenWhereItHasNotBegun) {
  std::atomic<int> ended = 0;
  for (int i = 0; i < 100; ++i) {
    CommitThread thread;
    thread.start([&]() -> Result<ChangelogPositions> {
      ++ended;
      return ChangelogPositions{};
    });
  }
  EXPECT_EQ(ended, 100);
}

}  // namespace
}  // namespace freshet::pipeline::commit_thread_test
