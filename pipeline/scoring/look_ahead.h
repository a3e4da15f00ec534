// Look-ahead: has the processor fetch what records of a batch will read, while those before them
// are processed.
//
// A record is decoded first (pipeline/task/events_ahead.h). A user's data hang together by
// pointers, so they are fetched in steps, each from what the step before has brought. Nothing is
// lost where a step finds nothing: none changes anything, or reads what is not in memory. Threads:
// one Cost:    a look-up of the cache's index and of each model's items for each record
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "pipeline/events/record.h"

namespace freshet::pipeline {

enum class LookAhead {
  kEvent,    // decoded; where the cache's index has its user, and the models' its item
  kUser,     // what the cache has of the user, and the item's rows
  kLists,    // what of the user's lists does not lie there: none where there is one behaviour
  kClicks,   // the ends of its sequences, and the sums
  kLeaving,  // the rows of the item that will leave
};

struct LookAheadStep {
  std::size_t distance;  // how many records before its turn
  LookAhead what;
};

// Far enough that memory answers in between, near enough that it is not pushed out again.
inline constexpr std::array<LookAheadStep, 5> kLookAheadSteps{{{6, LookAhead::kEvent},
                                                               {5, LookAhead::kUser},
                                                               {4, LookAhead::kLists},
                                                               {3, LookAhead::kClicks},
                                                               {1, LookAhead::kLeaving}}};

// Before record `at` is processed. `task_of` gives a record's task, or null.
template <class TaskOf>
void look_ahead(std::span<const InputRecord> records, std::size_t at, const TaskOf& task_of) {
  for (const LookAheadStep& step : kLookAheadSteps) {
    if (at + step.distance >= records.size()) continue;
    const InputRecord& record = records[at + step.distance];
    if (auto* task = task_of(record)) task->look_ahead(record, step.what);
  }
}

}  // namespace freshet::pipeline
