#include "pipeline/events/event_checks.h"

#include <string>

namespace freshet::pipeline {

std::optional<Refusal> check_event(const Event& event, const InputRecord& record,
                                   const InputConfig& config) {
  if (!config.exclude.empty() && config.exclude.contains({record.partition, record.offset})) {
    return Refusal{DeadLetterReason::kExcluded, "left out by input.exclude"};
  }
  if (record.key && *record.key != event.user.view()) {
    return Refusal{DeadLetterReason::kKeyMismatch,
                   "the record's key is not the event's user; key the topic by user id"};
  }
  if (!record.key && config.key == KeyPolicy::kRequire) {
    return Refusal{DeadLetterReason::kKeyMissing,
                   "the record has no key; key the topic by user id, or set input.key: trust"};
  }
  // The event's time is bounded, the record's is whatever its producer wrote: no sum with it.
  if (record.timestamp && event.ts - config.event_future_max > *record.timestamp) {
    return Refusal{DeadLetterReason::kFutureTime,
                   "the event time " + std::to_string(event.ts.ms) + " is ahead of the record's " +
                       std::to_string(record.timestamp->ms) + " by more than " +
                       std::to_string(config.event_future_max.value) +
                       " ms (input.event_future_max_ms)"};
  }
  return std::nullopt;
}

}  // namespace freshet::pipeline
