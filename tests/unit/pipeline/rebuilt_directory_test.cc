// The directory that takes the place of another, and what a crash leaves of it.
#include "pipeline/state/rebuilt_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/pipeline_fixture.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::rebuilt_directory_test {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr EventTime kNow{test::kBaseMs};  // 2020-10-14T00:00:00.000Z

class RebuiltDirectoryTest : public ::testing::Test {
 protected:
  RebuiltDirectoryTest()
      : state_(dir_.path() / "state"), making_(dir_.path() / "state.rebuilding") {}

  static void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  static std::string read(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  void make_old_state() {
    write(state_ / "CURRENT", "old");
    write(state_ / "instance", "me");
  }
  RebuiltDirectory begin() {
    auto begun = RebuiltDirectory::begin(state_, kNow);
    EXPECT_TRUE(begun.has_value()) << begun.error().message;
    return std::move(*begun);
  }

  test::TempDir dir_;
  fs::path state_;
  fs::path making_;
};

TEST_F(RebuiltDirectoryTest, TakesThePlaceOfTheOldOneWhichIsKept) {
  make_old_state();
  RebuiltDirectory rebuilt = begin();
  write(rebuilt.path() / "CURRENT", "new");
  EXPECT_EQ(read(state_ / "CURRENT"), "old") << "before the exchange";
  const auto kept = rebuilt.swap_in();
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ(**kept, dir_.path() / "state.before-2020-10-14T000000.000Z");
  EXPECT_EQ(read(**kept / "CURRENT"), "old");
  EXPECT_EQ(read(state_ / "CURRENT"), "new");
  EXPECT_EQ(read(state_ / "instance"), "me");
  EXPECT_FALSE(fs::exists(making_));
  EXPECT_FALSE(fs::exists(state_ / "UNFINISHED"));
}

TEST_F(RebuiltDirectoryTest, IsSimplyThereWhereThereWasNone) {
  RebuiltDirectory rebuilt = begin();
  write(rebuilt.path() / "CURRENT", "new");
  const auto kept = rebuilt.swap_in();
  ASSERT_TRUE(kept.has_value());
  EXPECT_FALSE(*kept);
  EXPECT_EQ(read(state_ / "CURRENT"), "new");
}

TEST_F(RebuiltDirectoryTest, WhatACrashLeftUnfinishedIsMadeAnew) {
  make_old_state();
  write(making_ / "UNFINISHED", "");
  write(making_ / "000004.log", "half");
  EXPECT_FALSE(fs::exists(begin().path() / "000004.log"));
  EXPECT_EQ(read(state_ / "CURRENT"), "old");
}

TEST_F(RebuiltDirectoryTest, TheOldStateThatACrashLeftAfterTheExchangeIsKept) {
  make_old_state();
  write(making_ / "CURRENT", "older");
  EXPECT_FALSE(fs::exists(begin().path() / "CURRENT"));
  const fs::path kept = dir_.path() / "state.before-2020-10-14T000000.000Z-interrupted";
  EXPECT_EQ(read(kept / "CURRENT"), "older");
}

TEST_F(RebuiltDirectoryTest, DiscardingLeavesTheOldStateAlone) {
  make_old_state();
  begin().discard();
  EXPECT_FALSE(fs::exists(making_));
  EXPECT_EQ(read(state_ / "CURRENT"), "old");
}

TEST_F(RebuiltDirectoryTest, ADirectoryThatIsNoStateIsNotMoved) {
  write(state_ / "thesis.tex", "years of work");
  const auto refused = RebuiltDirectory::begin(state_, kNow);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.error().message, HasSubstr("is not a state directory"));
  EXPECT_EQ(read(state_ / "thesis.tex"), "years of work");
  EXPECT_FALSE(fs::exists(state_ / "LOCK"));
}

}  // namespace freshet::pipeline::rebuilt_directory_test
