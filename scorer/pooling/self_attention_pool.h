// User representation by self-attention over a click sequence, its rows kept as exact integer sums.
//
// Computes: y_i = sum_j softmax_j(e_ij) x_j for each visible click i of a known item, over all such
//           clicks j; pooled = mean or sum of the y_i, or y of the newest; u = Wv pooled where the
//           model has a Wv. e_ij is the pair's score, with the recency of j when the model has one.
// Shapes:   x_i [d], y_i [d], u [d]; d = Model::embedding_dim, H = the attention's hidden width
// Units:    times are EventTime, ms since the epoch, UTC
// Errors:   create() returns kInvalidModel when the table's range does not fit the grid or a score
//           diverges, kInvalidConfig for a length beyond 65536; none after that
// Threads:  SelfAttentionPool is immutable and shared; a RowSums belongs to one task
// Cost:     slide O(n (H + d)) per added or removed click and O(n (H + d)) for each row whose shift
//           moves; with pool `last` O(n (H + d)) whatever changes; rebuild O(n^2 (H + d));
//           representation O(d), with a Wv O(d^2); 16 H bytes per item for its query and key
// Source:   docs/formats.md, "Self-attention"
// Oracle:   scorer/reference/reference.h; rebuild() is the oracle of slide(), bit for bit
//           (tests/property/scorer)
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "common/status.h"
#include "scorer/model/model.h"
#include "scorer/pooling/pair_scores.h"
#include "scorer/pooling/pool_grid.h"
#include "scorer/pooling/pooled_click.h"
#include "scorer/pooling/row_sums.h"

namespace freshet::scorer {

class SelfAttentionPool {
 public:
  // A pool for the self-attention of the model's behaviour, over at most `length_max` clicks.
  // Requires that the behaviour has one.
  static Result<SelfAttentionPool> create(std::shared_ptr<const Model> model, std::size_t behaviour,
                                          std::size_t length_max);

  // The sums of no clicks.
  RowSums empty() const;

  // The sums of `visible`, from nothing. Any order of the clicks gives the same sums.
  void rebuild(std::span<const PooledClick> visible, RowSums* sums) const;

  // Moves `sums` to those of `visible`, given what left and what came since. Requires: sums are
  // those of visible + removed - added.
  void slide(std::span<const PooledClick> visible, std::span<const PooledClick> removed,
             std::span<const PooledClick> added, RowSums* sums) const;

  // Writes u [d]. No visible known click gives zeros.
  void representation(const RowSums& sums, std::span<float> u) const;

  // Has the processor fetch what a slide reads of the item.
  void prefetch(ItemRow item) const;

  // How much each visible click counts in the mean over the rows (or the newest one's row), for
  // people: [n], adding up to 1; 0 for unknown items. O(n^2 H).
  std::vector<float> weights(std::span<const PooledClick> visible) const;

  const PoolGrid& grid() const { return grid_; }

  // What it derived from the model at load.
  std::size_t heap_bytes() const { return scores_.heap_bytes() + wv_.capacity() * sizeof(double); }

 private:
  SelfAttentionPool(std::shared_ptr<const Model> model, const SelfAttention* attention,
                    PairScores scores, PoolGrid grid);

  // Rows that go through one click's scores and weights together.
  static constexpr std::size_t kBlockRows = 64;
  struct RowBlock;

  // One known click that comes and one that leaves; either may be null.
  struct ClickChange {
    const PooledClick* in = nullptr;
    const PooledClick* out = nullptr;
    bool is_none() const { return in == nullptr && out == nullptr; }
  };
  static ClickChange change_at(std::span<const PooledClick> removed,
                               std::span<const PooledClick> added, std::size_t k);

  double recency_of(EventTime ts) const;
  // e of one click's row: [keys].
  void score_keys(const RowSums::Click& query, std::span<const RowSums::Click> keys,
                  std::span<double> e) const;
  // The largest bucket of a row's scores.
  static RowSums::Peak peak_of(std::span<const double> scores);
  // e of one click in each row of a block; 0 without a click.
  void score_rows(const PooledClick* click, const RowBlock& block,
                  std::array<double, kBlockRows>* scores) const;
  const float* x(ItemRow item) const;  // [d]
  // Index of the newest, by (ts, item id).
  std::size_t newest(std::span<const RowSums::Click> clicks) const;

  template <class Int>
  void rebuild_row(std::size_t i, RowSums* sums, RowSums::Sums<Int>* exact) const;
  template <class Int>
  void add_to_total(std::size_t i, RowSums::Sums<Int>* exact) const;
  template <class Int>
  void resize_rows(std::size_t rows, RowSums* sums, RowSums::Sums<Int>* exact) const;
  // Takes the click and its row out; false where it has none.
  template <class Int>
  bool drop(const PooledClick& click, RowSums* sums, RowSums::Sums<Int>* exact) const;
  // False, with the sums in between, where a removed click is not in them.
  template <class Int>
  bool slide_rows(std::span<const PooledClick> removed, std::span<const PooledClick> added,
                  RowSums* sums, RowSums::Sums<Int>* exact) const;
  // Counts the change in the peaks, and marks the rows whose shift moves.
  static void move_peaks(const ClickChange& change, RowBlock* block,
                         std::span<RowSums::Peak> peaks);
  // Of the last change of a slide the block's rows enter the total, but those that moved.
  template <class Int>
  void change_rows(const ClickChange& change, bool last, RowBlock* block, RowSums* sums,
                   RowSums::Sums<Int>* exact) const;

  std::shared_ptr<const Model> model_;
  const SelfAttention* attention_;  // in model_
  PairScores scores_;
  PoolGrid grid_;
  AlignedVector<double> wv_;  // Wv transposed [d, d]; empty where the values are x
  double recency_per_ms_ = 0.0;
  double weight_scale_ = 0.0;  // 2^g_w
  double value_scale_ = 0.0;   // 2^g_x
};

}  // namespace freshet::scorer
