// LateSaves: a SaveRunner whose batches are written when a test says so, or somebody waits.
//
// Threads: one
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "pipeline/state/save_runner.h"

namespace freshet::test {

class LateSaves final : public pipeline::SaveRunner {
 public:
  // The store outlives it. Where `asked_max` is given, a batch is written when it was asked for as
  // often whether it has ended.
  explicit LateSaves(stateful::StateStore* store, std::optional<int> asked_max = std::nullopt)
      : store_(store), asked_max_(asked_max) {}

  std::unique_ptr<Write> start(std::shared_ptr<const stateful::CheckpointBatch> batch) override {
    jobs_.push_back(std::make_shared<Job>(Job{std::move(batch), {}}));
    return std::make_unique<JobWrite>(this, jobs_.back());
  }

  // The oldest one that waits, if any does: an earlier task's, too.
  void write_next() {
    if (jobs_.empty()) return;
    Job& job = *jobs_.front();
    job.outcome = pipeline::save_now(store_, *job.batch);
    jobs_.pop_front();
  }
  std::size_t waiting() const { return jobs_.size(); }

 private:
  struct Job {
    std::shared_ptr<const stateful::CheckpointBatch> batch;
    std::optional<pipeline::SaveOutcome> outcome;
  };

  class JobWrite final : public Write {
   public:
    JobWrite(LateSaves* saves, std::shared_ptr<Job> job) : saves_(saves), job_(std::move(job)) {}

    bool ended() const override {
      if (saves_->asked_max_ && ++asked_ >= *saves_->asked_max_) finish();
      return job_->outcome.has_value();
    }
    pipeline::SaveOutcome wait() override {
      finish();
      return std::move(*job_->outcome);
    }

   private:
    void finish() const {
      while (!job_->outcome) saves_->write_next();
    }

    LateSaves* saves_;
    std::shared_ptr<Job> job_;
    mutable int asked_ = 0;
  };

  stateful::StateStore* store_;
  std::optional<int> asked_max_;
  std::deque<std::shared_ptr<Job>> jobs_;
};

}  // namespace freshet::test
