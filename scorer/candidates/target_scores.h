// Target attention's scores of a candidate and the user's clicks.
//
// Computes: e of a query q = Wq t and keys k_j = Wk x_j, in double: dot and bilinear q'k;
// scaled_dot
//           q'k / sqrt(w); additive v' tanh(q + k), as 1 - 2 / (e^2q e^2k + 1). Where the score has
//           no matrices q = t and k = x.
// Shapes:   t, x [d], q, k [w], w = H or d; keys [w, N], transposed, so that the loops over the
//           clicks are contiguous
// Errors:   kInvalidModel naming the item whose additive term lies beyond 354
// Threads:  immutable; shared
// Cost:     O(n H d) at load and 16 n H bytes where there are matrices; a score O(w)
// Source:   docs/formats.md, "Target attention"
// Oracle:   scorer/reference/reference_attention.h (tests/property/scorer)
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "common/status.h"
#include "scorer/aligned_vector.h"
#include "scorer/candidates/target_table.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

class TargetScores {
 public:
  // Of the target attention of the model's behaviour, with `targets` as t. Requires that it has
  // one.
  static Result<TargetScores> create(std::shared_ptr<const Model> model, std::size_t behaviour,
                                     std::shared_ptr<const TargetTable> targets);

  std::size_t width() const { return width_; }  // w

  void query(ItemRow candidate, std::span<double> q) const;
  // k[h * stride], a column of the transposed keys.
  void key(ItemRow click, std::size_t stride, double* k) const;

  // Writes e [queries, N] of each of the queries [w] to each of the keys [w, N]: the same bits as
  // one by one.
  void scores(std::span<const double* const> queries, std::span<const double> keys,
              std::span<double> e) const;

  std::size_t heap_bytes() const;

 private:
  void additive_scores(const double* q, std::span<const double> keys, std::span<double> e) const;

  TargetScores() = default;

  std::shared_ptr<const Model> model_;
  std::shared_ptr<const TargetTable> targets_;
  ScoreKind kind_ = ScoreKind::kDot;
  std::size_t width_ = 0;          // w
  AlignedVector<double> queries_;  // [n, H]; empty without matrices. Additive: e^2q
  AlignedVector<double> keys_;     // [n, H]; empty without matrices. Additive: e^2k
  std::vector<double> v_;          // [H]; additive only
};

}  // namespace freshet::scorer
