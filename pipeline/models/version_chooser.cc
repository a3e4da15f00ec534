#include "pipeline/models/version_chooser.h"

#include <algorithm>
#include <utility>

#include "pipeline/log/log.h"
#include "pipeline/models/version_loader.h"

namespace freshet::pipeline {
namespace {

namespace fs = std::filesystem;

// A pool file may name what a model lacks: a change of it is a change of the version.
std::string stamp_of(const ModelVersion& version, const WorkerConfig& config) {
  std::string stamp = version.digest + " " + version.stamp;
  if (config.candidates.source != CandidateSource::kPoolFile) return stamp;
  std::error_code ignored;
  const auto changed = fs::last_write_time(config.candidates.pool_path, ignored);
  return stamp + std::to_string(changed.time_since_epoch().count());
}

// Of several folders with one number; null where they are one model.
const ModelVersion* other_of_same_number(const ModelVersions& all, const ModelVersion& version) {
  for (const ModelVersion& other : all.versions) {
    if (other.version == version.version && other.digest != version.digest) return &other;
  }
  return nullptr;
}

}  // namespace

VersionChooser::VersionChooser(fs::path folder, const WorkerConfig& config)
    : folder_(std::move(folder)), config_(config) {}

std::shared_ptr<const ServedModel> VersionChooser::look() {
  seen_now_.clear();
  const Result<ModelVersions> all = list_versions(folder_);
  std::shared_ptr<const ServedModel> chosen;
  if (all) {
    chosen = choose(*all);
  } else {
    refuse(folder_.string(), all.error().message, {ModelFault::kFolder, all.error().message});
  }
  // What a failed look did not come across may be there all the same.
  if (all) {
    std::erase_if(refused_, [this](const auto& one) { return !seen_now_.contains(one.first); });
  }
  status_.refused.clear();
  for (const auto& [place, refused] : refused_) status_.refused.push_back(refused.why);
  return chosen;
}

std::shared_ptr<const ServedModel> VersionChooser::choose(const ModelVersions& all) {
  status_.versions = all.versions.size() + all.unread.size();
  if (name_.empty() && !all.versions.empty()) name_ = all.versions.back().name;
  auto chosen = all.current ? choose_current(all) : choose_newest(all);
  for (const ModelVersion& version : all.versions) known_.insert(version.digest);
  if (!served_) return chosen;
  const bool there =
      std::any_of(all.versions.begin(), all.versions.end(),
                  [this](const ModelVersion& one) { return one.digest == served_->digest; });
  if (!there && !gone_) {
    log_info("model " + served_->label() + " is served as before, although " +
             served_->folder.string() + " holds it no more");
  }
  gone_ = !there;
  return chosen;
}

std::shared_ptr<const ServedModel> VersionChooser::choose_current(const ModelVersions& all) {
  const std::string file = (folder_ / kCurrentName).string();
  if (!*all.current) {
    const std::string& message = all.current->error().message;
    refuse(file, message, {ModelFault::kCurrent, message});
    return nullptr;
  }
  const ModelVersion* wanted = all.find(**all.current);
  if (wanted == nullptr) {
    refuse_unread(all);  // it may be one of them
    const std::string message = file + ": names version " + std::to_string(**all.current) +
                                ", which is not in " + folder_.string() +
                                "; put it there, name another one, or remove the file";
    refuse(file, message, {ModelFault::kCurrent, message});
    return nullptr;
  }
  if (served_ && wanted->digest == served_->digest) return nullptr;
  return load(all, *wanted);
}

void VersionChooser::refuse_unread(const ModelVersions& all) {
  for (const UnreadVersion& one : all.unread) {
    refuse(one.folder.string(), one.stamp, {ModelFault::kFiles, one.message});
  }
}

std::shared_ptr<const ServedModel> VersionChooser::choose_newest(const ModelVersions& all) {
  refuse_unread(all);
  for (const ModelVersion& version : all.versions) {
    if (served_ && version.digest == served_->digest) continue;
    if (served_ && version.version < served_->version) {
      note_older(version);
      continue;
    }
    if (auto model = load(all, version)) return model;
  }
  return nullptr;
}

// A number that went back is a mistake where it comes while a greater one is served.
void VersionChooser::note_older(const ModelVersion& version) {
  if (known_.contains(version.digest)) return;
  ++status_.refusals[static_cast<std::size_t>(ModelFault::kVersion)];
  log_warn("model " + version.label() + " in " + version.folder.string() +
           " is not served: " + served_->label() +
           " is, and a newer version has a greater number; to go back to it, "
           "write " +
           std::to_string(version.version) + " into " + (folder_ / kCurrentName).string());
}

std::shared_ptr<const ServedModel> VersionChooser::load(const ModelVersions& all,
                                                        const ModelVersion& version) {
  const std::string place = version.folder.string();
  // Naming it in `current` is another question than finding it there.
  const std::string stamp = stamp_of(version, config_) + (all.current ? " current" : "");
  const ModelVersion* other = other_of_same_number(all, version);
  const std::string beside =
      (served_ ? served_->digest : "none") + (other != nullptr ? " " + other->digest : "");
  if (stays_refused(place, stamp, beside)) return nullptr;
  const auto refused = [&](ModelFault fault, const std::string& message) {
    const bool compared = fault == ModelFault::kVersion || fault == ModelFault::kItems;
    refuse(place, stamp, {fault, message}, compared ? beside : "");
    return nullptr;
  };
  if (version.name != name_) {
    return refused(ModelFault::kName, place + ": is a version of \"" + version.name + "\", and " +
                                          folder_.string() + " holds versions of \"" + name_ +
                                          "\"; move it to a folder of its own, or name it so");
  }
  if (served_ && version.version == served_->version) {
    return refused(ModelFault::kVersion,
                   place + ": is version " + std::to_string(version.version) +
                       " as the one that is served, with other content; give it a greater number");
  }
  if (other != nullptr) {
    return refused(ModelFault::kVersion, place + ": is version " + std::to_string(version.version) +
                                             ", and so is " + other->folder.string() +
                                             ", with other content; remove one of them");
  }
  LoadedVersion loaded = load_version(version, config_);
  if (!loaded) return refused(loaded.error().fault, loaded.error().message);
  const std::size_t before = model_ == nullptr ? 0 : model_->model->items.rows;
  const std::size_t kept = model_ == nullptr ? 0 : items_kept(*model_, **loaded);
  if (!all.current) {
    if (kept * kItemsKeptLeast < before) {
      return refused(ModelFault::kItems, place + ": knows " + std::to_string(kept) + " of the " +
                                             std::to_string(before) + " items of " +
                                             served_->label() +
                                             ", fewer than one in ten; if that is meant, write " +
                                             std::to_string(version.version) + " into " +
                                             (folder_ / kCurrentName).string());
    }
  }
  return serve(version, std::move(*loaded), kept);
}

std::shared_ptr<const ServedModel> VersionChooser::serve(const ModelVersion& version,
                                                         std::shared_ptr<const ServedModel> model,
                                                         std::size_t kept) {
  const std::string place = version.folder.string();
  const std::size_t items = model->model->items.rows;
  if (model_ != nullptr) {
    ++status_.loads;
    log_info("model " + model->label + " in " + place + " is loaded and in order: it follows " +
             served_->label() + " at the next commit; " + std::to_string(items) + " items, " +
             std::to_string(items - kept) + " of them new, " +
             std::to_string(model_->model->items.rows - kept) + " gone");
  } else if (!refused_.empty()) {
    log_warn("model " + model->label + " in " + place + " is served in place of what is refused");
  }
  refused_.erase(place);
  served_ = version;
  model_ = model;
  return model;
}

bool VersionChooser::stays_refused(const std::string& place, const std::string& stamp,
                                   const std::string& beside) {
  const auto before = refused_.find(place);
  if (before == refused_.end()) return false;
  Refused& refused = before->second;
  const bool at_rest = refused.last_stamp == stamp;
  refused.last_stamp = stamp;
  seen_now_.insert(place);
  if (!refused.beside.empty() && refused.beside != beside) return false;
  return refused.stamp == stamp || !at_rest;
}

void VersionChooser::refuse(const std::string& place, const std::string& stamp, ModelRefusal why,
                            const std::string& beside) {
  seen_now_.insert(place);
  const auto before = refused_.find(place);
  const bool known = before != refused_.end() && before->second.stamp == stamp;
  if (known && before->second.beside == beside) return;
  ++status_.refusals[static_cast<std::size_t>(why.fault)];
  log_warn("model: " + why.message +
           (served_ ? "; " + served_->label() + " is served as before" : std::string()));
  refused_[place] = {stamp, stamp, beside, std::move(why)};
}

}  // namespace freshet::pipeline
