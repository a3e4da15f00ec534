// Random pools and click sequences for the properties of the representation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/random.h"
#include "scorer/pooling/pool.h"
#include "scorer/reference/reference.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer::pool_cases {

inline constexpr std::size_t kItems = 40;
inline constexpr std::int64_t kDayMs = 86'400'000;

// One pool of a random model, with what a test needs to know of it.
struct PoolCase {
  std::string name;
  std::shared_ptr<const Model> model;
  std::size_t p = 0;  // of the model's representations
  std::size_t length_max = 0;
  Pool pool;

  Representation representation() const { return model->representations()[p]; }
};

struct Combination {
  Activation activation;
  WeightKind weight;
  SoftmaxOver softmax;
  double recency_per_day;
  bool wide;
};

// Every combination of options that a model may have, on both grids.
inline std::vector<Combination> combinations() {
  std::vector<Combination> all;
  for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kTanh}) {
    for (const bool wide : {false, true}) {
      for (const double recency : {0.0, 3.0}) {
        all.push_back({activation, WeightKind::kScalar, SoftmaxOver::kPositions, recency, wide});
        all.push_back(
            {activation, WeightKind::kPerChannel, SoftmaxOver::kPositions, recency, wide});
      }
      all.push_back({activation, WeightKind::kPerChannel, SoftmaxOver::kChannels, 0.0, wide});
    }
  }
  return all;
}

inline PoolCase pool_case(std::string name, Model model, std::size_t p, std::size_t length_max) {
  auto shared = test::share(std::move(model));
  Result<Pool> pool = Pool::create(shared, shared->representations()[p], length_max);
  FRESHET_CHECK(pool.has_value());
  return {std::move(name), std::move(shared), p, length_max, std::move(*pool)};
}

// One row of zeros, and one so small that only the wide grid resolves it. No other row is small:
// one of a single value might be, by chance.
inline void set_special_rows(bool wide, Model* model) {
  const std::size_t dim = model->embedding_dim;
  for (std::size_t row = 0; row < model->items.rows; ++row) {
    float& first = model->items.data[row * dim];
    first = std::copysign(std::max(std::fabs(first), 0.01F), first);
  }
  for (std::size_t c = 0; c < dim; ++c) {
    model->items.data[c] = 0.0F;
    if (wide) model->items.data[dim + c] *= 1e-12F;
  }
}

// `score_scale` widens the attention scores: at 30 neighbouring clicks lie several shifts apart.
inline PoolCase make_case(const Combination& combination, std::uint64_t seed, std::size_t dim,
                          std::size_t behaviours, double score_scale) {
  ModelInitOptions options;
  options.seed = seed;
  options.embedding_dim = dim;
  options.item_ids = test::numbered_items(kItems);
  options.behaviours.clear();
  for (std::size_t b = 0; b < behaviours; ++b)
    options.behaviours.push_back("b" + std::to_string(b));
  options.attention_hidden = 4;
  options.activation = combination.activation;
  options.weight = combination.weight;
  options.softmax = combination.softmax;
  options.recency_per_day = combination.recency_per_day;
  options.hidden1 = options.hidden2 = 1;
  options.wide_buckets = 0;
  Model model = test::random_model(options);
  for (BehaviourModel& behaviour : model.behaviours) {
    for (float& value : behaviour.traditional()->w2.data) value *= static_cast<float>(score_scale);
  }
  set_special_rows(combination.wide, &model);
  const std::size_t behaviour = seed % behaviours;
  const std::size_t length_max = 4 + seed % 21;
  std::string name = "activation " + std::to_string(static_cast<int>(combination.activation)) +
                     " weight " + std::to_string(static_cast<int>(combination.weight)) +
                     " softmax " + std::to_string(static_cast<int>(combination.softmax)) +
                     " recency " + std::to_string(combination.recency_per_day) +
                     (combination.wide ? " int128" : " int64") + " d " + std::to_string(dim) +
                     " B " + std::to_string(behaviours) + " scale " + std::to_string(score_scale);
  return pool_case(std::move(name), std::move(model), behaviour, length_max);
}

// A few pools of each combination, with dimensions that are no multiples of anything.
inline std::vector<PoolCase> make_cases(std::uint64_t seed) {
  std::vector<PoolCase> cases;
  Random random(seed);
  for (const Combination& combination : combinations()) {
    for (const double scale : {1.0, 6.0, 30.0}) {
      const std::size_t dims[] = {1, 3, 8, 17};
      const std::size_t dim = dims[random.below(4)];
      cases.push_back(make_case(combination, random.next(), dim, 1 + random.below(3), scale));
    }
  }
  return cases;
}

// A click within about 40 days, on an unknown item in one case of eight.
inline PooledClick random_click(Random* random) {
  PooledClick click;
  click.ts = EventTime{1'640'000'000'000 + static_cast<std::int64_t>(random->below(40 * kDayMs))};
  if (!random->chance(0.125))
    click.row = ItemRow{static_cast<std::uint32_t>(random->below(kItems))};
  return click;
}

inline std::vector<float> representation_of(const PoolCase& c, const PoolSums& sums) {
  std::vector<float> u(c.model->embedding_dim);
  c.pool.representation(sums, u);
  return u;
}

inline std::vector<ReferenceClick> reference_clicks(const std::vector<PooledClick>& clicks) {
  std::vector<ReferenceClick> result;
  for (const PooledClick& click : clicks) result.push_back({click.ts, click.row});
  return result;
}

}  // namespace freshet::scorer::pool_cases
