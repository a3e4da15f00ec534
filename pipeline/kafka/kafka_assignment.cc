#include "pipeline/kafka/kafka_assignment.h"

#include <algorithm>
#include <iterator>
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
    if (slots_.size() <= index_of(partition)) slots_.resize(index_of(partition) + 1);
    slots_[index_of(partition)] = {State::kWaiting, Position{}};
  }
}

void KafkaAssignment::start_at(Partition partition, Position position) {
  FRESHET_CHECK(contains(partition));
  FRESHET_CHECK(slot(partition).state != State::kRead);
  FRESHET_CHECK(position.value >= 0);
  slots_[index_of(partition)] = {State::kStarted, position};
}

void KafkaAssignment::clear() {
  for (const Partition partition : partitions_) slots_[index_of(partition)] = Slot{};
  partitions_.clear();
}

bool KafkaAssignment::contains(Partition partition) const {
  return partition.value >= 0 && index_of(partition) < slots_.size() &&
         slot(partition).state != State::kNotAssigned;
}

std::optional<Position> KafkaAssignment::next(Partition partition) const {
  FRESHET_CHECK(contains(partition));
  if (slot(partition).state == State::kWaiting) return std::nullopt;
  return slot(partition).next;
}

std::vector<Partition> KafkaAssignment::started() const {
  std::vector<Partition> started;
  std::copy_if(partitions_.begin(), partitions_.end(), std::back_inserter(started),
               [&](Partition p) { return slot(p).state != State::kWaiting; });
  return started;
}

bool KafkaAssignment::accept(Partition partition, Offset offset) {
  if (!contains(partition)) return false;
  Slot& slot = slots_[index_of(partition)];
  if (slot.state == State::kWaiting || offset.value < slot.next.value) return false;
  slot = {State::kRead, position_after(offset)};
  return true;
}

const KafkaAssignment::Slot& KafkaAssignment::slot(Partition partition) const {
  return slots_[index_of(partition)];
}

}  // namespace freshet::pipeline
