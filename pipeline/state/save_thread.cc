#include "pipeline/state/save_thread.h"

#include <utility>

namespace freshet::pipeline {

class SaveThread::JobWrite final : public SaveRunner::Write {
 public:
  JobWrite(SaveThread* thread, std::shared_ptr<Job> job) : thread_(thread), job_(std::move(job)) {}

  bool ended() const override { return job_->ended; }
  SaveOutcome wait() override { return thread_->wait_for(job_.get()); }

 private:
  SaveThread* thread_;
  std::shared_ptr<Job> job_;
};

SaveThread::SaveThread(stateful::StateStore* store) : store_(store), thread_([this] { run(); }) {}

SaveThread::~SaveThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::unique_ptr<SaveRunner::Write> SaveThread::start(
    std::shared_ptr<const stateful::CheckpointBatch> batch) {
  auto job = std::make_shared<Job>();
  job->batch = std::move(batch);
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(job);
  }
  changed_.notify_all();
  return std::make_unique<JobWrite>(this, std::move(job));
}

SaveOutcome SaveThread::wait_for(Job* job) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [job] { return job->ended.load(); });
  return std::move(*job->outcome);
}

std::shared_ptr<SaveThread::Job> SaveThread::next_job() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
  if (stopping_) return nullptr;
  std::shared_ptr<Job> job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

void SaveThread::run() {
  while (const std::shared_ptr<Job> job = next_job()) {
    SaveOutcome outcome = save_now(store_, *job->batch);
    {
      const std::lock_guard lock(mutex_);
      job->outcome = std::move(outcome);
      job->ended = true;
    }
    changed_.notify_all();
  }
}

}  // namespace freshet::pipeline
