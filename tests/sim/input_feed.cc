#include "tests/sim/input_feed.h"

#include <algorithm>

namespace freshet::sim {

void InputFeed::append_next() {
  const std::string& topic = scenario_->config.kafka.input;
  const test::StoredRecord& record = scenario_->input[next_++].record;
  Position& end = ends_[record.partition];
  const std::int64_t gap = record.offset.value - end.value;
  if (gap > 0) env_->broker.skip_offsets(topic, record.partition, gap);
  env_->broker.append(topic, record.partition, record);
  end = position_after(record.offset);
}

void InputFeed::append_all() {
  while (!all_appended()) append_next();
}

void InputFeed::run() {
  while (!all_appended() && due_ms() <= env_->now()) append_next();
  if (!all_appended()) env_->scheduler.at(due_ms(), [this] { run(); });
}

bool InputFeed::all_committed() const {
  return all_appended() && std::all_of(ends_.begin(), ends_.end(), [this](const auto& entry) {
           const auto committed =
               env_->broker.committed(scenario_->config.application_id, entry.first);
           return committed && committed->position >= entry.second;
         });
}

}  // namespace freshet::sim
