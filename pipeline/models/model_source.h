// ModelSource: which model a worker's tasks are to serve, now.
//
// A task takes the newest where it starts, and each task of a worker goes over to it after a
// commit, at the position that the commit named (pipeline/worker/worker.h).
// Errors:  none: a version that cannot be served is the source's to refuse, and the one before it
//          stays the newest
// Threads: newest() may be called from any; a model that was handed out stays as it is
// Cost:    newest() is called at each commit, so it waits for nothing
#pragma once

#include <memory>
#include <utility>

#include "pipeline/models/model_status.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

class ModelSource {
 public:
  ModelSource() = default;
  virtual ~ModelSource() = default;
  ModelSource(const ModelSource&) = delete;
  ModelSource& operator=(const ModelSource&) = delete;

  // Never null. Another object than before is another model to its callers.
  virtual std::shared_ptr<const ServedModel> newest() const = 0;

  // What there is to tell of its versions.
  virtual ModelStatus status() const {
    ModelStatus status;
    status.in_memory = {newest()};
    return status;
  }
};

// One model for ever.
class FixedModelSource final : public ModelSource {
 public:
  // Requires: not null.
  explicit FixedModelSource(std::shared_ptr<const ServedModel> model) : model_(std::move(model)) {}

  std::shared_ptr<const ServedModel> newest() const override { return model_; }

 private:
  std::shared_ptr<const ServedModel> model_;
};

}  // namespace freshet::pipeline
