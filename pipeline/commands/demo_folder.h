// DemoFolder: where a demo keeps its log, its state and what it says of them: a temporary folder
// that goes when it ends, or a named one that stays to be looked at.
//
// A named folder is made where it is missing. One that is there must be a demo's own, which a
// marker file says: what an earlier demo left in it is removed, and nothing is ever removed
// elsewhere. Errors:  kInvalidConfig for a folder that is not a demo's, or cannot be made Threads:
// one
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/status.h"

namespace freshet::commands {

class DemoFolder {
 public:
  // An empty name is a temporary folder.
  static Result<std::unique_ptr<DemoFolder>> open(const std::string& name);
  ~DemoFolder();
  DemoFolder(const DemoFolder&) = delete;
  DemoFolder& operator=(const DemoFolder&) = delete;

  bool stays() const { return stays_; }
  std::filesystem::path log() const { return path_ / "log.jsonl"; }
  std::filesystem::path items() const { return path_ / "items.jsonl"; }
  std::filesystem::path state() const { return path_ / "state"; }

 private:
  DemoFolder(std::filesystem::path path, bool stays) : path_(std::move(path)), stays_(stays) {}
  Status prepare();

  std::filesystem::path path_;
  bool stays_;
};

}  // namespace freshet::commands
