// How a task starts: from what the group committed and what the store holds, or why it must not.
//
// Computes: where reading begins, from where outputs are published, and the marker to go on from.
//             group  store     start
//             none   none      first start: marker 0 at the input's begin
//             p_k    none      apply the input as far back as it matters, publish from p_k
//             p_k    marker    read again from its applied_from, publish from p_k
//             none   marker    refused: a checkpoint without committed positions
// Errors:   kInvalidConfig with the remedy: foreign lineage, positions that were reset by hand, a
//           store ahead of its group, an input that was made anew, retention that no longer covers
//           what must be read again, a configuration that does not fit the state
// Threads:  a pure function
// Oracle:   tests/unit/pipeline/task_start_test.cc, the whole table
#pragma once

#include <optional>
#include <string>

#include "common/log_position.h"
#include "common/status.h"
#include "pipeline/input_reach.h"
#include "pipeline/transport.h"
#include "stateful/marker.h"

namespace freshet::pipeline {

struct TaskStartInput {
  Partition partition;
  std::optional<CommittedPosition> committed;    // the group's
  std::optional<stateful::StoredMarker> stored;  // the store's
  PositionRange range;                           // what the topic holds
  InputReach reach;                              // asked where there is no store: p_k, none
  std::string fingerprint;                       // of this configuration
  stateful::LineageId fresh_lineage;             // used by a first start alone
};

struct TaskStart {
  bool first_start = false;   // marker 0 and the positions must be committed before any record
  bool in_changelog = false;  // the group's position says that its marker is in a changelog
  Position read_from;         // the first record to apply
  Position publish_from;      // the first record whose output is published
  // The newest record that group or store know of. Where the topic still retains it, it is read
  // before any other is published: a topic that was made anew has another one there.
  std::optional<stateful::LastRecord> last_record;
  bool last_record_is_retained = false;
  stateful::LineageId lineage;
  std::uint64_t next_marker = 0;  // the number of the next commit's marker
};

// The refusal of an input topic that is not the one the state is of: `what` differs at `place`.
Error made_anew(const std::string& place, const std::string& what);

Result<TaskStart> plan_task_start(const TaskStartInput& input);

}  // namespace freshet::pipeline
