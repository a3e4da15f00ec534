// Target attention and the first dense layer behind it: U is another one for each candidate.
//
// Computes: u of candidate t = sum_j softmax_j(e_j) x_j over the user's visible clicks on known
//           items, e_j = score(t, x_j) (with the recency of j when the model has one); then
//           z1 = W1 [U+T; U-T; U*T] + b1 as b1 + D t + E U + C (U*T). No known click: u = 0.
// Shapes:   x_j, t, u [d], e [N], U [B d], z1 [C, h1]
// Errors:   create() returns kInvalidModel as TargetScores and FactoredLayer do
// Threads:  immutable and shared; a UserFold belongs to one task
// Cost:     fold O(N (w + d)); apply O(C (N (w + d) + B d h1)): the price of a query per candidate
// Source:   order of every sum in docs/formats.md, "Target attention". The clicks are summed in
//           their order by (ts, item), so any history that ends in them gives the same bits, and a
//           candidate's bits do not depend on the others.
// Oracle:   scorer/reference/reference.h (tests/property/scorer)
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "common/status.h"
#include "scorer/aligned_vector.h"
#include "scorer/candidates/target_scores.h"
#include "scorer/candidates/target_table.h"
#include "scorer/candidates/user_fold.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

class AttendedLayer {
 public:
  // Requires: the model's variant is target.
  static Result<AttendedLayer> create(std::shared_ptr<const Model> model,
                                      std::shared_ptr<const TargetTable> targets);

  // Builds the user's part from user.clicks [B].
  void fold(const UserInputs& user, UserFold* fold) const;

  // Writes relu(z1) of each candidate. Requires: at most kScoreBlock of them. `next` is not used.
  void apply(const UserFold& fold, std::span<const ItemRow> candidates,
             std::span<const ItemRow> next, std::span<float> h1) const;

  // The softmax weights of the clicks of one behaviour, for people: [n], 0 for unknown items.
  std::vector<float> weights(std::size_t behaviour, std::span<const PooledClick> clicks,
                             ItemRow candidate) const;

  std::size_t heap_bytes() const;

 private:
  AttendedLayer(std::shared_ptr<const Model> model, std::shared_ptr<const TargetTable> targets,
                std::vector<TargetScores> scores);

  void attend(std::size_t behaviour, std::span<const PooledClick> clicks,
              AttendedClicks* attended) const;
  // Leaves the numerators of the softmax in buffers->weights [candidates, N], and their sums in
  // norms [candidates]. Requires N > 0.
  void weigh(std::size_t behaviour, const AttendedClicks& clicks,
             std::span<const ItemRow> candidates, ScoreBuffers* buffers,
             std::span<double> norms) const;
  // Leaves u of each candidate in buffers->sums [candidates, d], in double.
  void representations(std::size_t behaviour, const AttendedClicks& clicks,
                       std::span<const ItemRow> candidates, ScoreBuffers* buffers) const;

  std::shared_ptr<const Model> model_;
  std::shared_ptr<const TargetTable> targets_;
  std::vector<TargetScores> scores_;  // [B]
  // D, E and C below one another, transposed: [d + 2 B d, h1]. E is A + B, and D is A - B summed
  // over the behaviours.
  AlignedVector<float> weights_;
};

}  // namespace freshet::scorer
