#include "pipeline/kafka/kafka_assignment.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

std::size_t index_of(Partition partition) { return static_cast<std::size_t>(partition.value); }

}  // namespace

void KafkaAssignment::begin(std::vector<Partition> partitions) {
  FRESHET_CHECK(partitions_.empty());
  partitions_ = std::move(partitions);
  for (const Partition partition : partitions_) {
    FRESHET_CHECK(partition.value >= 0);
    if (next_.size() <= index_of(partition)) next_.resize(index_of(partition) + 1, kNotAssigned);
    next_[index_of(partition)] = kNoPosition;
  }
}

void KafkaAssignment::start_at(Partition partition, Position position) {
  FRESHET_CHECK(contains(partition));
  FRESHET_CHECK(position.value >= 0);
  next_[index_of(partition)] = position.value;
}

bool KafkaAssignment::complete() const {
  return std::all_of(partitions_.begin(), partitions_.end(),
                     [&](Partition p) { return next_[index_of(p)] >= 0; });
}

void KafkaAssignment::clear() {
  for (const Partition partition : partitions_) next_[index_of(partition)] = kNotAssigned;
  partitions_.clear();
}

bool KafkaAssignment::contains(Partition partition) const {
  return partition.value >= 0 && index_of(partition) < next_.size() &&
         next_[index_of(partition)] != kNotAssigned;
}

Position KafkaAssignment::next(Partition partition) const {
  FRESHET_CHECK(contains(partition) && next_[index_of(partition)] >= 0);
  return Position{next_[index_of(partition)]};
}

bool KafkaAssignment::accept(Partition partition, Offset offset) {
  if (!contains(partition)) return false;
  std::int64_t& next = next_[index_of(partition)];
  if (next < 0 || offset.value < next) return false;
  next = offset.value + 1;
  return true;
}

}  // namespace freshet::pipeline
