// The two parsers of a model folder: the first byte chooses between model.yaml and the header of
// weights.safetensors.
#include <string>

#include "common/check.h"
#include "scorer/files/model_parsers.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace scorer = freshet::scorer;
  if (size == 0) return 0;
  const std::string_view text = freshet::fuzz::text_of(data, size).substr(1);
  if (data[0] % 2 == 0) {
    const auto model = scorer::parse_model_yaml(std::string(text), "model.yaml");
    FRESHET_CHECK(model || model.error().code == freshet::ErrorCode::kInvalidModel);
  } else {
    auto entries = scorer::parse_tensor_header(text, "weights.safetensors");
    FRESHET_CHECK(entries || entries.error().code == freshet::ErrorCode::kInvalidModel);
    if (entries && scorer::check_layout("weights.safetensors", size, &*entries)) {
      for (const auto& entry : *entries) FRESHET_CHECK(entry.begin <= entry.end);
    }
  }
  return 0;
}
