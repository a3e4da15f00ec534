#include "pipeline/input_reach.h"

#include <algorithm>
#include <optional>
#include <string>

#include "stateful/marker.h"

namespace freshet::pipeline {

DurationMs longest_age(const WorkerConfig& config) {
  DurationMs longest{0};
  for (const BehaviourConfig& behaviour : config.behaviours) {
    longest = std::max(longest, behaviour.limits.age_max);
  }
  return longest;
}

std::uint64_t acceptance_hash(const WorkerConfig& config, std::string_view fingerprint) {
  return stateful::hash_of_value(
      std::string(fingerprint) +
      "input.event_bytes_max=" + std::to_string(config.input.event_bytes_max) + "\n" +
      "input.event_future_max_ms=" + std::to_string(config.input.event_future_max.value) +
      "\ninput.key=" + (config.input.key == KeyPolicy::kRequire ? "require\n" : "trust\n"));
}

Result<InputReach> input_reach(const WorkerConfig& config, Partition partition,
                               const PositionRange& range, Position position,
                               const PositionMetadata& metadata, std::string_view fingerprint,
                               Transport* transport) {
  const InputReach whole{std::min(range.begin, position), range.begin.value == 0};
  const std::optional<CommittedState>& state = metadata.state;
  if (!state || state->acceptance != acceptance_hash(config, fingerprint)) return whole;
  if (!state->stream_time) return InputReach{position, true};  // no event was accepted so far
  const EventTime oldest =
      *state->stream_time - longest_age(config) - config.input.event_future_max;
  if (oldest.ms <= 0) return whole;
  const auto first = transport->position_for_time(partition, oldest);
  if (!first) return tl::unexpected(first.error());
  // The record that T is of is as young, so where there is none that young it is gone.
  if (!*first || **first >= position) return whole;
  return InputReach{**first, range.begin.value == 0 || **first > range.begin};
}

}  // namespace freshet::pipeline
