#include "pipeline/commands/demo_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace freshet::commands {
namespace {

TEST(DemoFolderTest, AForeignFolderIsRefusedAndLeftAlone) {
  const test::TempDir dir;
  std::filesystem::create_directories(dir.path() / "state");
  const auto folder = DemoFolder::open(dir.path().string());
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().code, ErrorCode::kInvalidConfig);
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "state"));
}

TEST(DemoFolderTest, AnEarlierDemosStateIsRemoved) {
  const test::TempDir dir;
  const std::string name = (dir.path() / "a" / "demo").string();
  {
    const auto folder = DemoFolder::open(name);
    ASSERT_TRUE(folder.has_value()) << folder.error().message;
    EXPECT_TRUE((*folder)->stays());
    std::filesystem::create_directories((*folder)->state());
  }
  const auto again = DemoFolder::open(name);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_FALSE(std::filesystem::exists((*again)->state()));
}

TEST(DemoFolderTest, ATemporaryOneGoes) {
  std::filesystem::path log;
  {
    const auto folder = DemoFolder::open("");
    ASSERT_TRUE(folder.has_value());
    log = (*folder)->log();
    std::ofstream(log) << "x";
  }
  EXPECT_FALSE(std::filesystem::exists(log.parent_path()));
}

}  // namespace
}  // namespace freshet::commands
