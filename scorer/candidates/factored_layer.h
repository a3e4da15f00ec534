// The first dense layer over [U+T; U-T; U*T], with the user's part folded once per event.
//
// Computes: W1 [U+T; U-T; U*T] + b1 as a + M t, so a candidate costs w h1, not 3 P d h1.
// Shapes:   U [P d], t [w] (TargetTable: w = d or P d), M [w, h1], a [h1], z1 [C, h1]
// Errors:   create() returns kInvalidModel naming the row whose folded weights are not finite
// Threads:  immutable and shared; a UserFold belongs to one task
// Cost:     fold O(P d h1); apply O(C w h1)
// Source:   order of every sum in docs/formats.md, "Scores"
// Oracle:   scorer/reference/reference.h
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "common/status.h"
#include "scorer/aligned_vector.h"
#include "scorer/candidates/target_table.h"
#include "scorer/candidates/user_fold.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

class FactoredLayer {
 public:
  static Result<FactoredLayer> create(std::shared_ptr<const Model> model,
                                      std::shared_ptr<const TargetTable> targets);

  // Builds the user's part from U. Requires: user.u is [P d].
  void fold(const UserInputs& user, UserFold* fold) const;

  // Writes relu(z1) of each candidate. Requires: at most kScoreBlock candidates, and as many
  // `next`, which a call that follows scores: their rows are fetched meanwhile.
  void apply(const UserFold& fold, std::span<const ItemRow> candidates,
             std::span<const ItemRow> next, std::span<float> h1) const;

  std::size_t heap_bytes() const {
    return (e_.capacity() + d_.capacity() + c_.capacity()) * sizeof(float);
  }

 private:
  FactoredLayer(std::shared_ptr<const Model> model, std::shared_ptr<const TargetTable> targets);

  std::shared_ptr<const Model> model_;
  std::shared_ptr<const TargetTable> targets_;
  // The parts of W1 [h1, 3 P d] = [A | B | C], rearranged once, so that the loops over h1 are
  // contiguous.
  AlignedVector<float> e_;  // E = A + B, transposed: [P d, h1]
  AlignedVector<float>
      d_;  // A - B, transposed, summed over the representations that share t: [w, h1]
  AlignedVector<float> c_;  // C, transposed: [P d, h1]
};

// Weights are finite one by one, but the first layer adds them: an infinite sum would make every
// logit NaN or infinite, so nothing could be served. `sums` is [*, h1].
Status check_folded(std::span<const float> sums, std::size_t h1);

}  // namespace freshet::scorer
