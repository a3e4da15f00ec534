// Pools of every kind of self-attention, on both grids, for the properties of the representation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scorer/files/model_words.h"
#include "tests/property/scorer/pool_cases.h"

namespace freshet::scorer::pool_cases {

struct SelfKind {
  Variant variant;
  ScoreKind score;
  Activation activation;
};

inline constexpr SelfKind kSelfKinds[] = {
    {Variant::kSelf, ScoreKind::kAdditive, Activation::kRelu},
    {Variant::kSelf, ScoreKind::kDot, Activation::kRelu},
    {Variant::kSelf, ScoreKind::kScaledDot, Activation::kRelu},
    {Variant::kSelfShared, ScoreKind::kAdditive, Activation::kRelu},
    {Variant::kSelfShared, ScoreKind::kScaledDot, Activation::kRelu},
    {Variant::kSelfBilinear, ScoreKind::kBilinear, Activation::kRelu},
    {Variant::kSelfBilinearActivated, ScoreKind::kBilinear, Activation::kRelu},
    {Variant::kSelfBilinearActivated, ScoreKind::kBilinear, Activation::kTanh},
    {Variant::kMerged, ScoreKind::kBilinear, Activation::kRelu},
};

struct SelfOptions {
  SelfKind kind;
  RowPool pool;
  double recency_per_day;
  bool wide;
  double score_scale;  // at 1000 a row's weights are those of one click
  std::size_t dim;
  std::size_t length_max;
};

inline PoolCase make_self_case(const SelfOptions& options, std::uint64_t seed) {
  ModelInitOptions init;
  init.seed = seed;
  init.variant = options.kind.variant;
  init.score = options.kind.score;
  init.self_activation = options.kind.activation;
  init.pool = options.pool;
  init.recency_per_day = options.recency_per_day;
  init.embedding_dim = options.dim;
  init.item_ids = test::numbered_items(kItems);
  init.attention_hidden = 1 + seed % 20;
  init.hidden1 = init.hidden2 = 1;
  init.wide_buckets = 0;
  Model model = test::random_model(init);
  PairScore& score = model.behaviours[0].self()->score;
  for (std::vector<float>* values : {&score.wq.data, &score.v}) {
    for (float& value : *values) value *= static_cast<float>(options.score_scale);
  }
  // Additive terms beyond 354 are refused: there v alone makes the scores large.
  if (score.kind == ScoreKind::kAdditive) {
    for (float& value : score.wq.data) value /= static_cast<float>(options.score_scale);
  }
  set_special_rows(options.wide, &model);
  const std::string name =
      std::string(word_of(kVariantWords, options.kind.variant)) + " " +
      std::string(word_of(kScoreWords, options.kind.score)) + " pool " +
      std::string(word_of(kPoolWords, options.pool)) + " recency " +
      std::to_string(options.recency_per_day) + (options.wide ? " int128" : " int64") + " d " +
      std::to_string(options.dim) + " N " + std::to_string(options.length_max) + " scale " +
      std::to_string(options.score_scale) + " model seed " + std::to_string(seed);
  const std::size_t p = options.kind.variant == Variant::kMerged ? 1 : 0;
  PoolCase made = pool_case(name, std::move(model), p, options.length_max);
  FRESHET_CHECK(made.pool.grid().wide == options.wide);
  return made;
}

inline std::vector<PoolCase> make_self_cases(std::uint64_t seed) {
  constexpr std::size_t kDims[] = {32, 64, 128, 45, 1, 17};
  constexpr std::size_t kLengths[] = {5, 24, 70, 300};
  constexpr double kScales[] = {1.0, 30.0, 1000.0};
  std::vector<PoolCase> cases;
  Random random(seed);
  for (const SelfKind& kind : kSelfKinds) {
    for (const RowPool pool : {RowPool::kMean, RowPool::kSum, RowPool::kLast}) {
      for (const double recency : {0.0, 3.0}) {
        for (const bool wide : {false, false, true}) {
          cases.push_back(make_self_case({kind, pool, recency, wide, kScales[random.below(3)],
                                          kDims[random.below(6)], kLengths[random.below(4)]},
                                         random.next()));
        }
      }
    }
  }
  return cases;
}

}  // namespace freshet::scorer::pool_cases
