#include "scorer/pooling/self_attention_pool.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "scorer/float_mode.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace self_attention_pool_test {

constexpr std::size_t kDim = 5;
constexpr std::size_t kLengthMax = 50;

ModelInitOptions options_of(Variant variant) {
  set_float_mode();
  ModelInitOptions options;
  options.variant = variant;
  options.embedding_dim = kDim;
  options.item_ids = test::numbered_items(20);
  options.wide_buckets = 0;
  return options;
}

SelfAttentionPool pool_of(Model model) {
  Result<SelfAttentionPool> pool =
      SelfAttentionPool::create(test::share(std::move(model)), 0, kLengthMax);
  FRESHET_CHECK(pool.has_value());
  return std::move(*pool);
}

std::string refusal_of(Model model) {
  const auto pool = SelfAttentionPool::create(test::share(std::move(model)), 0, kLengthMax);
  return pool ? "accepted" : pool.error().message;
}

PooledClick click_on(std::uint32_t row, std::int64_t ms) {
  return {EventTime{1'600'000'000'000 + ms}, ItemRow{row}};
}

std::vector<float> representation_of(const SelfAttentionPool& pool,
                                     const std::vector<PooledClick>& clicks) {
  RowSums sums = pool.empty();
  pool.rebuild(clicks, &sums);
  std::vector<float> u(kDim);
  pool.representation(sums, u);
  return u;
}

TEST(SelfAttentionPoolTest, NoKnownClickGivesZerosAndTheEmptySums) {
  const SelfAttentionPool pool = pool_of(test::random_model(options_of(Variant::kSelf)));
  EXPECT_EQ(representation_of(pool, {}), std::vector<float>(kDim, 0.0F));
  const std::vector<PooledClick> unknown = {{EventTime{1}, {}}, {EventTime{2}, {}}};
  EXPECT_EQ(representation_of(pool, unknown), std::vector<float>(kDim, 0.0F));
  RowSums sums = pool.empty();
  pool.rebuild(unknown, &sums);
  EXPECT_TRUE(sums == pool.empty());
}

TEST(SelfAttentionPoolTest, OneClickGivesItsItemsVectorThroughWv) {
  Model model = test::random_model(options_of(Variant::kSelf));
  const SelfAttention& attention = *model.behaviours[0].self();
  std::vector<double> expected(kDim, 0.0);
  for (std::size_t c = 0; c < kDim; ++c) {
    for (std::size_t i = 0; i < kDim; ++i) {
      expected[c] += double{attention.wv.at(c, i)} * double{model.items.at(7, i)};
    }
  }
  const std::vector<float> u = representation_of(pool_of(std::move(model)), {click_on(7, 0)});
  for (std::size_t c = 0; c < kDim; ++c) EXPECT_NEAR(u[c], expected[c], 1e-6);
}

TEST(SelfAttentionPoolTest, ClicksOnOneItemAreWorthOneOfThem) {
  const SelfAttentionPool pool = pool_of(test::random_model(options_of(Variant::kSelfBilinear)));
  EXPECT_EQ(representation_of(pool, {click_on(3, 1), click_on(3, 2), click_on(3, 3)}),
            representation_of(pool, {click_on(3, 1)}));
}

TEST(SelfAttentionPoolTest, SumIsTheMeanTimesTheRows) {
  ModelInitOptions options = options_of(Variant::kSelfBilinear);
  const std::vector<PooledClick> clicks = {click_on(3, 1), click_on(4, 2), click_on(9, 3)};
  const std::vector<float> mean = representation_of(pool_of(test::random_model(options)), clicks);
  options.pool = RowPool::kSum;
  const std::vector<float> sum = representation_of(pool_of(test::random_model(options)), clicks);
  for (std::size_t c = 0; c < kDim; ++c) EXPECT_NEAR(sum[c], 3.0F * mean[c], 1e-6);
}

TEST(SelfAttentionPoolTest, LastIsTheRowOfTheNewestByTimeThenItem) {
  ModelInitOptions options = options_of(Variant::kSelfBilinear);
  options.pool = RowPool::kLast;
  Model model = test::random_model(options);
  // "v10" is before "v9" as bytes, though its row comes later: of two at one time v9 is newer.
  Matrix& wq = model.behaviours[0].self()->score.wq;
  for (float& value : wq.data) value *= 50.0F;
  const SelfAttentionPool pool = pool_of(std::move(model));
  const std::vector<PooledClick> both = {click_on(9, 5), click_on(10, 5), click_on(1, 4)};
  const std::vector<PooledClick> later = {click_on(9, 6), click_on(10, 5), click_on(1, 4)};
  const std::vector<PooledClick> earlier = {click_on(9, 5), click_on(10, 6), click_on(1, 4)};
  EXPECT_EQ(representation_of(pool, both), representation_of(pool, later));
  EXPECT_NE(representation_of(pool, both), representation_of(pool, earlier));
}

TEST(SelfAttentionPoolTest, AClickThatCameAndLeftSinceChangesNothing) {
  const SelfAttentionPool pool = pool_of(test::random_model(options_of(Variant::kSelf)));
  const std::vector<PooledClick> visible = {click_on(3, 1), click_on(4, 2), click_on(9, 3)};
  RowSums sums = pool.empty();
  pool.rebuild(visible, &sums);
  const RowSums before = sums;
  const std::vector<PooledClick> passing = {click_on(5, 0)};
  pool.slide(visible, passing, passing, &sums);
  EXPECT_TRUE(sums == before);
}

TEST(SelfAttentionPoolTest, RemovingEveryClickLeavesTheEmptySums) {
  const SelfAttentionPool pool = pool_of(test::random_model(options_of(Variant::kSelf)));
  const std::vector<PooledClick> clicks = {click_on(3, 1), click_on(4, 2), click_on(9, 3)};
  RowSums sums = pool.empty();
  pool.rebuild(clicks, &sums);
  for (std::size_t left = clicks.size(); left-- > 0;) {
    pool.slide(std::span(clicks).first(left), std::span(clicks).subspan(left, 1), {}, &sums);
  }
  EXPECT_TRUE(sums == pool.empty());
}

TEST(SelfAttentionPoolTest, WeightsOfKnownClicksSumToOneAndUnknownOnesAreZero) {
  for (const RowPool kind : {RowPool::kMean, RowPool::kSum, RowPool::kLast}) {
    ModelInitOptions options = options_of(Variant::kSelf);
    options.pool = kind;
    const SelfAttentionPool pool = pool_of(test::random_model(options));
    const std::vector<PooledClick> clicks = {
        click_on(3, 4), {EventTime{5}, {}}, click_on(9, 6), click_on(3, 7)};
    const std::vector<float> weights = pool.weights(clicks);
    EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0F), 1.0F, 1e-6F);
    EXPECT_EQ(weights[1], 0.0F);
    EXPECT_GT(weights[0], 0.0F);
  }
}

TEST(SelfAttentionPoolTest, SlidingAFullSequenceAllocatesNothing) {
  const SelfAttentionPool pool = pool_of(test::random_model(options_of(Variant::kSelf)));
  std::vector<PooledClick> clicks;
  for (std::uint32_t k = 0; k < 40; ++k) clicks.push_back(click_on(k % 20, k));
  const std::span<const PooledClick> all = clicks;
  RowSums sums = pool.empty();
  pool.rebuild(all.first(20), &sums);
  const std::size_t bytes = sums.heap_bytes();
  EXPECT_GE(bytes, 20 * (kDim + 1) * sizeof(std::int64_t));
  for (std::size_t k = 0; k < 20; ++k) {
    pool.slide(all.subspan(k + 1, 20), all.subspan(k, 1), all.subspan(k + 20, 1), &sums);
  }
  EXPECT_EQ(sums.heap_bytes(), bytes);
}

TEST(SelfAttentionPoolTest, ATinyRowTakesTheWideGrid) {
  Model model = test::random_model(options_of(Variant::kSelf));
  EXPECT_FALSE(pool_of(test::random_model(options_of(Variant::kSelf))).grid().wide);
  for (std::size_t c = 0; c < kDim; ++c) model.items.data[c] *= 1e-9F;
  EXPECT_TRUE(pool_of(std::move(model)).grid().wide);
}

TEST(SelfAttentionPoolTest, DivergedScoresAreRefusedByBehaviourAndItem) {
  Model model = test::random_model(options_of(Variant::kSelf));
  for (float& value : model.behaviours[0].self()->score.wq.data) value *= 1e12F;
  const std::string message = refusal_of(std::move(model));
  EXPECT_NE(message.find("behaviour \"click\""), std::string::npos) << message;
  EXPECT_NE(message.find("the query of item \"v"), std::string::npos) << message;
  EXPECT_NE(message.find("beyond 2^30"), std::string::npos) << message;
}

TEST(SelfAttentionPoolTest, DivergedAdditiveAttentionIsRefusedByTensor) {
  ModelInitOptions options = options_of(Variant::kSelf);
  options.score = ScoreKind::kAdditive;
  Model model = test::random_model(options);
  for (float& value : model.behaviours[0].self()->score.wk.data) value *= 1e4F;
  EXPECT_NE(refusal_of(std::move(model)).find("wk x of item \"v"), std::string::npos);
  model = test::random_model(options);
  for (float& value : model.behaviours[0].self()->score.v) value *= 1e12F;
  EXPECT_NE(refusal_of(std::move(model)).find("v adds up to"), std::string::npos);
}

}  // namespace self_attention_pool_test
}  // namespace freshet::scorer
