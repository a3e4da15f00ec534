#include "tests/sim/observer.h"

#include <algorithm>
#include <cstdlib>

namespace freshet::sim {

void Observer::look() {
  for (const auto& output : pipeline::output_topics(scenario_->config)) {
    for (std::int32_t i = 0; i < scenario_->partitions; ++i) {
      const Place place{output.name, Partition{i}};
      Shown& shown = shown_[place];
      batch_.clear();
      shown.next = env_->broker.read(output.name, place.second, shown.next, &batch_);
      for (const test::StoredRecord& record : batch_) {
        std::string line = line_of(output.name, record);
        check_new(place, output.topic, record, line);
        shown.lines.emplace_back(record.offset, std::move(line));
      }
    }
  }
}

void Observer::check_again(const Place& place, const Shown& shown) {
  batch_.clear();
  env_->broker.read(place.first, place.second, Position{0}, &batch_);
  const std::string name = place.first + "-" + std::to_string(place.second.value);
  for (std::size_t i = 0; i < std::max(batch_.size(), shown.lines.size()); ++i) {
    const std::string before =
        i < shown.lines.size() ? shown.lines[i].second : std::string("nothing");
    const std::string now =
        i < batch_.size() ? line_of(place.first, batch_[i]) : std::string("nothing");
    if (before == now && shown.lines[i].first == batch_[i].offset) continue;
    env_->violate("read_committed", name + " showed " + before + " in its place " +
                                        std::to_string(i) + " while the run went on, and " + now +
                                        " afterwards");
  }
}

void Observer::check_new(const Place& place, pipeline::OutputTopic topic,
                         const test::StoredRecord& record, const std::string& line) {
  const std::string source = source_of(record);
  const std::string slot = slot_of(topic, record);
  const bool known = std::any_of(expected_->begin(), expected_->end(), [&](const Expected& of) {
    const auto wanted = of.lines.find(slot);
    return wanted != of.lines.end() && wanted->second == line;
  });
  if (!known) {
    const auto& first = expected_->front().lines;
    env_->violate("replay_bytes", "input " + slot + " gives " + line + "; the replay gives " +
                                      (first.contains(slot) ? first.at(slot) : "nothing"));
    return;
  }
  const std::size_t dash = source.find('-');
  const std::int64_t offset = std::strtoll(source.c_str() + dash + 1, nullptr, 10);
  const bool main = slot == source;
  lines_[slot] = line;
  if (const std::string model = model_of(record); main && !model.empty()) {
    const auto partition = static_cast<std::int32_t>(std::strtol(source.c_str(), nullptr, 10));
    scored_[source] = {place.first + "-" + std::to_string(place.second.value),
                       {Partition{partition}, Offset{offset}, model}};
  }
  const std::size_t count = ++outputs_[slot];
  if (scenario_->config.delivery == pipeline::Delivery::kAtLeastOnce) return;
  if (count > 1) {
    env_->violate("exactly_once", "input " + slot + " has " + std::to_string(count) + " outputs");
  }
  const std::string lane =
      place.first + " " + std::to_string(record.partition.value) + " " + source.substr(0, dash);
  const auto [highest, is_first] = highest_.emplace(lane, offset);
  const bool repeats = offset == highest->second && topic != pipeline::OutputTopic::kExamples;
  if (!is_first && (offset < highest->second || repeats)) {
    env_->violate("ascending", "input " + slot + " comes after offset " +
                                   std::to_string(highest->second) + " of its partition");
  }
  highest->second = offset;
}

void Observer::check_complete() {
  look();
  for (const auto& [place, shown] : shown_) check_again(place, shown);
  const bool once = scenario_->config.delivery == pipeline::Delivery::kExactlyOnce;
  for (const auto& [slot, wanted] : expected_->front().lines) {
    if (outputs_.contains(slot)) continue;
    env_->violate(once ? "exactly_once" : "at_least_once",
                  "input " + slot + " has no output; the replay gives " + wanted);
  }
}

}  // namespace freshet::sim
