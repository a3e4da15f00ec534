// What a worker has counted since it started. Plain numbers, added up over workers for reports.
//
// Threads: one writer, the worker's; others read the copies that it publishes (status_board.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/config/output_topic.h"
#include "pipeline/events/event.h"
#include "pipeline/status/divergence.h"
#include "pipeline/status/duration_histogram.h"

namespace freshet::pipeline {

inline constexpr std::size_t kDeadLetterReasons =
    static_cast<std::size_t>(DeadLetterReason::kNonFiniteScore) + 1;

// What a worker repeats while brokers or disk do not answer.
enum class Operation {
  kJoin,
  kPoll,
  kStartTasks,
  kReadState,
  kSend,
  kFlush,
  kCommit,
  kSaveState,
  kRestore
};
inline constexpr std::size_t kOperations = static_cast<std::size_t>(Operation::kRestore) + 1;

std::string_view name_of(Operation operation);    // as metrics label it: "save_state"
std::string_view gerund_of(Operation operation);  // as messages say it: "saving the state"
bool is_of_store(Operation operation);            // the disk is asked, not the brokers

// What a shadow model has done.
struct ShadowCounters {
  std::uint64_t records = 0;        // made for its topic, those without scores included
  std::uint64_t unknown_items = 0;  // as Counters::unknown_items, by its own items
  std::uint64_t non_finite = 0;
  std::array<std::uint64_t, kDeadLetterReasons> refused{};  // without scores, by DeadLetterReason
  Divergence divergence;                                    // from the primary model

  ShadowCounters& operator+=(const ShadowCounters& other);
};

struct Counters {
  std::uint64_t records = 0;  // taken from the input, read again ones not included
  std::uint64_t records_reread = 0;
  std::uint64_t scores = 0;      // score events published
  std::uint64_t tombstones = 0;  // records without a value, ignored
  std::uint64_t late = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t unknown_items = 0;
  std::uint64_t non_finite = 0;  // candidates left out
  std::uint64_t commits = 0;     // of one partition each
  std::uint64_t users_saved = 0;
  std::uint64_t hot_user_hits = 0;    // users found in memory
  std::uint64_t hot_user_misses = 0;  // read from the store, or new
  std::uint64_t model_swaps = 0;      // of one partition each, while it had a task
  std::uint64_t fenced = 0;           // times that the worker had to rejoin its group
  std::array<std::uint64_t, kDeadLetterReasons> dead_letters{};  // by DeadLetterReason
  std::array<std::uint64_t, kOperations> retries{};              // by Operation
  ShadowCounters shadow;
  std::uint64_t examples = 0;                               // rows, those in `dropped` as well
  std::array<std::uint64_t, kOutputTopics> dropped{};       // by OutputTopic: beside the main one
  DurationHistogram event_to_score{kEventToScoreBoundsUs};  // outputs that became visible
  DurationHistogram commit_duration{kCallBoundsUs};         // flush and positions
  DurationHistogram checkpoint_duration{kCallBoundsUs};     // a batch of the store

  std::uint64_t dead_letter_total() const;
  Counters& operator+=(const Counters& other);
};

}  // namespace freshet::pipeline
