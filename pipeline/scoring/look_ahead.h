// Look-ahead: has the processor fetch what records of a batch will read, while those before them
// are processed.
//
// A record is decoded first (pipeline/task/events_ahead.h). A user's data hang together by
// pointers, so they are fetched in steps, each from what the step before has brought. Nothing is
// lost where a step finds nothing: none changes anything, or reads what is not in memory.
// Threads: one
// Cost:    a look-up of the cache's index and of each model's items for each record
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "common/prefetch.h"
#include "pipeline/events/record.h"

namespace freshet::pipeline {

enum class LookAhead {
  kEvent,    // decoded; where the cache's index has its user, and the models' its item
  kUser,     // what the cache has of the user, and the item's rows
  kLists,    // what of the user's lists does not lie there: none where there is one behaviour
  kClicks,   // the ends of its sequences, and the sums
  kLeaving,  // the rows of the item that will leave
};

// A record is decoded before its turn by so many at least, and by less than twice as many: as many
// are decoded in one go, because a decoder that runs alone finds its own instructions in the
// processor's cache.
inline constexpr std::size_t kDecodedTogether = 8;

// A longer record is decoded at its turn: events that wait are bounded by bytes, and a request of
// thousands of candidates takes longer to decode than its user takes to fetch.
inline constexpr std::size_t kDecodedAheadBytesMax = 16 << 10;

inline constexpr std::size_t kBytesFetched = 256;  // of a record that will be decoded

struct LookAheadStep {
  std::size_t distance;  // how many records before its turn
  LookAhead what;
};

// Far enough that memory answers in between, near enough that it is not pushed out again.
inline constexpr std::array<LookAheadStep, 4> kLookAheadSteps{{{5, LookAhead::kUser},
                                                               {4, LookAhead::kLists},
                                                               {3, LookAhead::kClicks},
                                                               {1, LookAhead::kLeaving}}};
static_assert(kLookAheadSteps[0].distance < kDecodedTogether);

// Before record `at` is processed. `task_of` gives a record's task, or null.
template <class TaskOf>
void look_ahead(std::span<const InputRecord> records, std::size_t at, const TaskOf& task_of) {
  const auto ask = [&](std::size_t i, LookAhead what) {
    if (i >= records.size()) return;
    if (auto* task = task_of(records[i])) task->look_ahead(records[i], what);
  };
  if (at % kDecodedTogether == 0) {
    const std::size_t begin = at == 0 ? 0 : at + kDecodedTogether;
    const std::size_t end = at + 2 * kDecodedTogether;
    for (std::size_t i = begin; i < std::min(end, records.size()); ++i) {
      if (records[i].value.value_or("").size() <= kDecodedAheadBytesMax) ask(i, LookAhead::kEvent);
    }
    // The bytes of those that come next: where they are long, the processor sees them coming.
    for (std::size_t i = end; i < std::min(end + kDecodedTogether, records.size()); ++i) {
      const std::string_view value = records[i].value.value_or("");
      prefetch(value.data(), std::min(value.size(), kBytesFetched));
    }
  }
  for (const LookAheadStep& step : kLookAheadSteps) ask(at + step.distance, step.what);
}

}  // namespace freshet::pipeline
