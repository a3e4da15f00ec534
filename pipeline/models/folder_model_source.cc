#include "pipeline/models/folder_model_source.h"

#include <utility>

#include "scorer/float_mode.h"

namespace freshet::pipeline {

FolderModelSource::FolderModelSource(std::shared_ptr<VersionChooser> chooser,
                                     std::shared_ptr<const ServedModel> first,
                                     std::chrono::milliseconds interval)
    : chooser_(std::move(chooser)),
      interval_(interval),
      newest_(std::move(first)),
      status_(chooser_->status()),
      handed_out_{newest_} {
  if (interval_.count() > 0) thread_ = std::thread([this] { look_again_and_again(); });
}

FolderModelSource::~FolderModelSource() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const ServedModel> FolderModelSource::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

ModelStatus FolderModelSource::status() const {
  const std::lock_guard lock(mutex_);
  ModelStatus status = status_;
  for (auto one = handed_out_.rbegin(); one != handed_out_.rend(); ++one) {
    if (auto model = one->lock()) status.in_memory.push_back(std::move(model));
  }
  return status;
}

void FolderModelSource::look_again_and_again() {
  scorer::set_float_mode();
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, interval_, [this] { return ended_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void FolderModelSource::look() {
  std::shared_ptr<const ServedModel> newer = chooser_->look();
  const std::lock_guard lock(mutex_);
  status_ = chooser_->status();
  if (newer == nullptr) return;
  std::erase_if(handed_out_, [](const auto& one) { return one.expired(); });
  handed_out_.push_back(newer);
  // The old one may end with its last task; not here, where others wait for the lock.
  newest_.swap(newer);
}

}  // namespace freshet::pipeline
