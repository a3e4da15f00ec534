#include "scorer/files/item_vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/coding.h"
#include "scorer/files/model_extend.h"
#include "tests/support/scorer_models.h"
#include "tests/support/temp_dir.h"

namespace freshet::scorer::item_vectors_test {

using ::testing::HasSubstr;

class ItemVectorsTest : public ::testing::Test {
 protected:
  void write(const char* name, const std::string& bytes) const {
    std::ofstream(dir_.path() / name, std::ios::binary) << bytes;
  }

  static std::string bytes_of(const std::vector<float>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
  }

  // As numpy.save writes it, for an array of this header.
  void write_npy(const std::string& header, const std::vector<float>& values) const {
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes.push_back(static_cast<char>(header.size()));
    bytes.push_back('\0');
    write("rows", bytes + header + bytes_of(values));
  }
  static std::string header(const std::string& shape) {
    return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }   \n";
  }

  void write_safetensors(const std::string& json, const std::vector<float>& values) const {
    std::string bytes;
    put_u64_le(&bytes, json.size());
    write("rows", bytes + json + bytes_of(values));
  }

  Result<ItemVectors> read() const {
    return read_item_vectors(dir_.path() / "ids.txt", dir_.path() / "rows");
  }
  std::string refusal() const {
    const auto vectors = read();
    return vectors ? "accepted" : vectors.error().message;
  }

  test::TempDir dir_;
};

TEST_F(ItemVectorsTest, NumpyAndSafetensorsGiveTheSameRows) {
  write("ids.txt", "a\nb\n");
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  write_npy(header("(2, 3)"), values);
  const auto numpy = read();
  ASSERT_TRUE(numpy) << numpy.error().message;
  write_safetensors(R"({"e":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", values);
  const auto tensor = read();
  ASSERT_TRUE(tensor) << tensor.error().message;
  for (const auto& vectors : {*numpy, *tensor}) {
    EXPECT_EQ(vectors.ids, (std::vector{ItemId("a"), ItemId("b")}));
    EXPECT_EQ(vectors.rows.rows, 2U);
    EXPECT_EQ(vectors.rows.cols, 3U);
    EXPECT_EQ(vectors.rows.data, values);
  }
}

TEST_F(ItemVectorsTest, EachFaultIsNamedWithItsPlace) {
  write("ids.txt", "a\nb\n");
  write_npy(header("(3, 1)"), {1, 2, 3});
  EXPECT_THAT(refusal(), HasSubstr("has 3 rows, "));
  write_npy(header("(2, 2)"), {1, 2, 3});
  EXPECT_THAT(refusal(), HasSubstr("has 12 bytes of values, [2, 2] float32 need 16"));
  write_npy(header("(2,)"), {1, 2});
  EXPECT_THAT(refusal(), HasSubstr("is no matrix of two dimensions"));
  write_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }", {1, 2, 3, 4});
  EXPECT_THAT(refusal(), HasSubstr("save array.astype(\"<f4\")"));
  write_npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }", {1, 2});
  EXPECT_THAT(refusal(), HasSubstr("numpy.ascontiguousarray"));
  write_npy(header("(2, 2)"), {1, 2, NAN, 4});
  EXPECT_THAT(refusal(), HasSubstr("row 1, column 0 is nan, of item \"b\""));
  write_npy(header("(2, 0)"), {});
  EXPECT_THAT(refusal(), HasSubstr("holds [2, 0] values"));
  write("rows", "\x93NUMPY");
  EXPECT_THAT(refusal(), HasSubstr("is no .npy of version 1 to 3"));
  write("rows", "");
  EXPECT_THAT(refusal(), HasSubstr("is shorter than 8 bytes"));
  write_safetensors("{}", {});
  EXPECT_THAT(refusal(), HasSubstr("holds 0 tensors; one of two dimensions"));
  write_safetensors(R"({"e":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}})", {1, 2, 3});
  EXPECT_THAT(refusal(), HasSubstr("dtype is F16; convert it to F32"));
  write("ids.txt", "a\na\n");
  EXPECT_THAT(refusal(), HasSubstr("ids.txt:2: item \"a\" stands in line 1 already"));
  write("ids.txt", "a\n\n");
  EXPECT_THAT(refusal(), HasSubstr("ids.txt:2: an item id must be"));
}

class ModelExtendTest : public ::testing::Test {
 protected:
  static ModelInitOptions options() {
    ModelInitOptions options;
    options.embedding_dim = 2;
    options.item_ids = test::numbered_items(3);
    options.target_fields = {"item", "author"};
    return options;
  }
  const Model old_ = test::random_model(options());
};

TEST_F(ModelExtendTest, NewItemsComeBehindAndKnownOnesGetTheirRow) {
  const ItemVectors more{{ItemId("new"), ItemId("v1")}, {2, 2, {1, 2, 3, 4}}};
  const auto extended = extend_model(old_, 2, more);
  ASSERT_TRUE(extended) << extended.error().message;
  EXPECT_EQ(extended->added, 1U);
  EXPECT_EQ(extended->replaced, 1U);
  const Model& model = extended->model;
  EXPECT_EQ(model.label(), "random@2");
  ASSERT_EQ(model.items.rows, 4U);
  EXPECT_EQ(model.row_of(ItemId("new"))->value, 3U);
  EXPECT_EQ(model.items.at(3, 1), 2.0F);
  EXPECT_EQ(model.items.at(1, 0), 3.0F);
  EXPECT_EQ(model.items.at(0, 0), old_.items.at(0, 0));
  EXPECT_EQ(model.target_fields->rows.size(), 4U);
  EXPECT_EQ(model.target_fields->rows[3], std::nullopt);
  EXPECT_EQ(model.hidden1.weight.data, old_.hidden1.weight.data);
}

TEST_F(ModelExtendTest, AnotherDimensionOrALowerVersionIsRefused) {
  const auto narrow = extend_model(old_, 2, {{ItemId("new")}, {1, 3, {1, 2, 3}}});
  ASSERT_FALSE(narrow);
  EXPECT_THAT(narrow.error().message, HasSubstr("have 2 dimensions, the embeddings have 3"));
  const auto same = extend_model(old_, 1, {});
  ASSERT_FALSE(same);
  EXPECT_THAT(same.error().message, HasSubstr("version 1 does not follow it"));
}

}  // namespace freshet::scorer::item_vectors_test
