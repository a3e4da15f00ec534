// The list of swaps, as it is written, read, and found in what a run published.
#include "pipeline/files/swap_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "common/random.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::swap_finder_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelSwap swap(std::int32_t partition, std::int64_t first, const std::string& model) {
  return {Partition{partition}, Position{first}, model};
}

class SwapFilesTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    const auto path = dir_.path() / "file";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  test::TempDir dir_;
};

TEST_F(SwapFilesTest, AListComesBack) {
  const std::vector<ModelSwap> swaps = {swap(0, 0, "m@7"), swap(0, 1234, "m@8"),
                                        swap(3, 5, "\"odd\"@1")};
  EXPECT_EQ(swap_line(swaps[1]), "{\"partition\":0,\"first_position\":1234,\"model\":\"m@8\"}");
  std::string text;
  for (const ModelSwap& one : swaps) text += swap_line(one) + "\n";
  EXPECT_EQ(read_swap_list(write(text)).value(), swaps);
}

TEST_F(SwapFilesTest, WhatIsNoListIsRefusedByLine) {
  const std::string good = swap_line(swap(1, 5, "m@7")) + "\n";
  for (const char* bad :
       {"", "{}", "[1]", "{\"partition\":-1,\"first_position\":0,\"model\":\"m\"}",
        "{\"partition\":1,\"first_position\":5,\"model\":\"m@8\"}",
        "{\"partition\":0,\"first_position\":9,\"model\":\"m@8\"}",
        "{\"partition\":1,\"first_position\":9,\"model\":\"\"}",
        "{\"partition\":1,\"first_position\":9}",
        "{\"partition\":1,\"first_position\":9,\"model\":\"m@8\"} x"}) {
    const auto read = read_swap_list(write(good + bad + "\n"));
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidConfig);
    EXPECT_THAT(read.error().message, HasSubstr("file:2: "));
  }
  EXPECT_THAT(read_swap_list(write("")).error().message, HasSubstr("has no line"));
}

std::vector<ModelSwap> found(const std::vector<std::pair<std::string, OutputSource>>& records) {
  SwapFinder finder;
  do {
    for (const auto& [place, source] : records) finder.note(place, source);
  } while (finder.found_more());
  EXPECT_EQ(finder.contradicted(), 0U);
  return finder.swaps();
}

OutputSource source(std::int64_t offset, const std::string& model, std::int32_t partition = 0) {
  return {Partition{partition}, Offset{offset}, model};
}

TEST(SwapFinderTest, ASwapIsWhereTheNewModelIsNamedFirst) {
  EXPECT_THAT(found({{"s-0", source(3, "a")},
                     {"s-0", source(4, "a")},
                     {"s-0", source(9, "b")},
                     {"s-1", source(6, "a")},
                     {"s-1", source(8, "b")},
                     {"s-1", source(2, "a", 1)}}),
              ElementsAre(swap(0, 3, "a"), swap(0, 8, "b"), swap(1, 2, "a")));
}

TEST(SwapFinderTest, APlaceThatSawNothingOfASwapHidesNone) {
  // s-0 alone looks like one run of a, and s-1 like one of b.
  EXPECT_THAT(found({{"s-0", source(1, "a")},
                     {"s-0", source(5, "a")},
                     {"s-0", source(6, "a")},
                     {"s-1", source(3, "b")},
                     {"s-1", source(4, "b")},
                     {"s-1", source(8, "b")}}),
              ElementsAre(swap(0, 1, "a"), swap(0, 3, "b"), swap(0, 5, "a"), swap(0, 8, "b")));
}

TEST(SwapFinderTest, TheListIsThatOfEveryRecord) {
  Random random(test::test_seed());
  for (int k = test::case_count(300); k > 0; --k) {
    std::vector<std::pair<std::string, OutputSource>> records;
    std::vector<ModelSwap> expected;
    std::string model = "m@0";
    const double swaps = random.uniform(0, 0.5);
    for (std::int64_t offset = 0; offset < 40; ++offset) {
      if (random.chance(swaps)) model = "m@" + std::to_string(random.below(3));
      if (random.chance(0.3)) continue;
      if (expected.empty() || expected.back().model != model) {
        expected.push_back(swap(0, offset, model));
      }
      records.emplace_back("s-" + std::to_string(random.below(4)), source(offset, model));
    }
    EXPECT_EQ(found(records), expected);
  }
}

TEST(SwapFinderTest, ARecordPublishedWithTwoModelsIsCounted) {
  SwapFinder finder;
  do {
    for (const char* model : {"a", "b"}) {
      for (std::int64_t offset = 5; offset < 8; ++offset) finder.note("s-0", source(offset, model));
    }
  } while (finder.found_more());
  EXPECT_EQ(finder.swaps(), std::vector<ModelSwap>{swap(0, 5, "b")});
  EXPECT_EQ(finder.contradicted(), 3U);
}

TEST_F(SwapFilesTest, ADumpThatIsNoneOfOutputsIsRefusedByLine) {
  SwapFinder finder;
  EXPECT_THAT(finder.add_scores(write("{}\n")).error().message, HasSubstr("file:1: "));
  const std::string topic = "{\"freshet_dump\":1,\"topic\":\"t\",\"partitions\":1}\n";
  const std::string click =
      topic + "{\"partition\":0,\"offset\":0,\"timestamp\":1,\"key\":\"u\",\"value\":\"{}\"}\n";
  EXPECT_THAT(finder.add_scores(write(click)).error().message,
              HasSubstr("file:2: not a score event"));
  EXPECT_THAT(finder.add_dead_letters(write(click)).error().message,
              HasSubstr("file:2: not a dead letter"));
}

}  // namespace freshet::pipeline::swap_finder_test
