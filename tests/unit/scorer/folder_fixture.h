// A valid model folder in a temporary directory that a test damages in one place.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "common/check.h"
#include "common/coding.h"
#include "scorer/files/model_folder.h"
#include "scorer/files/sha256.h"
#include "tests/support/scorer_models.h"
#include "tests/support/temp_dir.h"

namespace freshet::scorer::folder_fixture {

inline ModelInitOptions tiny_options() {
  ModelInitOptions options;
  options.name = "tiny";
  options.version = 7;
  options.embedding_dim = 3;
  options.item_ids = test::numbered_items(4);
  options.attention_hidden = 2;
  options.hidden1 = 5;
  options.hidden2 = 4;
  options.wide_buckets = 11;
  options.context_fields = {"tab"};
  return options;
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t place = text.find(from);
  FRESHET_CHECK(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

class ModelFolder {
 public:
  explicit ModelFolder(const ModelInitOptions& options = tiny_options())
      : path_(dir_.path() / "model") {
    FRESHET_CHECK(save_model(test::random_model(options), path_).has_value());
  }

  const std::filesystem::path& path() const { return path_; }

  std::string read(const char* name) const {
    std::ifstream stream(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

  // Writes the file as it is: model.yaml keeps the checksum of the old one.
  void write(const char* name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

  void edit_yaml(const std::string& from, const std::string& to) const {
    write("model.yaml", replaced(read("model.yaml"), from, to));
  }

  // Writes the file, and its checksum into model.yaml.
  void write_checked(const char* name, const std::string& bytes) const {
    const std::string old_sha = sha256_hex(read(name));
    write(name, bytes);
    edit_yaml(old_sha, sha256_hex(bytes));
  }

  // The JSON header and the data of weights.safetensors.
  std::pair<std::string, std::string> weights() const {
    const std::string bytes = read("weights.safetensors");
    const std::size_t header = ByteReader(bytes).u64_le();
    return {bytes.substr(8, header), bytes.substr(8 + header)};
  }

  void write_weights(const std::string& header, const std::string& data) const {
    std::string bytes;
    put_u64_le(&bytes, header.size());
    write_checked("weights.safetensors", bytes + header + data);
  }

  void edit_header(const std::string& from, const std::string& to) const {
    const auto [header, data] = weights();
    write_weights(replaced(header, from, to), data);
  }

  // Checks that the folder is refused with all these words in the message.
  void expect_refused(std::initializer_list<const char*> words) const {
    const auto model = load_model(path_);
    ASSERT_FALSE(model) << "the folder was accepted";
    EXPECT_EQ(model.error().code, ErrorCode::kInvalidModel);
    for (const char* word : words) {
      EXPECT_NE(model.error().message.find(word), std::string::npos)
          << "no \"" << word << "\" in: " << model.error().message;
    }
  }

 private:
  test::TempDir dir_;
  std::filesystem::path path_;
};

}  // namespace freshet::scorer::folder_fixture
