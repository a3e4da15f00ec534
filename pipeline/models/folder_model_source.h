// FolderModelSource: the newest version of a folder, looked for and loaded on a thread of its own.
//
// Errors:  none; a version that is not in order is refused (version_chooser.h), and the one before
//          it stays the newest
// Threads: newest() and status() from any; the end waits for the load under way
// Cost:    newest() a lock that is held for a copy of a pointer
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "pipeline/models/model_source.h"
#include "pipeline/models/version_chooser.h"

namespace freshet::pipeline {

class FolderModelSource final : public ModelSource {
 public:
  // `first` is what `chooser` gave. Looks every `interval`; with zero never.
  FolderModelSource(std::shared_ptr<VersionChooser> chooser,
                    std::shared_ptr<const ServedModel> first, std::chrono::milliseconds interval);
  ~FolderModelSource() override;

  std::shared_ptr<const ServedModel> newest() const override;
  ModelStatus status() const override;

 private:
  void look_again_and_again();
  void look();

  std::shared_ptr<VersionChooser> chooser_;  // its thread's
  const std::chrono::milliseconds interval_;

  mutable std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::shared_ptr<const ServedModel> newest_;
  ModelStatus status_;                                        // all but in_memory
  std::vector<std::weak_ptr<const ServedModel>> handed_out_;  // the newest last

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace freshet::pipeline
