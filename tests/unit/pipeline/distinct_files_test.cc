#include "pipeline/files/distinct_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace freshet::pipeline::distinct_files_test {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class DistinctFilesTest : public ::testing::Test {
 protected:
  DistinctFilesTest() { std::ofstream(log_) << "{}\n"; }

  static std::string verdict(const NamedFile& first, const NamedFile& second) {
    const std::array files{first, NamedFile{"--other", "/dev/full", FileUse::kWritten}, second};
    const Status distinct = check_distinct_files(files);
    if (distinct) return "distinct";
    EXPECT_EQ(distinct.error().code, ErrorCode::kInvalidConfig);
    return distinct.error().message;
  }
  static NamedFile read(const std::filesystem::path& path) {
    return {"--input", path, FileUse::kRead};
  }
  static NamedFile written(const std::filesystem::path& path,
                           const std::string& option = "--output") {
    return {option, path, FileUse::kWritten};
  }

  test::TempDir dir_;
  std::filesystem::path log_ = dir_.path() / "log.jsonl";
  std::filesystem::path new_ = dir_.path() / "new.jsonl";
};

TEST_F(DistinctFilesTest, TwoFilesAreDistinct) {
  EXPECT_EQ(verdict(read(log_), written(new_)), "distinct");
  EXPECT_EQ(verdict(written(dir_.path() / "a"), written(new_)), "distinct");
}

TEST_F(DistinctFilesTest, AnOutputThatIsTheInputIsRefusedByBothNames) {
  EXPECT_EQ(verdict(read(log_), written(log_)),
            "--input " + log_.string() + " and --output " + log_.string() +
                " are the same file, what is read would be overwritten; name another one for "
                "--output");
}

TEST_F(DistinctFilesTest, LinksAndOtherSpellingsOfAFileAreTheSameFile) {
  std::filesystem::create_hard_link(log_, dir_.path() / "hard");
  std::filesystem::create_symlink(log_, dir_.path() / "soft");
  std::filesystem::create_directory(dir_.path() / "sub");
  std::filesystem::create_directory_symlink(dir_.path(), dir_.path() / "same");
  for (const char* name : {"hard", "soft", "./log.jsonl", "sub/../log.jsonl", "same/log.jsonl"}) {
    EXPECT_THAT(verdict(read(log_), written(dir_.path() / name)), HasSubstr("are the same file"))
        << name;
  }
  for (const char* name : {"./new.jsonl", "sub/../new.jsonl", "same/new.jsonl"}) {
    EXPECT_THAT(verdict(written(new_), written(dir_.path() / name, "--dead-letters")),
                HasSubstr("would mix or overwrite each other; name another one for --dead-letters"))
        << name;
  }
  EXPECT_THAT(verdict(written(std::filesystem::relative(new_)), written(new_)),
              HasSubstr("are the same file"));
}

TEST_F(DistinctFilesTest, DevicesMayBeShared) {
  EXPECT_EQ(verdict(written("/dev/null"), written("/dev/null")), "distinct");
  EXPECT_EQ(verdict(read("/dev/null"), written("/dev/null")), "distinct");
  EXPECT_EQ(verdict(written("/dev/full"), written("/dev/full")), "distinct");
}

TEST_F(DistinctFilesTest, StandardInputAndOutputAreTwoButEachIsOne) {
  EXPECT_EQ(verdict(read("-"), written("-")), "distinct");
  EXPECT_THAT(verdict(written("-"), written("-")), StartsWith("--output - and --output - are"));
  EXPECT_THAT(verdict(read("-"), read("-")), HasSubstr("each would get a part of it"));
}

TEST_F(DistinctFilesTest, OneFileMayBeReadTwice) {
  EXPECT_EQ(verdict(read(log_), read(log_)), "distinct");
}

}  // namespace freshet::pipeline::distinct_files_test
