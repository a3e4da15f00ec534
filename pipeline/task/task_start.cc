#include "pipeline/task/task_start.h"

#include "pipeline/position_metadata.h"
#include "pipeline/state/fingerprint.h"

namespace freshet::pipeline {
namespace {

constexpr const char* kMadeAnew =
    ": the topic was deleted and made again, or has lost its end, and the state is of what it held "
    "before; choose another application_id, with a state directory of its own, to start with what "
    "is there now";

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
  if (input.range.begin > stored.applied_from) {
    return refuse(input, "the input's retention has passed what must be read again (from " +
                             text(stored.applied_from) + ", the topic begins at " +
                             text(input.range.begin) +
                             "); choose another application_id to start from what is left, or, "
                             "with changelog: off, move the state directory away");
  }
  return {};
}

Status check_range(const TaskStartInput& input) {
  const Position position = input.committed->position;
  if (input.range.end < position) {
    return refuse(input, "the input ends at position " + text(input.range.end) +
                             ", before the group's, " + text(position) + kMadeAnew);
  }
  if (input.range.begin > position) {
    return refuse(input, "the input's retention has passed the group's position (" +
                             text(position) + ", the topic begins at " + text(input.range.begin) +
                             "): records are lost; choose another application_id to start from "
                             "what is left");
  }
  return {};
}

Status check_reach(const TaskStartInput& input) {
  if (input.reach.covered) return {};
  return refuse(input,
                "no state of it is here, and retention does not cover it: the topic begins at "
                "offset " +
                    text(input.range.begin) +
                    ", and clicks before that may still be visible; bring the state directory of "
                    "the worker that had it, or make the state with `freshet state rebuild "
                    "--input` from a log that reaches back further, or choose another "
                    "application_id to start from what is left (a longer retention, or changelog: "
                    "on, lets partitions move)");
}

// Of two that are known the later one: the group's, where its metadata tell.
void note_last_record(const TaskStartInput& input, const PositionMetadata& committed,
                      TaskStart* start) {
  if (committed.state) {
    start->last_record = committed.state->last_record;
  } else if (input.stored) {
    start->last_record = input.stored->marker.last_record;
  }
  start->last_record_is_retained =
      start->last_record && !is_before(start->last_record->offset, input.range.begin);
}

}  // namespace

Error made_anew(const std::string& place, const std::string& what) {
  return {ErrorCode::kInvalidConfig, place + ": " + what + kMadeAnew};
}

Result<TaskStart> plan_task_start(const TaskStartInput& input) {
  if (!input.committed) {
    if (input.stored) {
      return refuse(input,
                    "the state directory holds a checkpoint, but the group has no committed "
                    "position: it is another group's, or the input topic was deleted, which takes "
                    "them along, or they were lost or reset by hand; use the application_id the "
                    "state was made with, or move the directory away to start anew");
    }
    TaskStart start;
    start.first_start = true;
    start.read_from = start.publish_from = input.range.begin;
    start.lineage = input.fresh_lineage;
    return start;
  }
  const Result<PositionMetadata> committed = decode_position_metadata(input.committed->metadata);
  if (!committed) return refuse(input, committed.error().message);
  if (Status within = check_range(input); !within) return tl::unexpected(within.error());

  TaskStart start;
  start.publish_from = input.committed->position;
  start.lineage = committed->marker.lineage;
  start.next_marker = committed->marker.number + 1;
  start.in_changelog = committed->state && committed->state->changelog;
  note_last_record(input, *committed, &start);
  if (!input.stored) {
    if (Status reached = check_reach(input); !reached) return tl::unexpected(reached.error());
    start.read_from = input.reach.from;
    return start;
  }
  if (Status agreed = check_agreement(input, committed->marker); !agreed) {
    return tl::unexpected(agreed.error());
  }
  if (Status fits = check_fingerprint(input.stored->marker.fingerprint, input.fingerprint); !fits) {
    return refuse(input, fits.error().message);
  }
  start.read_from = input.stored->marker.applied_from;
  return start;
}

}  // namespace freshet::pipeline
