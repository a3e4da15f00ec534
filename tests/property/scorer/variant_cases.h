// One random model for every variant and every value of its options, for the properties of scores.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/random.h"
#include "scorer/candidates/candidate_scorer.h"
#include "scorer/files/model_words.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer::variant_cases {

inline constexpr std::size_t kItems = 40;

// How far the weights that make scores are from those of a trained model.
struct Extremes {
  float scores = 1.0F;  // factor of the weights behind the scores
  bool rows = false;    // a row of zeros, a tiny and a large one in the item table
};

struct VariantCase {
  std::string name;
  std::shared_ptr<const Model> model;
  CandidateScorer scorer;
};

inline void widen(float factor, PairScore* score) {
  // Of additive scores the terms saturate by themselves, and are refused beyond 354.
  const float terms = score->kind == ScoreKind::kAdditive ? std::min(factor, 10.0F) : factor;
  for (float& value : score->wq.data) value *= terms;
  for (float& value : score->v) value *= factor;
}

inline void widen_scores(float factor, Model* model) {
  for (BehaviourModel& behaviour : model->behaviours) {
    if (auto* traditional = behaviour.traditional()) {
      for (float& value : traditional->w2.data) value *= factor;
    }
    if (auto* self = behaviour.self()) {
      widen(factor, &self->score);
      if (self->target) widen(factor, &self->target->score);
    }
    if (auto* target = behaviour.target()) widen(factor, &target->score);
  }
}

inline VariantCase make_case(ModelInitOptions options, const Extremes& extremes) {
  options.item_ids = test::numbered_items(kItems);
  Model model = test::random_model(options);
  widen_scores(extremes.scores, &model);
  for (std::size_t c = 0; extremes.rows && c < model.embedding_dim; ++c) {
    model.items.data[c] = 0.0F;
    model.items.data[model.embedding_dim + c] *= 1e-5F;
    model.items.data[2 * model.embedding_dim + c] *= 8.0F;
  }
  auto shared = test::share(std::move(model));
  Result<CandidateScorer> scorer = CandidateScorer::create(shared, {});
  FRESHET_CHECK(scorer.has_value());
  std::string name =
      std::string(word_of(kVariantWords, options.variant)) + " score " +
      std::string(word_of(kScoreWords, options.score)) + " pool " +
      std::string(word_of(kPoolWords, options.pool)) + " activation " +
      std::string(word_of(kActivationWords, options.activation)) + " d " +
      std::to_string(options.embedding_dim) + " B " + std::to_string(options.behaviours.size()) +
      " fields " + std::to_string(options.target_fields.size()) + " recency " +
      std::to_string(options.recency_per_day) + " seed " + std::to_string(options.seed);
  return {std::move(name), std::move(shared), std::move(*scorer)};
}

// The values of each option that the variant reads, the others as they come.
inline std::vector<ModelInitOptions> option_values(Variant variant, const ModelInitOptions& base) {
  std::vector<ModelInitOptions> all;
  ModelInitOptions options = base;
  options.variant = variant;
  switch (variant) {
    case Variant::kTraditional:
    case Variant::kMerged:
      for (const auto& activation : kActivationWords) {
        options.activation = activation.value;
        options.self_activation = kSelfActivationWords[all.size() % 2].value;
        options.pool = kPoolWords[all.size() % 3].value;
        options.weight = WeightKind::kScalar;
        options.softmax = SoftmaxOver::kPositions;
        all.push_back(options);
        options.weight = WeightKind::kPerChannel;
        all.push_back(options);
        options.softmax = SoftmaxOver::kChannels;
        if (options.recency_per_day == 0.0) all.push_back(options);
      }
      return all;
    case Variant::kSelf:
    case Variant::kSelfShared:
      for (const auto& score : kSelfScoreWords) {
        for (const auto& pool : kPoolWords) {
          options.score = score.value;
          options.pool = pool.value;
          all.push_back(options);
        }
      }
      return all;
    case Variant::kSelfBilinear:
    case Variant::kSelfBilinearActivated:
      for (const auto& pool : kPoolWords) {
        options.pool = pool.value;
        options.self_activation = kSelfActivationWords[all.size() % 2].value;
        all.push_back(options);
      }
      return all;
    case Variant::kTarget:
      for (const auto& score : kScoreWords) {
        options.score = score.value;
        all.push_back(options);
      }
      return all;
    case Variant::kNone:
      options.behaviours.resize(1);
      return {options};
  }
  return all;
}

// Small models of odd sizes, each with and without target fields and recency.
inline std::vector<VariantCase> small_cases(const Extremes& extremes, Random* random) {
  std::vector<VariantCase> cases;
  for (const auto& variant : kVariantWords) {
    for (const bool fields : {false, true}) {
      for (const double recency : {0.0, 0.5}) {
        ModelInitOptions base;
        base.recency_per_day = recency;
        base.behaviours = {"click", "cart"};
        base.behaviours.resize(1 + random->below(2));
        base.embedding_dim = 1 + random->below(9);
        base.attention_hidden = 1 + random->below(5);
        base.hidden1 = 1 + random->below(40);
        base.hidden2 = 1 + random->below(20);
        base.wide_buckets = random->chance(0.5) ? 0 : 97;
        if (fields) base.target_fields = {"item", "author", "tag"};
        if (fields && random->chance(0.3)) base.target_fields = {"author", "tag"};
        for (ModelInitOptions options : option_values(variant.value, base)) {
          options.seed = random->next();
          cases.push_back(make_case(options, extremes));
        }
      }
    }
  }
  return cases;
}

}  // namespace freshet::scorer::variant_cases
