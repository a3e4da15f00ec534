#include "pipeline/status/commit_times.h"

#include <gtest/gtest.h>

namespace freshet::pipeline::commit_times_test {

using std::chrono::microseconds;

TEST(CommitTimesTest, TheLineTellsTheTimeAndItsParts) {
  CommitTimes times;
  times.add(CommitTimes::Part::kPrepare, microseconds{2'104});
  times.add(CommitTimes::Part::kFlush, microseconds{850});
  times.add(CommitTimes::Part::kTransaction, microseconds{6'310});
  times.add(CommitTimes::Part::kStore, microseconds{2'000});
  times.add(CommitTimes::Part::kStore, microseconds{656});
  times.note_longest_step(microseconds{314});
  EXPECT_EQ(
      times.line(4, 3'120, 1'000'214),
      "commit of 4 partitions: 11.92 ms (prepare 2.10, flush 0.85, transaction 6.31, store 2.66), "
      "longest step 0.31 ms, users saved 3120, still changed 1000214");
}

TEST(CommitTimesTest, WhatWentOnBesideTheProcessingIsNoPartOfTheTime) {
  CommitTimes times;
  times.add(CommitTimes::Part::kFlush, microseconds{850});
  times.end_of_beside();
  const std::string line = times.line(1, 0, 0);
  EXPECT_EQ(line.find("commit of 1 partitions: 0.85 ms ("), 0U) << line;
  EXPECT_NE(line.find("store 0.00), beside it 0."), std::string::npos) << line;
}

TEST(CommitTimesTest, WhatPassedIsCountedOnce) {
  CommitTimes times;
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < microseconds{100}) {
  }
  times.end_of(CommitTimes::Part::kPrepare);
  EXPECT_EQ(times.line(1, 0, 0).find("(prepare 0.00"), std::string::npos);
  times.end_of(CommitTimes::Part::kPrepare);
  const std::string line = times.line(1, 0, 0);
  EXPECT_NE(line.find("flush 0.00, transaction 0.00, store 0.00"), std::string::npos) << line;
}

}  // namespace freshet::pipeline::commit_times_test
