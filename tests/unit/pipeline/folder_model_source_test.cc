#include "pipeline/models/folder_model_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/models/open_model.h"
#include "scorer/files/model_folder.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::folder_model_source_test {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class FolderModelSourceTest : public ::testing::Test {
 protected:
  FolderModelSourceTest() {
    scorer::set_float_mode();
    fs::create_directory(folder_);
    put(1);
  }

  void put(std::uint64_t version) const {
    scorer::ModelInitOptions options = test::small_model(config_);
    options.version = version;
    const fs::path name = std::to_string(version);
    ASSERT_TRUE(scorer::save_model(test::random_model(options), folder_ / name));
  }

  std::unique_ptr<FolderModelSource> open(milliseconds interval) const {
    auto opened = open_model(folder_, config_);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::make_unique<FolderModelSource>(std::move(opened->versions),
                                               std::move(opened->model), interval);
  }

  WorkerConfig config_ = test::config_of("{}");
  test::TempDir dir_;
  fs::path folder_ = dir_.path() / "models";
};

// Each waits for what the source's thread does, and ctest for each.

TEST_F(FolderModelSourceTest, ReadersOnAllThreadsComeToTheNewerVersion) {
  const auto source = open(milliseconds(1));
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&source] {
      while (source->newest()->label != "random@2") {
        EXPECT_FALSE(source->status().in_memory.empty());
        std::this_thread::yield();
      }
    });
  }
  put(2);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(source->status().loads, 1U);
}

TEST_F(FolderModelSourceTest, TheOldModelIsInMemoryForAsLongAsSomebodyHoldsIt) {
  const auto source = open(milliseconds(1));
  auto held = source->newest();
  put(2);
  while (source->newest()->label != "random@2") std::this_thread::yield();
  const ModelStatus both = source->status();
  ASSERT_EQ(both.in_memory.size(), 2U);
  EXPECT_EQ(both.in_memory[0]->label, "random@2");
  EXPECT_EQ(both.in_memory[1], held);
}

TEST_F(FolderModelSourceTest, ARefusedVersionIsToldAndTheOldOneStays) {
  const auto source = open(milliseconds(1));
  fs::create_directory(folder_ / "2");
  std::ofstream(folder_ / "2" / "model.yaml") << "nonsense";
  while (source->status().refused.empty()) std::this_thread::yield();
  EXPECT_EQ(source->newest()->label, "random@1");
  EXPECT_EQ(source->status().refusals[static_cast<std::size_t>(ModelFault::kFiles)], 1U);
}

TEST_F(FolderModelSourceTest, WithoutAnIntervalTheVersionOfTheStartStays) {
  const auto source = open(milliseconds(0));
  put(2);
  EXPECT_EQ(source->newest()->label, "random@1");
  EXPECT_EQ(source->status().versions, 1U);
}

}  // namespace freshet::pipeline::folder_model_source_test
