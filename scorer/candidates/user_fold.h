// The user's part of the scores: built once per event, then read for each candidate.
//
// Threads: belongs to one task. Plain buffers, reused from event to event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scorer/aligned_vector.h"
#include "scorer/pooling/pooled_click.h"

namespace freshet::scorer {

// Candidates that go through the layers together; their buffers stay in the first-level cache. A
// multiple of the 6 and the 8 rows of scorer/simd's tiles.
inline constexpr std::size_t kScoreBlock = 48;

// What the deep side reads of the user.
struct UserInputs {
  std::span<const float> u;  // [P d]; not read by target attention
  // [B], the model's behaviours: the clicks that the event may see, newest first by (ts, item).
  // Read by target attention alone.
  std::span<const std::span<const PooledClick>> clicks;
};

// The clicks of one behaviour on known items as target attention reads them, newest first.
struct AttendedClicks {
  std::size_t count = 0;         // N
  AlignedVector<double> keys;    // [w, N]: the keys, transposed
  AlignedVector<double> values;  // [N, d]: x
  std::vector<double> recency;   // [N]: added to the scores; empty without recency
};

// What scoring a block of candidates needs room for, kept from block to block and event to event.
struct ScoreBuffers {
  AlignedVector<float> first;   // [kScoreBlock, h1]
  AlignedVector<float> second;  // [kScoreBlock, h2]
  // Of target attention.
  AlignedVector<float> inputs;    // [kScoreBlock, d + 2 B d]: t, U and U * T
  AlignedVector<double> queries;  // [kScoreBlock, w]
  AlignedVector<double> weights;  // [kScoreBlock, N]
  AlignedVector<double> sums;     // [kScoreBlock, d]
};

struct UserFold {
  // Of the layers that fold U.
  AlignedVector<float> m;  // M [w, h1], w = TargetTable::width()
  std::vector<float> a;    // a [h1]
  // Of target attention.
  std::vector<AttendedClicks> attended;  // [B]

  // Written by whoever reads the rest: a fold belongs to one task.
  mutable ScoreBuffers buffers;

  float wide_user = 0;  // the sum of the crosses that do not read the candidate
  std::vector<std::uint64_t> candidate_keys;  // one per feature that does
};

}  // namespace freshet::scorer
