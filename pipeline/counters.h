// What a worker has counted since it started. Plain numbers, added up over workers for reports.
//
// Threads: one writer; read after the worker has stopped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pipeline/events/event.h"

namespace freshet::pipeline {

inline constexpr std::size_t kDeadLetterReasons =
    static_cast<std::size_t>(DeadLetterReason::kNonFiniteScore) + 1;

struct Counters {
  std::uint64_t records = 0;  // taken from the input, read again ones not included
  std::uint64_t records_reread = 0;
  std::uint64_t scores = 0;      // score events published
  std::uint64_t tombstones = 0;  // records without a value, ignored
  std::uint64_t late = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t unknown_items = 0;
  std::uint64_t non_finite = 0;  // candidates left out
  std::uint64_t commits = 0;
  std::uint64_t users_saved = 0;
  std::array<std::uint64_t, kDeadLetterReasons> dead_letters{};  // by DeadLetterReason

  std::uint64_t dead_letter_total() const;
  Counters& operator+=(const Counters& other);
};

}  // namespace freshet::pipeline
