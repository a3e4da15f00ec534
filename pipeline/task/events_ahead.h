// EventsAhead: the events of a partition's next records, decoded before their turn.
//
// Decoding asks nothing of the state, so it may come early; which user and which item a record is
// about is then known in time for their memory to be fetched (pipeline/scoring/look_ahead.h).
// Errors:  none; a record that was not decoded ahead is when it is asked for
// Threads: one task. Cost: the decoder's for each record, and room for the events of those ahead
// Oracle:  a task that does not look ahead (tests/unit/pipeline/look_ahead_test.cc)
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "pipeline/config/config.h"
#include "pipeline/events/event_decoder.h"
#include "pipeline/events/record.h"
#include "pipeline/scoring/look_ahead.h"
#include "pipeline/state/partition_state.h"

namespace freshet::pipeline {

class EventsAhead {
 public:
  using Decoded = tl::expected<Event, Refusal>;

  explicit EventsAhead(const WorkerConfig& config) : decoder_(config) {}

  // A step of look_ahead.h for a record of the partition whose state it is.
  void look_ahead(const InputRecord& record, LookAhead what, const PartitionState& state);

  // The record's event; lives until the next call of any. Requires: it has a value, and an offset
  // names one record for ever.
  const Decoded& event_of(const InputRecord& record);

  // The record has been processed: its event, which may be a request of 10,000 items, is let go.
  void forget(const InputRecord& record);

 private:
  struct Next {
    Next(const InputRecord& record, EventDecoder* decoder)
        : offset(record.offset), decoded(decoder->decode(*record.value)) {}
    Offset offset;
    Decoded decoded;
    PartitionState::NextUser user;
  };

  // Those that are looked ahead at a time, and some, as offsets have gaps: two records of one place
  // cost a second decoding, no more.
  static constexpr std::size_t kEvents = 32;
  static_assert(kEvents >= 4 * kDecodedTogether);
  std::optional<Next>& place_of(Offset offset) {
    return next_[static_cast<std::size_t>(offset.value) % kEvents];
  }

  EventDecoder decoder_;
  std::array<std::optional<Next>, kEvents> next_;
};

}  // namespace freshet::pipeline
