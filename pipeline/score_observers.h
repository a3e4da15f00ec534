// ScoreObservers: several observers as one. Each sees everything, in the order of the list.
#pragma once

#include <vector>

#include "pipeline/score_observer.h"

namespace freshet::pipeline {

class ScoreObservers final : public ScoreObserver {
 public:
  // The observers outlive this.
  void add(ScoreObserver* observer) { observers_.push_back(observer); }
  bool empty() const { return observers_.empty(); }

  void on_scored(const ScoredOn& scored) override {
    for (ScoreObserver* observer : observers_) observer->on_scored(scored);
  }
  void on_output(const InputRecord& record, const OutputRecord& output) override {
    for (ScoreObserver* observer : observers_) observer->on_output(record, output);
  }

 private:
  std::vector<ScoreObserver*> observers_;
};

}  // namespace freshet::pipeline
