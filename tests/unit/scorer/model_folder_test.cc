#include "scorer/files/model_folder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "scorer/files/folder_files.h"
#include "scorer/files/model_words.h"
#include "scorer/model/model_tensors.h"
#include "tests/unit/scorer/folder_fixture.h"

namespace freshet::scorer {
namespace model_folder_test {

using folder_fixture::ModelFolder;
using folder_fixture::tiny_options;

TEST(ModelFolderTest, WhatIsSavedIsLoadedBitForBit) {
  ModelInitOptions options = tiny_options();
  options.behaviours = {"click", "cart"};
  options.activation = Activation::kRelu;
  options.weight = WeightKind::kPerChannel;
  options.recency_per_day = 0.1;
  options.item_ids[2] = ItemId("\xc3\xa4 #: \"x\"");
  const Model saved = test::random_model(options);
  const test::TempDir dir;
  ASSERT_TRUE(save_model(saved, dir.path() / "model"));
  const auto loaded = load_model(dir.path() / "model");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Model& model = **loaded;
  EXPECT_EQ(model.label(), "tiny@7");
  EXPECT_EQ(model.items.data, saved.items.data);
  EXPECT_EQ(model.item_ids, saved.item_ids);
  EXPECT_EQ(model.item_id_rank, saved.item_id_rank);
  EXPECT_EQ(model.row_of(options.item_ids[2]), ItemRow{2});
  ASSERT_EQ(model.behaviours.size(), 2U);
  EXPECT_EQ(model.behaviours[1].name, "cart");
  const TraditionalAttention& attention = *model.behaviours[1].traditional();
  EXPECT_EQ(attention.activation, Activation::kRelu);
  EXPECT_EQ(attention.weight, WeightKind::kPerChannel);
  EXPECT_EQ(attention.softmax, SoftmaxOver::kPositions);
  EXPECT_EQ(attention.recency_per_day, 0.1);
  EXPECT_EQ(attention.w2.data, saved.behaviours[1].traditional()->w2.data);
  EXPECT_EQ(model.hidden1.weight.data, saved.hidden1.weight.data);
  EXPECT_EQ(model.output.bias, saved.output.bias);
  EXPECT_EQ(model.wide.weights, saved.wide.weights);
  EXPECT_EQ(model.wide.recent_clicks, 5U);
  ASSERT_EQ(model.wide.crosses.size(), 5U);
  EXPECT_EQ(model.wide.crosses[4].kind, CrossKind::kContextXItem);
  EXPECT_EQ(model.wide.crosses[4].context_field, "tab");
}

// Every tensor by name, with its shape and values.
std::map<std::string, std::pair<TensorShape, std::vector<float>>> tensors_of(const Model& model) {
  std::map<std::string, std::pair<TensorShape, std::vector<float>>> tensors;
  for_each_tensor(model, [&](const std::string& name, const TensorShape& shape, const auto& data) {
    tensors[name] = {shape, data};
  });
  return tensors;
}

TEST(ModelFolderTest, EveryVariantComesBackWithItsTensorsAndFields) {
  for (const auto& variant : kVariantWords) {
    for (const auto& score : kScoreWords) {
      for (const bool fields : {false, true}) {
        ModelInitOptions options = tiny_options();
        options.variant = variant.value;
        options.score = score.value;
        options.pool = RowPool::kSum;
        options.recency_per_day = 0.25;
        if (fields) options.target_fields = {"item", "author", "tag"};
        const bool of_self =
            variant.value == Variant::kSelf || variant.value == Variant::kSelfShared;
        if (of_self && score.value == ScoreKind::kBilinear) continue;
        const Model saved = test::random_model(options);
        const test::TempDir dir;
        ASSERT_TRUE(save_model(saved, dir.path() / "model"));
        const auto loaded = load_model(dir.path() / "model");
        ASSERT_TRUE(loaded) << variant.text << ": " << loaded.error().message;
        EXPECT_EQ((*loaded)->variant, variant.value);
        EXPECT_EQ((*loaded)->representations(), saved.representations());
        EXPECT_EQ(tensors_of(**loaded), tensors_of(saved)) << variant.text;
        ASSERT_EQ((*loaded)->target_fields.has_value(), fields);
        if (fields) {
          EXPECT_EQ((*loaded)->target_fields->rows, saved.target_fields->rows);
        }
        // And the yaml says the same, option by option.
        ASSERT_TRUE(save_model(**loaded, dir.path() / "again"));
        const auto first = read_file(dir.path() / "model" / "model.yaml", 1 << 20);
        const auto again = read_file(dir.path() / "again" / "model.yaml", 1 << 20);
        ASSERT_TRUE(first && again);
        EXPECT_EQ(*first, *again);
      }
    }
  }
}

TEST(ModelFolderTest, TargetFieldsAreCheckedLineByLine) {
  ModelInitOptions options = tiny_options();
  options.target_fields = {"item", "author", "tag"};
  options.target_rows = 3;
  const struct {
    const char* text;
    const char* word;
  } cases[] = {
      {"0 1\n- -\n2 0\n1 1", "target_fields.txt: does not end with a line feed"},
      {"", "target_fields.txt: is empty"},
      {"0 1\n-\n2 0\n1 1\n", "target_fields.txt:2: has 1 entries, model.yaml names 2 fields"},
      {"0 1\n- -\n2  0\n1 1\n", "target_fields.txt:3: has 3 entries"},
      {"0 1\n- -\n2 x\n1 1\n", "target_fields.txt:3: \"x\" is neither - nor the number"},
      {"0 1\n- -\n2 -1\n1 1\n", "target_fields.txt:3: \"-1\" is neither"},
      {"0 1\n- -\n2 4294967296\n1 1\n", "target_fields.txt:3: \"4294967296\" is neither"},
      {"0 1\n- -\n2 3\n1 1\n", "target_fields.txt:3: row 3 is not one of the 3"},
      {"0 1\n- -\n2 0\n", "target_fields.txt: has fields of 3 items for 4 rows"},
  };
  for (const auto& c : cases) {
    const ModelFolder folder(options);
    folder.write_checked("target_fields.txt", c.text);
    folder.expect_refused({c.word});
  }
  const ModelFolder good(options);
  good.write_checked("target_fields.txt", "0 1\n- -\n2 0\n1 -\n");
  const auto loaded = load_model(good.path());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ((*loaded)->target_fields->rows[0], 0U);
  EXPECT_EQ((*loaded)->target_fields->rows[7], std::nullopt);
}

TEST(ModelFolderTest, ATensorThatTheVariantDoesNotHaveIsRefusedByName) {
  ModelInitOptions options = tiny_options();
  options.variant = Variant::kSelf;
  const ModelFolder folder(options);
  folder.edit_yaml("variant: self", "variant: self_shared");
  folder.expect_refused({"tensor behaviour.click.target.wv is not one of this model's"});
  const ModelFolder other(options);
  other.edit_yaml("score: scaled_dot", "score: additive");
  other.expect_refused({"tensor behaviour.click.self.v [2] is missing"});
  const ModelFolder shape(options);
  shape.edit_yaml("hidden: 2", "hidden: 3");
  shape.expect_refused({"tensor behaviour.click.self.wq: shape is [2, 3]", "ask for [3, 3]"});
}

TEST(ModelFolderTest, AModelWithoutAWideSideComesBackWithoutOne) {
  ModelInitOptions options = tiny_options();
  options.wide_buckets = 0;
  const test::TempDir dir;
  ASSERT_TRUE(save_model(test::random_model(options), dir.path() / "model"));
  const auto loaded = load_model(dir.path() / "model");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE((*loaded)->wide.crosses.empty());
}

TEST(ModelFolderTest, SavingTwiceGivesTheSameBytes) {
  const ModelFolder first;
  const ModelFolder second;
  for (const char* name : {"model.yaml", "weights.safetensors", "items.txt"}) {
    EXPECT_EQ(first.read(name), second.read(name)) << name;
  }
}

TEST(ModelFolderTest, SavingNeverOverwrites) {
  const ModelFolder folder;
  const Status status = save_model(test::random_model(tiny_options()), folder.path());
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("exists already"), std::string::npos);
}

TEST(ModelFolderTest, SavingNeedsAWritablePlace) {
  const ModelFolder folder;
  const Status status =
      save_model(test::random_model(tiny_options()), folder.path() / "items.txt" / "model");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidConfig);
}

TEST(ModelFolderTest, AModelThatCannotBeLoadedIsNotSaved) {
  Model model = test::random_model(tiny_options());
  model.hidden2.bias[3] = std::numeric_limits<float>::quiet_NaN();
  const test::TempDir dir;
  const Status status = save_model(model, dir.path() / "model");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("tensor deep.1.bias: value 3"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "model"));
}

TEST(ModelFolderTest, AMissingFolderOrFileIsNamed) {
  const test::TempDir dir;
  const auto model = load_model(dir.path() / "nowhere");
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message.find("nowhere/model.yaml: No such file"), std::string::npos)
      << model.error().message;
  for (const char* name : {"model.yaml", "weights.safetensors", "items.txt"}) {
    const ModelFolder folder;
    std::filesystem::remove(folder.path() / name);
    folder.expect_refused({name, "No such file", "a model folder holds"});
  }
}

TEST(ModelFolderTest, ADirectoryInPlaceOfAFileIsNamed) {
  const ModelFolder folder;
  std::filesystem::remove(folder.path() / "items.txt");
  std::filesystem::create_directory(folder.path() / "items.txt");
  folder.expect_refused({"items.txt", "not a regular file"});
}

TEST(ModelFolderTest, AnyFlippedByteOfWeightsOrItemsFailsItsChecksum) {
  for (const char* name : {"weights.safetensors", "items.txt"}) {
    const ModelFolder folder;
    const std::string bytes = folder.read(name);
    for (std::size_t place = 0; place < bytes.size(); place += 1 + bytes.size() / 40) {
      std::string damaged = bytes;
      damaged[place] = static_cast<char>(damaged[place] ^ 4);
      folder.write(name, damaged);
      folder.expect_refused({name, "SHA-256", "copy the folder again"});
    }
  }
}

TEST(ModelFolderTest, AFileCutShortFailsItsChecksum) {
  for (const char* name : {"weights.safetensors", "items.txt"}) {
    const ModelFolder folder;
    const std::string bytes = folder.read(name);
    folder.write(name, bytes.substr(0, bytes.size() - 1));
    folder.expect_refused({name, "SHA-256"});
  }
}

TEST(ModelFolderTest, NonFiniteValuesAreNamedByTensorAndIndex) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    const ModelFolder folder;
    auto [header, data] = folder.weights();
    std::memcpy(&data[5 * sizeof(float)], &bad, sizeof(bad));  // item.embedding comes first
    folder.write_weights(header, data);
    folder.expect_refused(
        {"tensor item.embedding: value 5 is not finite", "export the model again"});
  }
}

TEST(ModelFolderTest, ItemIdsAreCheckedLineByLine) {
  const struct {
    const char* items;
    const char* word;
  } cases[] = {
      {"v0\nv1\nv2\nv1\n", "items.txt:4: item \"v1\" stands in line 2"},
      {"v0\n\nv2\nv3\n", "items.txt:2: an item id must be 1 to 128 bytes"},
      {"v0\nv\xff\nv2\nv3\n", "items.txt:2: an item id must be"},
      {"v0\nv1\r\nv2\nv3\n", "items.txt:2: the id has a line break"},
      {"v0\nv1\nv2\nv3", "does not end with a line feed"},
      {"", "items.txt: is empty"},
      {"v0\nv1\nv2\n", "model.yaml and items.txt ask for [3, 3]"},
  };
  for (const auto& c : cases) {
    const ModelFolder folder;
    folder.write_checked("items.txt", c.items);
    folder.expect_refused({c.word});
  }
  const ModelFolder folder;
  folder.write_checked("items.txt", std::string(129, 'x') + "\nv1\nv2\nv3\n");
  folder.expect_refused({"items.txt:1: an item id must be"});
}

}  // namespace model_folder_test
}  // namespace freshet::scorer
