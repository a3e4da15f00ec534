// The text that is committed with a position: which marker belongs to it, and what a worker that
// has no state must know of the partition's.
//
// Grammar in docs/formats.md, "Position metadata". Text without zero bytes, because clients treat
// it as a C string.
// Errors: kInvalidConfig for text that is not ours, naming it: the group has been used by another
//         program, or its positions were set by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/status.h"
#include "common/time.h"
#include "stateful/marker.h"

namespace freshet::pipeline {

struct MarkerRef {
  stateful::LineageId lineage;
  std::uint64_t number = 0;
  bool operator==(const MarkerRef&) const = default;
};

// What the marker says too, for whoever cannot read it.
struct CommittedState {
  bool changelog = false;        // whether the marker is in the changelog
  std::uint64_t acceptance = 0;  // acceptance_hash of the configuration (pipeline/input_reach.h)
  std::optional<EventTime> stream_time;
  std::optional<stateful::LastRecord> last_record;
  bool operator==(const CommittedState&) const = default;
};

struct PositionMetadata {
  MarkerRef marker;
  std::optional<CommittedState> state;  // none in format 1
  bool operator==(const PositionMetadata&) const = default;
};

std::string encode_position_metadata(const PositionMetadata& metadata);
Result<PositionMetadata> decode_position_metadata(std::string_view text);

}  // namespace freshet::pipeline
