// User representation by attention pooling over a click sequence, kept as exact integer sums.
//
// Computes: u = sum_i softmax_i(s_i) x_i over the visible clicks of known items, where s_i is the
//           attention score of click i (with the recency term when the model has one).
// Shapes:   x_i [d], s_i [1] or [d], u [d]; d = Model::embedding_dim
// Units:    times are EventTime, ms since the epoch, UTC
// Errors:   create() returns kInvalidModel when the table's range does not fit the grid;
//           none after that
// Threads:  AttentionPool is immutable and shared; a PoolSums belongs to one task
// Cost:     slide O(d) per added or removed click, rebuild O(n d); representation O(d)
// Source:   the grid and the shift are defined in docs/formats.md, "Representation"
// Oracle:   scorer/reference.h; rebuild() is the oracle of slide(), bit for bit
//           (tests/property/scorer)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/status.h"
#include "common/time.h"
#include "scorer/model.h"

namespace freshet::scorer {

// A click as the scorer sees it. Clicks on items that the model does not know have no row: they
// stay in the sequence and are skipped in the sums.
struct PooledClick {
  EventTime ts;
  std::optional<ItemRow> row;
};

// The exact sums of one sequence. Value type; equal visible sets give equal sums, bit for bit.
class PoolSums;

class AttentionPool {
 public:
  // A pool for behaviour `behaviour` of the model, over at most `length_max` clicks.
  static Result<AttentionPool> create(std::shared_ptr<const Model> model, std::size_t behaviour,
                                      std::size_t length_max);

  // The sums of no clicks.
  PoolSums empty() const;

  // The sums of `visible`, from nothing. Any order of the clicks gives the same sums.
  void rebuild(std::span<const PooledClick> visible, PoolSums* sums) const;

  // Moves `sums` to those of `visible`, given what left and what came since. Falls back to a
  // rebuild where the shift moves. Requires: sums are those of visible + removed - added.
  void slide(std::span<const PooledClick> visible, std::span<const PooledClick> removed,
             std::span<const PooledClick> added, PoolSums* sums) const;

  // Writes u [d]. No visible known click gives zeros.
  void representation(const PoolSums& sums, std::span<float> u) const;

  // alpha_i of each visible click, for people: [n] (per channel kinds: the mean over channels).
  std::vector<float> weights(std::span<const PooledClick> visible) const;
};

}  // namespace freshet::scorer
