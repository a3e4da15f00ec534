// ModelStatus: what a source of models tells metrics and health of its versions.
//
// Threads: a value. Errors: none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

// Why a version is not served. `name_of` gives the label of freshet_model_refused_total.
enum class ModelFault {
  kFolder,         // the folder of versions cannot be read
  kCurrent,        // the file `current` is none, or names a version that is not there
  kName,           // another model's name
  kVersion,        // its number is taken, or lower than the served one's
  kFiles,          // not there, damaged, of another shape: docs/formats.md, "Model folder"
  kConfiguration,  // reads a behaviour or context field, or lacks a pool item
  kItems,          // knows hardly any of the items that are served
  kScores,         // no finite score, or other scores than its definition gives
};
inline constexpr std::size_t kModelFaults = 8;

constexpr std::string_view name_of(ModelFault fault) {
  constexpr std::array<std::string_view, kModelFaults> kNames = {
      "folder", "current", "name", "version", "files", "configuration", "items", "scores"};
  return kNames[static_cast<std::size_t>(fault)];
}

struct ModelRefusal {
  ModelFault fault = ModelFault::kFiles;
  std::string message;  // with place and remedy
};

struct ModelStatus {
  std::size_t versions = 0;           // in the folder; 0 where model.path is one model
  std::vector<ModelRefusal> refused;  // what would be served now, were it in order
  std::uint64_t loads = 0;            // versions that were taken over since the start
  std::array<std::uint64_t, kModelFaults> refusals{};  // since the start, by ModelFault
  // Those in memory, the newest first: two while users of the old one are still scored.
  std::vector<std::shared_ptr<const ServedModel>> in_memory;
};

}  // namespace freshet::pipeline
