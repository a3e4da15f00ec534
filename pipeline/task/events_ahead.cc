#include "pipeline/task/events_ahead.h"

namespace freshet::pipeline {

void EventsAhead::look_ahead(const InputRecord& record, LookAhead what,
                             const PartitionState& state) {
  if (!record.value) return;
  std::optional<Next>& next = place_of(record.offset);
  if (what == LookAhead::kEvent) next.emplace(record, &decoder_);
  if (!next || next->offset != record.offset || !next->decoded) return;
  state.look_ahead(*next->decoded, what, &next->user);
}

const EventsAhead::Decoded& EventsAhead::event_of(const InputRecord& record) {
  std::optional<Next>& next = place_of(record.offset);
  if (!next || next->offset != record.offset) next.emplace(record, &decoder_);
  return next->decoded;
}

void EventsAhead::forget(const InputRecord& record) {
  std::optional<Next>& next = place_of(record.offset);
  if (next && next->offset == record.offset) next.reset();
}

}  // namespace freshet::pipeline
