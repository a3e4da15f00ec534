// Queries and keys of every item, from which a self-attention layer's scores are one dot: a pure
// function of the item, so computed once at load.
//
// Computes: q = phi(Wq x), k = phi(Wk x) in double (scaled_dot: q / sqrt(H); additive: e^2q and
//           e^2k, as tanh(a + b) = 1 - 2 / (e^2a e^2b + 1)); e of a pair in double, in 8 fixed
//           lanes
// Shapes:   q, k [n, H]
// Errors:   kInvalidModel naming the behaviour and the items where a score can lie beyond 2^30, or
//           a term of the additive score beyond 354
// Cost:     O(n H d) at load, 16 n H bytes; a score O(H)
// Oracle:   scorer/reference/reference.h (tests/property/scorer)
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/status.h"
#include "scorer/aligned_vector.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

class PairScores {
 public:
  // Those of the self-attention of the model's behaviour. Requires that it has one.
  static Result<PairScores> create(const Model& model, std::size_t behaviour);

  // e of a query item and a key item, without recency.
  double score(ItemRow query, ItemRow key) const;

  // e of each of many queries and one key, or of many keys and one query: the same bits, as a
  // product has no order.
  void scores(std::span<const double* const> rows, const double* other, std::span<double> e) const;

  const double* query(ItemRow item) const { return &q_[item.value * width_]; }  // [H]
  const double* key(ItemRow item) const { return &k_[item.value * width_]; }    // [H]

  // Has the processor fetch the item's query and key.
  void prefetch(ItemRow item) const;

  std::size_t heap_bytes() const {
    return (q_.capacity() + k_.capacity() + v_.capacity()) * sizeof(double);
  }

 private:
  std::size_t width_ = 0;    // H
  AlignedVector<double> q_;  // [n, H]
  AlignedVector<double> k_;  // [n, H]
  std::vector<double> v_;    // [H]; additive only, else empty
};

}  // namespace freshet::scorer
