#include "tests/sim/observer.h"

#include <cstdlib>

namespace freshet::sim {

void Observer::look() {
  const pipeline::KafkaConfig& kafka = scenario_->config.kafka;
  for (const std::string& topic : {kafka.output, kafka.dead_letter}) {
    std::map<Partition, std::size_t> counts;
    for (const test::StoredRecord& record : env_->broker.records(topic)) {
      std::vector<Seen>& list = seen_[{topic, record.partition}];
      Seen seen{record.offset, line_of(topic, record)};
      const std::size_t index = counts[record.partition]++;
      if (index == list.size()) {
        check_new(topic, record, seen);
        list.push_back(std::move(seen));
      } else if (!(list[index] == seen)) {
        env_->violate("read_committed", topic + "-" + std::to_string(record.partition.value) +
                                            " showed " + list[index].line + " and now shows " +
                                            seen.line);
      }
    }
    for (const auto& [place, list] : seen_) {
      if (place.first == topic && counts[place.second] < list.size()) {
        env_->violate("read_committed", topic + "-" + std::to_string(place.second.value) +
                                            " showed " + list[counts[place.second]].line +
                                            " and does not any more");
      }
    }
  }
}

void Observer::check_new(const std::string& topic, const test::StoredRecord& record,
                         const Seen& seen) {
  const std::string source = source_of(record);
  const auto wanted = expected_->lines.find(source);
  if (wanted == expected_->lines.end() || wanted->second != seen.line) {
    env_->violate("replay_bytes",
                  "input " + source + " gives " + seen.line + "; the replay gives " +
                      (wanted == expected_->lines.end() ? "nothing" : wanted->second));
    return;
  }
  const std::size_t count = ++outputs_[source];
  if (scenario_->config.delivery == pipeline::Delivery::kAtLeastOnce) return;
  if (count > 1) {
    env_->violate("exactly_once", "input " + source + " has " + std::to_string(count) + " outputs");
  }
  const std::size_t dash = source.find('-');
  const std::string lane =
      topic + " " + std::to_string(record.partition.value) + " " + source.substr(0, dash);
  const std::int64_t offset = std::strtoll(source.c_str() + dash + 1, nullptr, 10);
  const auto [highest, is_first] = highest_.emplace(lane, offset);
  if (!is_first && offset <= highest->second) {
    env_->violate("ascending", "input " + source + " comes after offset " +
                                   std::to_string(highest->second) + " of its partition");
  }
  highest->second = offset;
}

void Observer::check_complete() {
  const bool once = scenario_->config.delivery == pipeline::Delivery::kExactlyOnce;
  for (const auto& [source, line] : expected_->lines) {
    if (outputs_.contains(source)) continue;
    env_->violate(once ? "exactly_once" : "at_least_once",
                  "input " + source + " has no output; the replay gives " + line);
  }
}

}  // namespace freshet::sim
