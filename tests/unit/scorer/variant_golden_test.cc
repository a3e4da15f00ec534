// The promised bits of every variant, against tests/data/variant_golden.txt.
//
// tests/data/make_variant_golden.py makes that file from docs/formats.md alone. It changes only
// together with the arithmetic there, which is a new model format. On a difference the test leaves
// its own output among the temporary files and prints the path, to compare.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "common/random.h"
#include "scorer/pooling/pool.h"
#include "tests/support/scorer_models.h"
#include "tests/unit/scorer/golden_lines.h"

namespace freshet::scorer {
namespace variant_golden_test {

constexpr const char* kVariantGoldenFile = "tests/data/variant_golden.txt";

struct GoldenCase {
  const char* name;
  Variant variant;
  ScoreKind score = ScoreKind::kScaledDot;
  RowPool pool = RowPool::kMean;
  Activation self_activation = Activation::kRelu;
  double recency_per_day = 0.0;
  std::vector<std::string> fields = {};
  WeightKind weight = WeightKind::kScalar;
};

Model golden_model(const GoldenCase& c) {
  ModelInitOptions options = golden_options();
  if (c.variant == Variant::kNone) options.behaviours = {"click"};
  options.variant = c.variant;
  options.score = c.score;
  options.pool = c.pool;
  options.self_activation = c.self_activation;
  options.recency_per_day = c.recency_per_day;
  options.target_fields = c.fields;
  options.target_rows = 5;
  options.weight = c.weight;
  Model model = test::random_model(options);
  if (model.behaviours.size() < 2) return model;
  // Scores further apart.
  BehaviourModel& second = model.behaviours[1];
  const auto widen = [](std::vector<float>& values, float factor) {
    for (float& value : values) value *= factor;
  };
  if (auto* traditional = second.traditional()) widen(traditional->w2.data, 20.0F);
  if (auto* self = second.self()) {
    widen(self->score.wq.data, 4.0F);
    if (self->target) widen(self->target->score.wq.data, 4.0F);
  }
  if (auto* target = second.target()) widen(target->score.wq.data, 4.0F);
  return model;
}

// Newest first by (ts, item id).
std::vector<std::vector<PooledClick>> golden_clicks(const Model& model) {
  Random random(7);
  std::vector<std::vector<PooledClick>> all(model.behaviours.size());
  for (std::vector<PooledClick>& clicks : all) {
    for (int k = 0; k < 12; ++k) {
      const auto row = static_cast<std::uint32_t>(random.below(kGoldenItems));
      const auto ts = static_cast<std::int64_t>(random.below(2'000'000'000));
      clicks.push_back({EventTime{1'600'000'000'000 + ts}, ItemRow{row}});
    }
    std::sort(clicks.begin(), clicks.end(), [&](const PooledClick& left, const PooledClick& right) {
      if (left.ts != right.ts) return left.ts > right.ts;
      return model.item_id_rank[left.row->value] > model.item_id_rank[right.row->value];
    });
  }
  return all;
}

// The lines of one model: u where it does not depend on the candidate, then a few candidates.
std::string variant_lines(const GoldenCase& c) {
  const auto model = test::share(golden_model(c));
  const auto clicks = golden_clicks(*model);
  const std::string name = c.name;
  const std::vector<Representation> all = model->representations();
  const std::size_t dim = model->embedding_dim;
  std::vector<float> u(all.size() * dim, 0.0F);
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (!Pool::serves(all[p].kind)) continue;
    const auto pool = Pool::create(model, all[p], 50);
    EXPECT_TRUE(pool);
    PoolSums sums = pool->empty();
    pool->rebuild(clicks[all[p].behaviour], &sums);
    pool->representation(sums, std::span(u).subspan(p * dim, dim));
  }
  std::vector<ItemRow> recent;
  for (const PooledClick& click : clicks[0]) recent.push_back(*click.row);
  const std::vector<std::span<const PooledClick>> seen(clicks.begin(), clicks.end());
  const std::string candidates = candidate_lines(name, model, {u, seen}, recent);
  return c.variant == Variant::kTarget ? candidates : representation_line(name, u) + candidates;
}

std::vector<GoldenCase> golden_cases() {
  const std::vector<std::string> three = {"item", "author", "tag"};
  const std::vector<std::string> two = {"author", "tag"};
  const std::vector<std::string> none;
  using enum Variant;
  using S = ScoreKind;
  using R = RowPool;
  using A = Activation;
  return {
      {"traditional_fields", kTraditional, S::kDot, R::kMean, A::kRelu, 0.0, three},
      {"traditional_channel_fields", kTraditional, S::kDot, R::kMean, A::kRelu, 0.25, two,
       WeightKind::kPerChannel},
      {"self_additive_mean", kSelf, S::kAdditive, R::kMean, A::kRelu, 0.25, none},
      {"self_dot_sum_fields", kSelf, S::kDot, R::kSum, A::kRelu, 0.0, three},
      {"self_additive_last_fields", kSelf, S::kAdditive, R::kLast, A::kRelu, 0.0, two},
      {"shared_scaled_dot_mean", kSelfShared, S::kScaledDot, R::kMean, A::kRelu, 0.25, none},
      {"shared_scaled_dot_last_fields", kSelfShared, S::kScaledDot, R::kLast, A::kRelu, 0.0, three},
      {"bilinear_sum", kSelfBilinear, S::kDot, R::kSum, A::kRelu, 0.0, none},
      {"activated_relu_mean_fields", kSelfBilinearActivated, S::kDot, R::kMean, A::kRelu, 0.25,
       three},
      {"activated_tanh_last", kSelfBilinearActivated, S::kDot, R::kLast, A::kTanh, 0.0, none},
      {"merged_relu", kMerged, S::kDot, R::kMean, A::kRelu, 0.0, none},
      {"merged_tanh_fields", kMerged, S::kDot, R::kSum, A::kTanh, 0.25, three},
      {"target_additive", kTarget, S::kAdditive, R::kMean, A::kRelu, 0.25, none},
      {"target_dot_fields", kTarget, S::kDot, R::kMean, A::kRelu, 0.0, three},
      {"target_scaled_dot", kTarget, S::kScaledDot, R::kMean, A::kRelu, 0.0, none},
      {"target_bilinear_fields", kTarget, S::kBilinear, R::kMean, A::kRelu, 0.25, two},
      {"none", kNone, S::kDot, R::kMean, A::kRelu, 0.0, none},
      {"none_fields", kNone, S::kDot, R::kMean, A::kRelu, 0.0, three},
  };
}

TEST(VariantGoldenTest, BitsAreThoseOfTheGoldenFile) {
  std::ifstream file(kVariantGoldenFile);
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string present;
  for (const GoldenCase& c : golden_cases()) present += variant_lines(c);
  if (present == golden) return;
  const std::string path = ::testing::TempDir() + "variant_golden.txt";
  std::ofstream(path) << present;
  ADD_FAILURE() << kVariantGoldenFile << " differs from the present bits, now in " << path;
}

}  // namespace variant_golden_test
}  // namespace freshet::scorer
