// User representation by traditional attention over a click sequence, kept as exact integer sums.
//
// Computes: u = sum_i softmax_i(s_i) x_i over the visible clicks of known items, where s_i is the
//           attention score of click i (with the recency term when the model has one).
// Shapes:   x_i [d], s_i [1] or [d], u [d]; d = Model::embedding_dim
// Units:    times are EventTime, ms since the epoch, UTC
// Errors:   create() returns kInvalidModel when the table's range does not fit the grid or a score
//           diverges, kInvalidConfig for a length beyond 65536; none after that
// Threads:  TraditionalPool is immutable and shared; a TraditionalSums belongs to one task
// Cost:     slide O(d) per added or removed click, whatever n; rebuild O(n d) where the shift
//           moves; representation O(d); 8 S bytes per item for its attention score
// Source:   the grid and the shift are defined in docs/formats.md, "Representation"
// Oracle:   scorer/reference/reference.h; rebuild() is the oracle of slide(), bit for bit
//           (tests/property/scorer)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/status.h"
#include "scorer/model/model.h"
#include "scorer/pooling/attention_scores.h"
#include "scorer/pooling/pool_grid.h"
#include "scorer/pooling/pooled_click.h"
#include "scorer/pooling/traditional_sums.h"

namespace freshet::scorer {

class TraditionalPool {
 public:
  // A pool for behaviour `behaviour` of the model, over at most `length_max` clicks. Requires: the
  // behaviour has traditional attention (of merged: that part of it).
  static Result<TraditionalPool> create(std::shared_ptr<const Model> model, std::size_t behaviour,
                                        std::size_t length_max);

  // The sums of no clicks.
  TraditionalSums empty() const;

  // The sums of `visible`, from nothing. Any order of the clicks gives the same sums.
  void rebuild(std::span<const PooledClick> visible, TraditionalSums* sums) const;

  // Moves `sums` to those of `visible`, given what left and what came since. Falls back to a
  // rebuild where the shift moves. Requires: sums are those of visible + removed - added.
  void slide(std::span<const PooledClick> visible, std::span<const PooledClick> removed,
             std::span<const PooledClick> added, TraditionalSums* sums) const;

  // Writes u [d]. No visible known click gives zeros.
  void representation(const TraditionalSums& sums, std::span<float> u) const;

  // Has the processor fetch what a slide reads of the item.
  void prefetch(ItemRow item) const;

  // alpha_i of each visible click, for people: [n], 0 for unknown items (per channel kinds: the
  // mean over the channels).
  std::vector<float> weights(std::span<const PooledClick> visible) const;

  const PoolGrid& grid() const { return grid_; }

  // What it derived from the model at load.
  std::size_t heap_bytes() const { return scores_.data.capacity() * sizeof(double); }

 private:
  TraditionalPool(std::shared_ptr<const Model> model, const TraditionalAttention* attention,
                  AttentionScores scores, PoolGrid grid);

  bool over_positions() const;
  // s' of one channel: the item's score and the recency term.
  double score_of(const PooledClick& click, std::size_t channel) const;
  std::int64_t bucket_of(const PooledClick& click, std::size_t channel) const;
  void raise_peaks(const PooledClick& click, TraditionalSums* sums) const;
  // Counts the clicks that come and go in the peaks; false when a shift moves.
  bool keep_peaks(std::span<const PooledClick> removed, std::span<const PooledClick> added,
                  TraditionalSums* sums) const;
  // One known click's terms come and one's leave, under the present shifts; either may be null.
  void swap(const PooledClick* in, const PooledClick* out, TraditionalSums* sums) const;
  // The terms of two known clicks come.
  void add_both(const PooledClick& one, const PooledClick& other, TraditionalSums* sums) const;
  // Whether a click weighs the same in each channel.
  bool has_scalar_weights() const { return over_positions() && scores_.width == 1; }
  // The terms of `in` come, those of `out` leave (sign 1) or come as well (sign -1).
  template <class Int>
  void swap_scalar(const PooledClick* in, const PooledClick* out, double sign, std::int64_t bucket,
                   TraditionalSums::Sums<Int>* sums) const;
  // Adds (sign 1) or takes away (sign -1) a click's terms where each channel has its own weight.
  template <class Int>
  void add_channels(const PooledClick& click, double sign,
                    std::span<const TraditionalSums::Peak> peaks,
                    TraditionalSums::Sums<Int>* sums) const;

  std::shared_ptr<const Model> model_;
  const TraditionalAttention* attention_;  // in model_
  AttentionScores scores_;                 // softmax over channels: the weights
  PoolGrid grid_;
  double recency_per_ms_ = 0.0;
  double weight_scale_ = 0.0;  // 2^g_w
  double value_scale_ = 0.0;   // 2^g_x
};

}  // namespace freshet::scorer
