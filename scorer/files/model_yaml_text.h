// model.yaml of a model, as model_yaml.cc reads it (docs/formats.md, "model.yaml").
#pragma once

#include <string>

#include "scorer/model/model.h"

namespace freshet::scorer {

// SHA-256 of the folder's other files, 64 hexadecimal digits each.
struct FolderDigests {
  std::string weights;
  std::string items;
  std::string target_fields;  // empty without target fields
};

std::string model_yaml_text(const Model& model, const FolderDigests& digests);

}  // namespace freshet::scorer
