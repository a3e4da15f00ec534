#include "pipeline/worker/instance_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temp_dir.h"

namespace freshet::pipeline::instance_id_test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class InstanceIdTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return dir_.path() / "instance"; }

  void write(const std::string& content) const {
    std::ofstream(file(), std::ios::binary) << content;
  }

  std::string refusal() const {
    const Result<std::string> id = instance_id_of(dir_.path());
    EXPECT_FALSE(id);
    if (id) return {};
    EXPECT_EQ(id.error().code, ErrorCode::kInvalidConfig);
    EXPECT_THAT(id.error().message, HasSubstr(file().string()));
    return id.error().message;
  }

  test::TempDir dir_;
};

TEST_F(InstanceIdTest, ADirectoryKeepsTheIdentityThatItWasGivenFirst) {
  const Result<std::string> first = instance_id_of(dir_.path());
  ASSERT_TRUE(first);
  EXPECT_THAT(*first, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(instance_id_of(dir_.path()).value(), *first);
  std::ifstream stream(file(), std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), *first + "\n");
}

TEST_F(InstanceIdTest, TwoDirectoriesHaveTwoIdentities) {
  const test::TempDir other;
  EXPECT_NE(instance_id_of(dir_.path()).value(), instance_id_of(other.path()).value());
}

TEST_F(InstanceIdTest, NothingButTheIdentityIsLeftInTheDirectory) {
  ASSERT_TRUE(instance_id_of(dir_.path()));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_.path()), {}), 1);
}

TEST_F(InstanceIdTest, AWriteThatACrashCutShortIsDoneAgain) {
  std::ofstream(file().string() + ".new") << "0123";
  const Result<std::string> id = instance_id_of(dir_.path());
  ASSERT_TRUE(id);
  EXPECT_EQ(instance_id_of(dir_.path()).value(), *id);
}

TEST_F(InstanceIdTest, ADamagedFileIsRefusedByNameWithTheRemedy) {
  const std::string whole = instance_id_of(dir_.path()).value();
  for (const std::string& damaged :
       {std::string(), whole, whole.substr(1) + "\n", whole + "\n\n", whole + "0\n",
        "G" + whole.substr(1) + "\n", "A" + whole.substr(1) + "\n", std::string(33, '\0')}) {
    write(damaged);
    EXPECT_THAT(refusal(), HasSubstr("delete it")) << damaged;
  }
}

TEST_F(InstanceIdTest, ADirectoryInItsPlaceIsRefused) {
  std::filesystem::create_directory(file());
  EXPECT_THAT(refusal(), HasSubstr("delete it"));
}

TEST_F(InstanceIdTest, ADirectoryThatIsNotThereIsRefused) {
  const Result<std::string> id = instance_id_of(dir_.path() / "absent");
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(id.error().message, HasSubstr("cannot be written"));
}

TEST_F(InstanceIdTest, EachThreadJoinsUnderAName) {
  EXPECT_EQ(group_instance_id("app", "0f", 0), "app-0f-0");
  EXPECT_EQ(group_instance_id("app", "0f", 12), "app-0f-12");
}

}  // namespace
}  // namespace freshet::pipeline::instance_id_test
