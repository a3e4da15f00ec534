// Hostile weights.safetensors files: each has a valid checksum, so only the reader's own checks
// stand between it and the model.
#include <gtest/gtest.h>

#include "common/random.h"
#include "scorer/files/model_parsers.h"
#include "tests/support/seed.h"
#include "tests/unit/scorer/folder_fixture.h"

namespace freshet::scorer {
namespace tensor_file_test {

using folder_fixture::ModelFolder;

TEST(TensorFileTest, AFileWithoutAHeaderLengthIsRefused) {
  const ModelFolder folder;
  folder.write_checked("weights.safetensors", "1234567");
  folder.expect_refused({"weights.safetensors", "shorter than 8 bytes"});
}

TEST(TensorFileTest, AHeaderLengthBeyondTheFileIsRefused) {
  for (const std::uint64_t length :
       {std::uint64_t{100}, ~std::uint64_t{0}, std::uint64_t{1} << 40}) {
    const ModelFolder folder;
    std::string bytes;
    put_u64_le(&bytes, length);
    folder.write_checked("weights.safetensors", bytes + "{}");
    folder.expect_refused({"its header says ", std::to_string(length).c_str(), "has 2 after it"});
  }
}

TEST(TensorFileTest, AHeaderThatIsNotAJsonObjectIsRefused) {
  for (const char* header : {"", "{", "nonsense", "{}x", "{\"a\":\"\xff\"}"}) {
    const ModelFolder folder;
    folder.write_weights(header, "");
    folder.expect_refused({"weights.safetensors", "the header is not JSON"});
  }
  const ModelFolder folder;
  folder.write_weights("[1]", "");
  folder.expect_refused({"the header must be a JSON object"});
}

TEST(TensorFileTest, AMillionBracketsAreRefused) {
  const ModelFolder folder;
  folder.write_weights(std::string(1'000'000, '['), "");
  folder.expect_refused({"the header is not JSON"});
}

TEST(TensorFileTest, EntriesOfTheWrongTypeAreRefusedByTensor) {
  const struct {
    const char* from;
    const char* to;
    const char* word;
  } cases[] = {
      {"\"item.embedding\":{", "\"item.embedding\":3,\"x\":{", "must be an object of dtype"},
      {"{\"dtype\":\"F32\",\"shape\":[4, 3]", "{\"shape\":[4, 3]", "must be an object of dtype"},
      {"{\"dtype\":\"F32\"", "{\"dtype\":32", "dtype must be a string"},
      {"{\"dtype\":\"F32\"", "{\"dtype\":\"F16\"", "dtype is F16; convert it to F32"},
      {"{\"dtype\":\"F32\"", "{\"type\":\"F32\"", "dtype must be a string"},
      {"\"shape\":[4, 3]", "\"shape\":[4, \"3\"]", "shape must be a list of whole numbers"},
      {"\"shape\":[4, 3]", "\"shape\":[4, -3]", "shape must be a list of whole numbers"},
      {"\"shape\":[4, 3]", "\"shape\":[1,1,1,1,1,1,1,4,3]", "at most 8 numbers"},
      {"\"data_offsets\":[0,48]", "\"data_offsets\":[0]", "data_offsets must be two whole"},
      {"\"data_offsets\":[0,48]", "\"data_offsets\":[0,48.0]", "data_offsets must be two whole"},
      {"\"data_offsets\":[0,48]", "\"data_offsets\":[-1,48]", "data_offsets must be two whole"},
  };
  for (const auto& c : cases) {
    const ModelFolder folder;
    folder.edit_header(c.from, c.to);
    folder.expect_refused({"tensor item.embedding: ", c.word});
  }
}

TEST(TensorFileTest, OffsetsOutsideTheFileAreRefused) {
  for (const char* offsets : {"[48,0]", "[0,18446744073709551615]", "[0,1000000]"}) {
    const ModelFolder folder;
    folder.edit_header("\"data_offsets\":[0,48]", std::string("\"data_offsets\":") + offsets);
    folder.expect_refused({"tensor item.embedding: data_offsets", "lie outside the file's"});
  }
}

TEST(TensorFileTest, AShapeThatDoesNotFitItsBytesIsRefused) {
  for (const char* shape :
       {"[4, 4]", "[4]", "[]", "[4294967296,4294967296,3]", "[4611686018427387904,3]"}) {
    const ModelFolder folder;
    folder.edit_header("\"shape\":[4, 3]", std::string("\"shape\":") + shape);
    folder.expect_refused({"tensor item.embedding: shape", "does not fit its 48 bytes"});
  }
}

TEST(TensorFileTest, OverlapsHolesAndLeftoversAreRefused) {
  ModelFolder overlap;
  // behaviour.click.attention.w1 is [2, 3], 24 bytes after the 48 of item.embedding.
  overlap.edit_header("[48,72]", "[44,68]");
  overlap.expect_refused({"behaviour.click.attention.w1 begins at byte 44", "they overlap"});

  ModelFolder hole;
  hole.edit_header("[48,72]", "[52,76]");
  hole.expect_refused({"begins at byte 52", "there is a hole"});

  ModelFolder leftover;
  const auto [header, data] = leftover.weights();
  leftover.write_weights(header, data + "four");
  leftover.expect_refused({"the tensors end at byte", "something was appended"});
}

TEST(TensorFileTest, UnknownMissingAndDoubledTensorsAreRefusedByName) {
  const ModelFolder renamed;
  renamed.edit_header("\"deep.1.bias\"", "\"deep.9.bias\"");
  renamed.expect_refused({"tensor deep.9.bias is not one of this model's"});

  const ModelFolder doubled;
  doubled.edit_header("\"deep.1.bias\"", "\"deep.0.bias\"");
  doubled.expect_refused({"tensor deep.0.bias is listed twice"});

  const ModelFolder missing;
  const auto [header, data] = missing.weights();
  const std::size_t wide = header.find(",\"wide.weight\"");
  missing.write_weights(header.substr(0, wide) + "}", data.substr(0, data.size() - 11 * 4));
  missing.expect_refused({"tensor wide.weight [11] is missing"});
}

TEST(TensorFileTest, AShapeThatTheModelDoesNotAskForIsRefused) {
  const ModelFolder folder;
  folder.edit_header("\"shape\":[4, 3]", "\"shape\":[3, 4]");
  folder.expect_refused({"tensor item.embedding: shape is [3, 4]", "ask for [4, 3]"});
}

TEST(TensorFileTest, MetadataAndAnotherOrderOfTheEntriesAreAccepted) {
  const ModelFolder folder;
  auto [header, data] = folder.weights();
  header = folder_fixture::replaced(header, "\"format\":\"freshet-1\"", "\"any\":\"text\"");
  // Moves the first entry behind the last one.
  const std::size_t first = header.find(",\"item.embedding\"");
  const std::size_t second = header.find(",\"behaviour.click.attention.w1\"");
  const std::size_t end = header.rfind('}');
  header = header.substr(0, first) + header.substr(second, end - second) +
           header.substr(first, second - first) + "}";
  folder.write_weights(header, data);
  const auto model = load_model(folder.path());
  EXPECT_TRUE(model) << model.error().message;
}

TEST(TensorFileTest, RandomDamageOfTheHeaderIsAValueOrARefusalNeverACrash) {
  const ModelFolder folder;
  const std::string header = folder.weights().first;
  Random random(test::test_seed());
  for (int k = 0; k < test::case_count(10'000); ++k) {
    std::string damaged = header;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
    }
    if (random.chance(0.3)) damaged.resize(random.below(damaged.size()));
    auto entries = parse_tensor_header(damaged, "w");
    if (entries) {
      (void)check_layout("w", folder.weights().second.size(), &*entries);
    } else {
      ASSERT_EQ(entries.error().code, ErrorCode::kInvalidModel);
    }
  }
}

}  // namespace tensor_file_test
}  // namespace freshet::scorer
