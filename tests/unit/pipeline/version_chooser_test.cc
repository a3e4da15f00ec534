#include "pipeline/models/version_chooser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "pipeline/models/open_model.h"
#include "scorer/files/model_folder.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::version_chooser_test {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class VersionChooserTest : public ::testing::Test {
 protected:
  VersionChooserTest() {
    scorer::set_float_mode();
    fs::create_directory(folder_);
  }

  scorer::Model model(std::uint64_t version, std::uint64_t seed = 1) const {
    scorer::ModelInitOptions options = test::small_model(config_);
    options.version = version;
    options.seed = seed;
    return test::random_model(options);
  }

  void put(const scorer::Model& model, const std::string& name) const {
    ASSERT_TRUE(scorer::save_model(model, folder_ / name));
  }
  void put(std::uint64_t version) const { put(model(version), std::to_string(version)); }

  void write(const fs::path& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void damage(const std::string& name) const { write(fs::path(name) / "items.txt", "other\n"); }

  // Puts the file aside that a version cannot do without, or brings it back.
  void take_weights(const std::string& name) const {
    fs::rename(folder_ / name / "weights.safetensors", folder_ / name / "taken");
  }
  void bring_weights(const std::string& name) const {
    fs::rename(folder_ / name / "taken", folder_ / name / "weights.safetensors");
  }

  // Looks, and says what is served now.
  std::string look() {
    if (auto model = chooser_.look()) model_ = model;
    return model_ == nullptr ? "none" : model_->label;
  }

  std::uint64_t refusals(ModelFault fault) const {
    return chooser_.status().refusals[static_cast<std::size_t>(fault)];
  }
  // The only version that is refused.
  std::string refused(ModelFault fault) const {
    const auto& all = chooser_.status().refused;
    if (all.size() != 1) return std::to_string(all.size()) + " are refused";
    EXPECT_EQ(name_of(all[0].fault), name_of(fault));
    return all[0].message;
  }

  WorkerConfig config_ = test::config_of("{}");
  test::TempDir dir_;
  fs::path folder_ = dir_.path() / "models";
  VersionChooser chooser_{folder_, config_};
  std::shared_ptr<const ServedModel> model_;
};

TEST_F(VersionChooserTest, TheGreatestNumberIsServedWhateverItsFolderIsCalled) {
  put(model(9), "a");
  put(model(10), "b");
  put(model(2), "c");
  EXPECT_EQ(look(), "random@10");
  EXPECT_EQ(chooser_.served()->folder, folder_ / "b");
  EXPECT_EQ(chooser_.status().versions, 3U);
}

TEST_F(VersionChooserTest, ANewerVersionFollowsAndAnEqualLookChangesNothing) {
  put(1);
  EXPECT_EQ(look(), "random@1");
  EXPECT_EQ(chooser_.look(), nullptr);
  put(2);
  EXPECT_EQ(look(), "random@2");
  EXPECT_EQ(chooser_.look(), nullptr);
  EXPECT_EQ(chooser_.status().loads, 1U);
}

TEST_F(VersionChooserTest, WhatIsBeingWrittenIsWaitedForWithoutAWord) {
  put(1);
  put(model(2), ".2");
  put(model(3), "3.partial");
  fs::create_directory(folder_ / "4");
  write("README", "no folder");
  EXPECT_EQ(look(), "random@1");
  EXPECT_TRUE(chooser_.status().refused.empty());
  fs::rename(folder_ / ".2", folder_ / "2");
  EXPECT_EQ(look(), "random@2");
}

TEST_F(VersionChooserTest, ABadNewestGivesWayToTheNextOlderAtTheStart) {
  put(1);
  put(2);
  put(3);
  damage("3");
  EXPECT_EQ(look(), "random@2");
  EXPECT_THAT(refused(ModelFault::kFiles), HasSubstr("3/items.txt: SHA-256 is "));
}

TEST_F(VersionChooserTest, ABadVersionIsCountedOnceAndTheOldOneStays) {
  put(1);
  EXPECT_EQ(look(), "random@1");
  put(2);
  damage("2");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(look(), "random@1");
  EXPECT_EQ(refusals(ModelFault::kFiles), 1U);
  fs::remove_all(folder_ / "2");
  EXPECT_EQ(look(), "random@1");
  EXPECT_TRUE(chooser_.status().refused.empty());
}

TEST_F(VersionChooserTest, ACopyIsTriedAgainOnceItCameToRest) {
  put(1);
  EXPECT_EQ(look(), "random@1");
  put(2);
  take_weights("2");
  EXPECT_EQ(look(), "random@1");
  EXPECT_THAT(refused(ModelFault::kFiles), HasSubstr("weights.safetensors: "));
  write("2/weights.safetensors", "the beginning");
  EXPECT_EQ(look(), "random@1");
  write("2/weights.safetensors", "the beginning and more");
  EXPECT_EQ(look(), "random@1");
  EXPECT_EQ(refusals(ModelFault::kFiles), 1U) << "it was read while it grew";
  bring_weights("2");
  EXPECT_EQ(look(), "random@1") << "as it is now it was never seen";
  EXPECT_EQ(look(), "random@2");
  EXPECT_TRUE(chooser_.status().refused.empty());
}

TEST_F(VersionChooserTest, AModelYamlThatCannotBeReadIsRefused) {
  put(1);
  fs::create_directory(folder_ / "2");
  write("2/model.yaml", "format: 99\n");
  EXPECT_EQ(look(), "random@1");
  EXPECT_THAT(refused(ModelFault::kFiles), HasSubstr("2/model.yaml:"));
}

TEST_F(VersionChooserTest, ARemovedVersionStaysServed) {
  put(1);
  put(2);
  EXPECT_EQ(look(), "random@2");
  fs::remove_all(folder_ / "2");
  EXPECT_EQ(look(), "random@2");
  fs::remove_all(folder_);
  EXPECT_EQ(look(), "random@2");
  EXPECT_EQ(refusals(ModelFault::kFolder), 1U);
}

TEST_F(VersionChooserTest, ANumberThatGoesBackIsCountedAndNotServed) {
  put(5);
  EXPECT_EQ(look(), "random@5");
  put(4);
  EXPECT_EQ(look(), "random@5");
  EXPECT_EQ(look(), "random@5");
  EXPECT_EQ(refusals(ModelFault::kVersion), 1U);
}

TEST_F(VersionChooserTest, ANumberIsNeverUsedTwice) {
  put(5);
  EXPECT_EQ(look(), "random@5");
  put(model(5, 2), "other");
  EXPECT_EQ(look(), "random@5");
  EXPECT_THAT(refused(ModelFault::kVersion), HasSubstr("give it a greater number"));
  fs::remove_all(folder_ / "other");
  put(model(6, 1), "6a");
  put(model(6, 2), "6b");
  EXPECT_EQ(look(), "random@5");
  EXPECT_THAT(chooser_.status().refused[0].message, HasSubstr("remove one of them"));
  fs::remove_all(folder_ / "6b");
  EXPECT_EQ(look(), "random@6");
}

TEST_F(VersionChooserTest, ACopyOfTheServedVersionIsTheSameModel) {
  put(5);
  EXPECT_EQ(look(), "random@5");
  put(model(5), "copy");
  EXPECT_EQ(chooser_.look(), nullptr);
  EXPECT_TRUE(chooser_.status().refused.empty());
}

TEST_F(VersionChooserTest, AnotherNameIsRefusedAtTheStartAndLater) {
  put(1);
  scorer::Model other = model(2);
  other.name = "other";
  put(other, "2");
  EXPECT_EQ(look(), "random@1");
  EXPECT_THAT(refused(ModelFault::kName), AllOf(HasSubstr("\"other\""), HasSubstr("\"random\"")));
}

TEST_F(VersionChooserTest, AModelThatTheConfigurationDoesNotServeIsRefused) {
  put(1);
  EXPECT_EQ(look(), "random@1");
  scorer::ModelInitOptions options = test::small_model(config_);
  options.version = 2;
  options.behaviours = {"cart"};
  put(test::random_model(options), "2");
  EXPECT_EQ(look(), "random@1");
  EXPECT_THAT(refused(ModelFault::kConfiguration), HasSubstr("add it under `behaviours`"));
}

TEST_F(VersionChooserTest, AnotherCatalogueIsRefusedUnlessCurrentNamesIt) {
  put(1);
  EXPECT_EQ(look(), "random@1");
  scorer::ModelInitOptions options = test::small_model(config_);
  options.version = 2;
  for (ItemId& item : options.item_ids) item = ItemId("other-" + item.str());
  put(test::random_model(options), "2");
  EXPECT_EQ(look(), "random@1");
  EXPECT_THAT(refused(ModelFault::kItems), HasSubstr("knows 0 of the 8 items of random@1"));
  write("current", "2\n");
  look();
  EXPECT_EQ(look(), "random@2");
}

TEST_F(VersionChooserTest, AModelWithoutAFiniteScoreIsRefused) {
  put(1);
  EXPECT_EQ(look(), "random@1");
  scorer::Model wild = model(2);
  wild.output.weight.data.assign(wild.output.weight.data.size(), 3e38F);
  wild.hidden2.bias.assign(wild.hidden2.bias.size(), 3e38F);
  put(wild, "2");
  EXPECT_EQ(look(), "random@1");
  EXPECT_THAT(refused(ModelFault::kScores), HasSubstr("no finite score"));
}

TEST_F(VersionChooserTest, CurrentGoesBackAndHoldsUntilItIsRemoved) {
  put(7);
  put(8);
  EXPECT_EQ(look(), "random@8");
  write("current", "7\n");
  EXPECT_EQ(look(), "random@7");
  put(9);
  EXPECT_EQ(look(), "random@7");
  fs::remove(folder_ / "current");
  EXPECT_EQ(look(), "random@9");
}

TEST_F(VersionChooserTest, ACurrentThatNamesNothingChangesNothing) {
  put(7);
  EXPECT_EQ(look(), "random@7");
  write("current", "6");
  EXPECT_EQ(look(), "random@7");
  EXPECT_THAT(refused(ModelFault::kCurrent), HasSubstr("names version 6, which is not in"));
  write("current", "newest");
  EXPECT_EQ(look(), "random@7");
  EXPECT_THAT(refused(ModelFault::kCurrent), HasSubstr("\"newest\" is no version number"));
}

TEST_F(VersionChooserTest, AStartIsRefusedWhereNothingCanBeServed) {
  put(1);
  put(2);
  damage("1");
  damage("2");
  const auto opened = open_model(folder_, config_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalidModel);
  EXPECT_THAT(opened.error().message, AllOf(HasSubstr("no version of the model"),
                                            HasSubstr("1/items.txt"), HasSubstr("2/items.txt")));
}

TEST_F(VersionChooserTest, AModelFolderItselfIsOpenedAsItIs) {
  put(3);
  put(4);
  const auto opened = open_model(folder_ / "3", config_);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->model->label, "random@3");
  EXPECT_EQ(opened->folder, folder_ / "3");
  EXPECT_EQ(opened->versions, nullptr);
  const auto versions = open_model(folder_, config_);
  ASSERT_TRUE(versions) << versions.error().message;
  EXPECT_EQ(versions->folder, folder_ / "4");
}

}  // namespace freshet::pipeline::version_chooser_test
