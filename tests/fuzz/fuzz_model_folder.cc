// A whole model folder of which one file is replaced by the input: the first byte chooses
// weights.safetensors, items.txt or model.yaml. The checksums are made right, or nothing behind
// them would ever be reached.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "common/check.h"
#include "scorer/folder_files.h"
#include "scorer/model_folder.h"
#include "scorer/model_init.h"
#include "scorer/sha256.h"
#include "tests/fuzz/target.h"
#include "tests/support/temp_dir.h"

namespace freshet::fuzz {

using scorer::kItemsName;
using scorer::kModelYamlName;
using scorer::kWeightsName;

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
  Folder() {
    scorer::ModelInitOptions options;
    options.item_ids = {ItemId("v1"), ItemId("v2"), ItemId("v3")};
    options.embedding_dim = 2;
    options.attention_hidden = 2;
    options.hidden1 = 2;
    options.hidden2 = 2;
    options.wide_buckets = 4;
    const auto model = scorer::init_model(options);
    FRESHET_CHECK(model.has_value());
    FRESHET_CHECK(scorer::save_model(*model, path()).has_value());
    yaml_ = content_of(path() / kModelYamlName);
    weights_ = content_of(path() / kWeightsName);
    items_ = content_of(path() / kItemsName);
    FRESHET_CHECK(scorer::load_model(path()).has_value());
  }

  void load_with(std::uint8_t which, std::string_view bytes) const {
    std::string yaml = yaml_;
    if (which % 3 == 0) replace(&yaml, scorer::sha256_hex(weights_), scorer::sha256_hex(bytes));
    if (which % 3 == 1) replace(&yaml, scorer::sha256_hex(items_), scorer::sha256_hex(bytes));
    write(path() / kWeightsName, which % 3 == 0 ? bytes : weights_);
    write(path() / kItemsName, which % 3 == 1 ? bytes : items_);
    write(path() / kModelYamlName, which % 3 == 2 ? bytes : yaml);
    const auto model = scorer::load_model(path());
    FRESHET_CHECK(model || model.error().code == ErrorCode::kInvalidModel);
  }

 private:
  std::filesystem::path path() const { return directory_.path() / "model"; }

  test::TempDir directory_;
  std::string yaml_;
  std::string weights_;
  std::string items_;
};

}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const freshet::fuzz::Folder folder;
  if (size == 0) return 0;
  folder.load_with(data[0], freshet::fuzz::text_of(data, size).substr(1));
  return 0;
}
