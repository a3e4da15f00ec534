// The model folder: model.yaml, weights.safetensors, items.txt and, for models with target fields,
// target_fields.txt (docs/formats.md, "Model folder").
//
// load_model checks format, every tensor's name, type, shape and bounds, both checksums, every id
// and every value before anything is served. Errors: kInvalidModel naming file, place and remedy.
// save_model writes a folder that load_model accepts; it refuses to overwrite an existing one.
// Threads: none of their own. Cost: one read of the files, O(n (d + H d)) arithmetic.
#pragma once

#include <filesystem>
#include <memory>

#include "common/status.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

Result<std::shared_ptr<const Model>> load_model(const std::filesystem::path& folder);

Status save_model(const Model& model, const std::filesystem::path& folder);

}  // namespace freshet::scorer
