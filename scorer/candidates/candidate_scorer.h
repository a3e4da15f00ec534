// Wide & deep scores of candidates for one user.
//
// Computes: deep = w3' relu(W2 relu(W1 [U+T; U-T; U*T] + b1) + b2), U = the P representations of
// the
//           user, T = those of the candidate (target_table.h); wide = sum of the hashed crosses'
//           weights; logit = (wide + deep) + bias. The first layer is factored, so that the user's
//           part is folded once per event; under target attention U is another one per candidate.
// Shapes:   U [P d], logits [C]
// Errors:   create() returns kInvalidModel for a context field that the worker does not read, and
//           for weights or vectors that overflow at load; none after that: a non-finite logit is
//           left as it is, the caller excludes and counts it
// Threads:  CandidateScorer is immutable and shared; UserFold and scratch belong to one task
// Cost:     that of factored_layer.h (attended_layer.h under target attention), O(C h1 h2) and one
//           table look-up per cross
// Source:   order of every sum in docs/formats.md, "Scores". A candidate's bits do not depend on
//           how many others are scored with it, nor on its place among them.
// Oracle:   scorer/reference/reference.h (tests/property/scorer)
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/status.h"
#include "scorer/aligned_vector.h"
#include "scorer/candidates/attended_layer.h"
#include "scorer/candidates/factored_layer.h"
#include "scorer/candidates/target_table.h"
#include "scorer/candidates/user_fold.h"
#include "scorer/candidates/wide_features.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

struct CandidateLogit {
  float deep = 0;
  float wide = 0;
  float total = 0;  // (wide + deep) + bias
};

class CandidateScorer {
 public:
  // `context_fields` are the worker's, in the order of WideInputs::context. Returns kInvalidModel
  // naming the field when the model reads one that is not among them, and naming the tensor's row
  // or the item when what it folds at load is not finite.
  static Result<CandidateScorer> create(std::shared_ptr<const Model> model,
                                        std::span<const std::string> context_fields);

  // Builds the user's part. Requires: user.clicks is [B] under target attention, else user.u is
  // [P d].
  void fold(const UserInputs& user, const WideInputs& wide, UserFold* fold) const;

  // Scores each candidate row; out has the candidates' size.
  void score(const UserFold& fold, std::span<const ItemRow> candidates,
             std::span<CandidateLogit> out) const;

  const Model& model() const { return *model_; }

  // The part under target attention, for explanations; null for the other variants.
  const AttendedLayer* attended() const { return std::get_if<AttendedLayer>(&first_); }

  // What it derived from the model at load.
  std::size_t heap_bytes() const;

 private:
  using FirstLayer = std::variant<FactoredLayer, AttendedLayer>;
  CandidateScorer(std::shared_ptr<const Model> model, WideFeatures wide,
                  std::shared_ptr<const TargetTable> targets, FirstLayer first);

  std::shared_ptr<const Model> model_;
  WideFeatures wide_;
  std::shared_ptr<const TargetTable> targets_;
  FirstLayer first_;
  AlignedVector<float> hidden2_;  // W2 transposed: [h1, h2]
};

// The published probability, 1 / (1 + exp(-logit)), by the exp of docs/formats.md.
float sigmoid(float logit);

}  // namespace freshet::scorer
