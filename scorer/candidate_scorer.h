// Wide & deep scores of candidates for one user, factored so that the user's part is folded once.
//
// Computes: deep = w3' relu(W2 relu(W1 [U+T; U-T; U*T] + b1) + b2), U = the B representations
//           concatenated, T = the candidate's vector repeated B times;
//           wide = sum of the hashed crosses' weights; logit = (wide + deep) + bias.
//           W1 [U+T; U-T; U*T] + b1 is folded to a + M t, so a candidate costs d h1, not 3 B d h1.
// Shapes:   U [B d], M [d, h1], a [h1], logits [C]
// Errors:   create() returns kInvalidModel for a context field that the worker does not read, and
//           for weights whose folded sums overflow; none after that: a non-finite logit is left as
//           it is, the caller excludes and counts it
// Threads:  CandidateScorer is immutable and shared; UserFold and scratch belong to one task
// Cost:     fold O(B d h1); score O(C (d h1 + h1 h2)) plus one table look-up per cross
// Source:   order of every sum in docs/formats.md, "Scores". A candidate's bits do not depend on
//           how many others are scored with it, nor on its place among them.
// Oracle:   scorer/reference.h (tests/property/scorer)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/status.h"
#include "scorer/model.h"
#include "scorer/wide_features.h"

namespace freshet::scorer {

struct CandidateLogit {
  float deep = 0;
  float wide = 0;
  float total = 0;  // (wide + deep) + bias
};

// The user's part of the scores. Plain buffers, reused from event to event.
struct UserFold {
  std::vector<float> m;  // M [d, h1]
  std::vector<float> a;  // a [h1]
  float wide_user = 0;   // the sum of the crosses that do not read the candidate
  std::vector<std::uint64_t> candidate_keys;  // one per feature that does
};

class CandidateScorer {
 public:
  // `context_fields` are the worker's, in the order of WideInputs::context. Returns kInvalidModel
  // naming the field when the model reads one that is not among them, and naming the tensor's row
  // when its folded weights are not finite.
  static Result<CandidateScorer> create(std::shared_ptr<const Model> model,
                                        std::span<const std::string> context_fields);

  // Builds the user's part from U [B d].
  void fold(std::span<const float> u, const WideInputs& wide, UserFold* fold) const;

  // Scores each candidate row; out has the candidates' size.
  void score(const UserFold& fold, std::span<const ItemRow> candidates,
             std::span<CandidateLogit> out) const;

  const Model& model() const { return *model_; }

 private:
  CandidateScorer(std::shared_ptr<const Model> model, WideFeatures wide);

  // The parts of W1 [h1, 3 B d] = [A | B | C], rearranged once, so that the loops over h1 are
  // contiguous.
  struct FoldWeights {
    std::vector<float> p;  // A + B, transposed: [B d, h1]
    std::vector<float> d;  // the sum over behaviours of A_b - B_b, transposed: [d, h1]
    std::vector<float> c;  // C, transposed: [B d, h1]
  };
  static FoldWeights fold_weights(const Model& model);

  std::shared_ptr<const Model> model_;
  WideFeatures wide_;
  FoldWeights first_;
  std::vector<float> hidden2_;  // W2 transposed: [h1, h2]
};

// The published probability, 1 / (1 + exp(-logit)), by the exp of docs/formats.md.
float sigmoid(float logit);

}  // namespace freshet::scorer
