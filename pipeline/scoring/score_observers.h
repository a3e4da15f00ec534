// ScoreObservers: several observers as one. Each sees everything, in the order of the list.
#pragma once

#include <initializer_list>
#include <vector>

#include "pipeline/scoring/score_observer.h"

namespace freshet::pipeline {

class ScoreObservers final : public ScoreObserver {
 public:
  ScoreObservers() = default;
  // Of these, those that are there. The observers outlive this.
  ScoreObservers(std::initializer_list<ScoreObserver*> observers) {
    for (ScoreObserver* observer : observers) {
      if (observer != nullptr) add(observer);
    }
  }
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
