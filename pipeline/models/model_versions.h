// The versions of a model: what a folder of model folders holds, and which of them is wanted.
//
//   models/shop/          model.path
//     7/ 8/ 9/            model folders, under any names; model.yaml says which version each is
//     current             optional: the number of the version to serve, in place of the newest
//     .10/ 10.partial/    left out: being written
//
// A subfolder without model.yaml is left out, too: it is not there yet.
// Errors:  kInvalidModel where the folder cannot be read
// Threads: free functions. Cost: one small file a version; nothing of the weights is read
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"

namespace freshet::pipeline {

inline constexpr const char* kCurrentName = "current";

// A model folder by its model.yaml.
struct ModelVersion {
  std::filesystem::path folder;
  std::string name;
  std::uint64_t version = 0;
  // SHA-256 of model.yaml. It holds the checksums of all other files, so two folders of one digest
  // are one model.
  std::string digest;
  // Of all of its files: sizes and times of change. Another text says that something was written.
  std::string stamp;

  std::string label() const { return name + "@" + std::to_string(version); }
};

// A model folder whose model.yaml says nothing that can be used.
struct UnreadVersion {
  std::filesystem::path folder;
  std::string stamp;
  std::string message;
};

struct ModelVersions {
  std::vector<ModelVersion> versions;  // newest first; equal ones by folder
  std::vector<UnreadVersion> unread;   // by folder
  // What the file `current` says, where it is there: an error where that is no version number.
  std::optional<Result<std::uint64_t>> current;

  const ModelVersion* find(std::uint64_t version) const;  // null: none
};

// Whether `folder` is a model folder itself.
bool is_model_folder(const std::filesystem::path& folder);

// Whether it is none, and holds at least one, in order or not.
bool is_folder_of_versions(const std::filesystem::path& folder);

Result<ModelVersions> list_versions(const std::filesystem::path& folder);

}  // namespace freshet::pipeline
