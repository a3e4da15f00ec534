// The attention of one behaviour: options and weights of every variant, as a model holds them.
//
// x = row of a click, t = the candidate's vector. d = embedding_dim, H = hidden width.
//
//   traditional  s = W2 act(W1 x + b1) + b2, u = sum softmax(s) x: no click reads another
//   self         row i attends all clicks j by e_ij of q_i and k_j; the rows are pooled
//   merged       the representations of traditional and self, concatenated
//   target       the candidate attends the clicks: u depends on the candidate
//   none         u = 0: a model without sequences, to compare with
//
// Threads: part of an immutable Model. Source: docs/formats.md, "Model folder", "Representation".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace freshet::scorer {

// A row-major matrix: element (i, j) stands at data[i * cols + j].
struct Matrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> data;  // [rows, cols]

  const float* row(std::size_t i) const { return data.data() + i * cols; }
  float at(std::size_t i, std::size_t j) const { return data[i * cols + j]; }
};

enum class Variant {
  kTraditional,
  kSelf,                   // user and target side have weights of their own
  kSelfShared,             // one set of weights for both sides
  kSelfBilinear,           // e_ij = (Wq x_i)'(Wk x_j), values x
  kSelfBilinearActivated,  // e_ij = phi(Wq x_i)' phi(Wk x_j), values x
  kMerged,                 // traditional and self_bilinear_activated
  kTarget,
  kNone,
};

enum class Activation { kNone, kRelu, kTanh };
enum class WeightKind { kScalar, kPerChannel };    // s is [1] or [d]
enum class SoftmaxOver { kPositions, kChannels };  // kChannels needs kPerChannel
enum class ScoreKind { kAdditive, kDot, kScaledDot, kBilinear };
enum class RowPool { kMean, kSum, kLast };  // kLast: the row of the newest known click

// h = act(W1 x + b1), s = W2 h + b2. S = 1 (scalar) or d (per channel).
struct TraditionalAttention {
  Activation activation = Activation::kTanh;
  WeightKind weight = WeightKind::kScalar;
  SoftmaxOver softmax = SoftmaxOver::kPositions;
  double recency_per_day = 0.0;  // lambda of exp(-lambda * age in days); 0 switches it off
  Matrix w1;                     // [H, d]
  std::vector<float> b1;         // [H]
  Matrix w2;                     // [S, H]
  std::vector<float> b2;         // [S]
};

// The score of a query row and a key row: q = phi(Wq x), k = phi(Wk y), each [w].
//   additive v' tanh(q + k); dot and bilinear q'k; scaled_dot q'k / sqrt(w)
// Without matrices (target attention by dot and scaled_dot) q = x, k = y and w = d.
struct PairScore {
  ScoreKind kind = ScoreKind::kScaledDot;
  Activation activation = Activation::kNone;  // phi; only self_bilinear_activated has one
  Matrix wq;                                  // [H, d] or [0, 0]
  Matrix wk;                                  // [H, d] or [0, 0]
  std::vector<float> v;                       // [H]; kAdditive only

  bool has_matrices() const { return wq.rows > 0; }
  bool has_v() const { return kind == ScoreKind::kAdditive && has_matrices(); }
};

// What the target side of variant `self` has of its own. A single row needs no scores: its softmax
// is 1, so Wq, Wk and v are there only with target fields.
struct OwnTarget {
  PairScore score;
  Matrix wv;  // [d, d]
};

// y_i = sum_j softmax_j(e_ij) x_j; u = Wv pool(y), or pool(y) where there is no Wv.
struct SelfAttention {
  PairScore score;
  RowPool pool = RowPool::kMean;
  double recency_per_day = 0.0;     // e_ij - lambda * age of j in days
  Matrix wv;                        // [d, d]; [0, 0] for the bilinear kinds: values x
  std::optional<OwnTarget> target;  // variant self; else the target side uses the weights above
};

struct MergedAttention {
  TraditionalAttention traditional;
  SelfAttention self;  // as of self_bilinear_activated
};

// u of candidate t = sum_j softmax_j(score(t, x_j)) x_j.
struct TargetAttention {
  PairScore score;               // kDot and kScaledDot have no matrices
  double recency_per_day = 0.0;  // score - lambda * age of j in days
};

struct NoAttention {};

using Attention = std::variant<TraditionalAttention, SelfAttention, MergedAttention,
                               TargetAttention, NoAttention>;

struct BehaviourModel {
  std::string name;  // of the worker's behaviour whose sequence it reads
  Attention attention;

  // The parts that the variant has, else null: of merged both of the first two.
  const TraditionalAttention* traditional() const;
  const SelfAttention* self() const;
  const TargetAttention* target() const;
  TraditionalAttention* traditional();
  SelfAttention* self();
  TargetAttention* target();
};

}  // namespace freshet::scorer
