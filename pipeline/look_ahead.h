// Look-ahead: has the processor fetch what records of a batch will read, while those before them
// are processed.
//
// A user's data hang together by pointers, so they are fetched in steps, each from what the step
// before has brought. The user is taken from the record's key; where there is none, or another one,
// nothing is gained and nothing lost: no step changes anything, or reads what is not in memory.
// Threads: one
// Cost:    a few look-ups of the cache's index for each record
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "pipeline/events/record.h"

namespace freshet::pipeline {

enum class LookAhead {
  kIndex,      // where the cache's index has the user
  kUser,       // what the cache has of it
  kSequences,  // its sequences and views
  kLists,      // their clicks
  kSums,       // and their sums
};

struct LookAheadStep {
  std::size_t distance;  // how many records before its turn
  LookAhead what;
};

// Far enough that memory answers in between, near enough that it is not pushed out again.
inline constexpr std::array<LookAheadStep, 5> kLookAheadSteps{{{10, LookAhead::kIndex},
                                                               {8, LookAhead::kUser},
                                                               {6, LookAhead::kSequences},
                                                               {4, LookAhead::kLists},
                                                               {2, LookAhead::kSums}}};

// Before record `at` is processed. `task_of` gives a record's task, or null.
template <class TaskOf>
void look_ahead(std::span<const InputRecord> records, std::size_t at, const TaskOf& task_of) {
  for (const LookAheadStep& step : kLookAheadSteps) {
    if (at + step.distance >= records.size()) continue;
    const InputRecord& record = records[at + step.distance];
    if (!record.key) continue;
    if (auto* task = task_of(record)) task->look_ahead(*record.key, step.what);
  }
}

}  // namespace freshet::pipeline
