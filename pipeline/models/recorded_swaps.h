// RecordedSwaps: which model each record of a run was scored with, for a replay that repeats it.
//
// Threads: one writer before the replay begins; then immutable
// Cost:    at() O(log swaps of the partition)
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "common/log_position.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

class RecordedSwaps {
 public:
  // From this position on the partition's records are the model's, up to the next one's position.
  void add(Partition partition, Position first, std::shared_ptr<const ServedModel> model) {
    swaps_[partition][first] = std::move(model);
  }

  // The model of the record. Before the partition's first position it is the first model, too: no
  // output there depends on a model. Null where the partition has none at all.
  std::shared_ptr<const ServedModel> at(Partition partition, Offset offset) const {
    const auto found = swaps_.find(partition);
    if (found == swaps_.end()) return nullptr;
    const auto behind = found->second.upper_bound(Position{offset.value});
    return behind == found->second.begin() ? behind->second : std::prev(behind)->second;
  }

 private:
  std::map<Partition, std::map<Position, std::shared_ptr<const ServedModel>>> swaps_;
};

}  // namespace freshet::pipeline
