// A whole model folder of which one file is replaced by the input: the first byte chooses
// weights.safetensors, items.txt, model.yaml or target_fields.txt, and the variant of the folder.
// The checksums are made right, or nothing behind them would ever be reached.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "common/check.h"
#include "scorer/files/folder_files.h"
#include "scorer/files/model_folder.h"
#include "scorer/files/model_words.h"
#include "scorer/files/sha256.h"
#include "scorer/model/model_init.h"
#include "tests/fuzz/target.h"
#include "tests/support/temp_dir.h"

namespace freshet::fuzz {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

void replace(std::string* text, std::string_view from, std::string_view to) {
  const std::size_t at = text->find(from);
  FRESHET_CHECK(at != std::string::npos);
  text->replace(at, from.size(), to);
}

class Folder {
 public:
  explicit Folder(scorer::Variant variant) {
    scorer::ModelInitOptions options;
    options.variant = variant;
    options.score = scorer::ScoreKind::kAdditive;
    options.item_ids = {ItemId("v1"), ItemId("v2"), ItemId("v3")};
    options.embedding_dim = 2;
    options.attention_hidden = 2;
    options.hidden1 = 2;
    options.hidden2 = 2;
    options.wide_buckets = 4;
    if (variant != scorer::Variant::kTraditional) options.target_fields = {"item", "author", "tag"};
    options.target_rows = 4;
    const auto model = scorer::init_model(options);
    FRESHET_CHECK(model.has_value());
    FRESHET_CHECK(scorer::save_model(*model, path()).has_value());
    for (std::size_t k = 0; k < kFiles.size(); ++k) {
      contents_[k] = content_of(path() / kFiles[k]);
      sha256_[k] = scorer::sha256_hex(contents_[k]);
    }
    FRESHET_CHECK(scorer::load_model(path()).has_value());
  }

  void load_with(std::size_t which, std::string_view bytes) {
    if (which != replaced_) write(path() / kFiles[replaced_], contents_[replaced_]);
    replaced_ = which;
    if (which != kYaml) {
      std::string yaml = contents_[kYaml];
      if (!contents_[which].empty()) {
        replace(&yaml, sha256_[which], scorer::sha256_hex(bytes));
      }
      write(path() / kFiles[kYaml], yaml);
    }
    write(path() / kFiles[which], bytes);
    const auto model = scorer::load_model(path());
    FRESHET_CHECK(model || model.error().code == ErrorCode::kInvalidModel);
  }

 private:
  static constexpr std::size_t kYaml = 2;
  static constexpr std::array kFiles = {scorer::kWeightsName, scorer::kItemsName,
                                        scorer::kModelYamlName, scorer::kTargetFieldsName};

  std::filesystem::path path() const { return directory_.path() / "model"; }

  test::TempDir directory_;
  std::array<std::string, 4> contents_;  // of kFiles; empty where the folder has no such file
  std::array<std::string, 4> sha256_;
  std::size_t replaced_ = kYaml;  // which file holds something else now, beside model.yaml
};

}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::map<std::size_t, freshet::fuzz::Folder> folders;
  if (size == 0) return 0;
  const std::size_t number = data[0] / 4 % freshet::scorer::kVariantWords.size();
  freshet::fuzz::Folder& folder =
      folders.try_emplace(number, freshet::scorer::kVariantWords[number].value).first->second;
  folder.load_with(data[0] % 4, freshet::fuzz::text_of(data, size).substr(1));
  return 0;
}
