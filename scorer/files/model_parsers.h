// The two parsers of a model folder, on bytes: model.yaml and the safetensors header.
//
// Both take anything at all and return a value or kInvalidModel naming file, place and remedy; no
// exception leaves them. Implemented in model_yaml.cc and model_folder.cc, the two files that
// include the libraries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "scorer/files/tensor_file.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

// What model.yaml says. The model has its names, options and matrix shapes, but no items or values.
struct ModelDescription {
  Model model;
  std::string weights_sha256;
  std::string items_sha256;
  std::string target_fields_sha256;  // empty without target fields
};

// `file` is how messages name it.
Result<ModelDescription> parse_model_yaml(const std::string& text, const std::string& file);

Result<std::vector<TensorEntry>> parse_tensor_header(std::string_view json,
                                                     const std::string& file);

}  // namespace freshet::scorer
