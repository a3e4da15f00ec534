#include "pipeline/task_start.h"

#include "pipeline/fingerprint.h"
#include "pipeline/position_metadata.h"

namespace freshet::pipeline {
namespace {

tl::unexpected<Error> refuse(const TaskStartInput& input, const std::string& what) {
  return error(ErrorCode::kInvalidConfig,
               "partition " + std::to_string(input.partition.value) + ": " + what);
}

std::string text(Position position) { return std::to_string(position.value); }

// Everything from here on rests on the store's checkpoint and the group's position agreeing.
Status check_agreement(const TaskStartInput& input, const MarkerRef& committed) {
  const stateful::Marker& stored = input.stored->marker;
  if (stored.lineage != committed.lineage) {
    return refuse(input, "the state directory holds another history of this partition (lineage " +
                             stored.lineage.hex() + ", the group's is " + committed.lineage.hex() +
                             "); move the directory away and start with an empty one");
  }
  const bool same_marker = stored.number == committed.number;
  if (same_marker && input.committed->position != stored.position) {
    return refuse(input, "the group's position " + text(input.committed->position) +
                             " is not that of its own marker, " + text(stored.position) +
                             "; the positions were set by hand: put them back, or choose another "
                             "application_id");
  }
  if (stored.number > committed.number || input.committed->position < stored.position) {
    return refuse(input, "the state is ahead of the group's position (state " +
                             text(stored.position) + ", group " + text(input.committed->position) +
                             "); the positions were reset by hand: put them back, or move the "
                             "state directory away");
  }
  if (input.begin > stored.applied_from) {
    return refuse(input, "the input's retention has passed what must be read again (from " +
                             text(stored.applied_from) + ", the topic begins at " +
                             text(input.begin) +
                             "); move the state directory away to start from what is left");
  }
  return {};
}

}  // namespace

Result<TaskStart> plan_task_start(const TaskStartInput& input) {
  if (!input.committed) {
    if (input.stored) {
      return refuse(input,
                    "the state directory holds a checkpoint, but the group has no committed "
                    "position; use the application_id the state was made with, or move the "
                    "directory away");
    }
    return TaskStart{true, input.begin, input.begin, input.fresh_lineage, 0};
  }
  const Result<MarkerRef> committed = decode_position_metadata(input.committed->metadata);
  if (!committed) return refuse(input, committed.error().message);

  TaskStart start;
  start.publish_from = input.committed->position;
  start.lineage = committed->lineage;
  start.next_marker = committed->number + 1;
  if (!input.stored) {
    if (input.begin > start.publish_from) {
      return refuse(input, "the input's retention has passed the group's position (" +
                               text(start.publish_from) + ", the topic begins at " +
                               text(input.begin) +
                               "): records are lost; choose another application_id to start from "
                               "what is left");
    }
    start.read_from = input.begin;
    return start;
  }
  if (Status agreed = check_agreement(input, *committed); !agreed) {
    return tl::unexpected(agreed.error());
  }
  if (Status fits = check_fingerprint(input.stored->marker.fingerprint, input.fingerprint); !fits) {
    return refuse(input, fits.error().message);
  }
  start.read_from = input.stored->marker.applied_from;
  return start;
}

}  // namespace freshet::pipeline
