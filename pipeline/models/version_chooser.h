// VersionChooser: decides which version of a folder is served, and loads it.
//
// Without the file `current` that is the greatest version that is in order and greater than the one
// that is served. A version that was removed stays served, and none ever gives way to a lower one.
// With `current` it is the version that the file names, whichever that is: how one goes back.
//
//   not there yet --model.yaml--> loaded and tried --in order--> served
//                                   |        ^
//                                   v        | its files changed, and came to rest
//                                  refused --+   (logged and counted once), or what it was
//                                                compared with is another
//
// The name of the model is the served one's; at the start that of the lowest version there.
// Errors:  of look() none: what is wrong is logged, counted, and told by status()
// Threads: one at a time. Cost: look() reads each model.yaml, and loads what is new
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "pipeline/config/config.h"
#include "pipeline/models/model_status.h"
#include "pipeline/models/model_versions.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

class VersionChooser {
 public:
  VersionChooser(std::filesystem::path folder, const WorkerConfig& config);

  // Looks at the folder once. The model to serve from now on; null where that is what it was.
  std::shared_ptr<const ServedModel> look();

  // The model folder that is served; none before look() gave one.
  const std::optional<ModelVersion>& served() const { return served_; }

  // All but in_memory.
  const ModelStatus& status() const { return status_; }

  const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Refused {
    std::string stamp;       // of the folder as it was refused
    std::string last_stamp;  // as it was at the last look
    std::string beside;  // the versions that it was compared with; empty: it was wrong by itself
    ModelRefusal why;
  };

  std::shared_ptr<const ServedModel> choose(const ModelVersions& all);
  std::shared_ptr<const ServedModel> choose_newest(const ModelVersions& all);
  std::shared_ptr<const ServedModel> choose_current(const ModelVersions& all);
  std::shared_ptr<const ServedModel> load(const ModelVersions& all, const ModelVersion& version);
  std::shared_ptr<const ServedModel> serve(const ModelVersion& version,
                                           std::shared_ptr<const ServedModel> model,
                                           std::size_t kept);
  void refuse_unread(const ModelVersions& all);
  void note_older(const ModelVersion& version);

  // Whether what is at this place was refused as it is now, beside the same versions, or is still
  // being written after it was.
  bool stays_refused(const std::string& place, const std::string& stamp, const std::string& beside);
  void refuse(const std::string& place, const std::string& stamp, ModelRefusal why,
              const std::string& beside = "");

  std::filesystem::path folder_;
  WorkerConfig config_;
  std::string name_;  // empty before the first look
  std::optional<ModelVersion> served_;
  std::shared_ptr<const ServedModel> model_;
  std::map<std::string, Refused> refused_;  // by place
  std::set<std::string> seen_now_;          // places of refused_ that this look came across
  std::set<std::string> known_;             // digests that were there before, in order or not
  bool gone_ = false;                       // that the served one is not there any more was said
  ModelStatus status_;
};

}  // namespace freshet::pipeline
