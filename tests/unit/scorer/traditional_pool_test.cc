#include "scorer/pooling/traditional_pool.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "common/heap_bytes.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace traditional_pool_test {

constexpr std::size_t kLengthMax = 50;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr EventTime kStart{1'600'000'000'000};

ModelInitOptions small_options() {
  ModelInitOptions options;
  options.embedding_dim = 5;
  options.item_ids = test::numbered_items(20);
  options.wide_buckets = 0;
  return options;
}

PooledClick click_on(std::uint32_t row, std::int64_t days = 0) {
  return {kStart + DurationMs{days * kDayMs}, ItemRow{row}};
}

std::vector<float> representation_of(const TraditionalPool& pool,
                                     const std::vector<PooledClick>& clicks) {
  TraditionalSums sums = pool.empty();
  pool.rebuild(clicks, &sums);
  std::vector<float> u(5);
  pool.representation(sums, u);
  return u;
}

TEST(TraditionalPoolTest, NoClicksGiveZeros) {
  const auto pool =
      TraditionalPool::create(test::share(test::random_model(small_options())), 0, kLengthMax);
  ASSERT_TRUE(pool);
  EXPECT_EQ(representation_of(*pool, {}), std::vector<float>(5, 0.0F));
}

TEST(TraditionalPoolTest, OnlyUnknownItemsGiveZerosAndTheEmptySums) {
  const auto pool =
      TraditionalPool::create(test::share(test::random_model(small_options())), 0, kLengthMax);
  ASSERT_TRUE(pool);
  const std::vector<PooledClick> clicks = {{kStart, std::nullopt}, {kStart, std::nullopt}};
  EXPECT_EQ(representation_of(*pool, clicks), std::vector<float>(5, 0.0F));
  TraditionalSums sums = pool->empty();
  pool->rebuild(clicks, &sums);
  EXPECT_TRUE(sums == pool->empty());
}

TEST(TraditionalPoolTest, OneClickGivesItsItemsVector) {
  const auto model = test::share(test::random_model(small_options()));
  const auto pool = TraditionalPool::create(model, 0, kLengthMax);
  ASSERT_TRUE(pool);
  const std::vector<float> u = representation_of(*pool, {click_on(7)});
  for (std::size_t c = 0; c < u.size(); ++c) EXPECT_NEAR(u[c], model->items.at(7, c), 1e-7F);
}

TEST(TraditionalPoolTest, RemovingEveryClickLeavesTheEmptySums) {
  const auto pool =
      TraditionalPool::create(test::share(test::random_model(small_options())), 0, kLengthMax);
  ASSERT_TRUE(pool);
  TraditionalSums sums = pool->empty();
  const std::vector<PooledClick> clicks = {click_on(1), click_on(2), click_on(3)};
  pool->slide(clicks, {}, clicks, &sums);
  EXPECT_FALSE(sums == pool->empty());
  pool->slide({}, clicks, {}, &sums);
  EXPECT_TRUE(sums == pool->empty());
}

TEST(TraditionalPoolTest, RecencyFavoursTheNewerOfTwoEqualItems) {
  ModelInitOptions options = small_options();
  options.recency_per_day = 0.5;
  const auto pool =
      TraditionalPool::create(test::share(test::random_model(options)), 0, kLengthMax);
  ASSERT_TRUE(pool);
  const std::vector<float> alpha = pool->weights(std::vector{click_on(3, 0), click_on(3, 2)});
  EXPECT_NEAR(alpha[1] / alpha[0], std::exp(1.0), 1e-4);
}

TEST(TraditionalPoolTest, WeightsOfKnownClicksSumToOneAndUnknownOnesAreZero) {
  const auto pool =
      TraditionalPool::create(test::share(test::random_model(small_options())), 0, kLengthMax);
  ASSERT_TRUE(pool);
  const std::vector<PooledClick> clicks = {click_on(1), {kStart, std::nullopt}, click_on(9)};
  const std::vector<float> alpha = pool->weights(clicks);
  EXPECT_EQ(alpha[1], 0.0F);
  EXPECT_NEAR(std::accumulate(alpha.begin(), alpha.end(), 0.0F), 1.0F, 1e-6F);
}

TEST(TraditionalPoolTest, WeightsOfChannelSoftmaxAreTheMeanOverChannels) {
  ModelInitOptions options = small_options();
  options.weight = WeightKind::kPerChannel;
  options.softmax = SoftmaxOver::kChannels;
  const auto pool =
      TraditionalPool::create(test::share(test::random_model(options)), 0, kLengthMax);
  ASSERT_TRUE(pool);
  const std::vector<float> alpha = pool->weights(std::vector{click_on(1), click_on(2)});
  EXPECT_NEAR(alpha[0], 0.2F, 1e-6F);
  EXPECT_NEAR(alpha[1], 0.2F, 1e-6F);
}

TEST(TraditionalPoolTest, AFarSmallerScoreContributesNothingMeasurable) {
  Model model = test::random_model(small_options());
  model.behaviours[0].traditional()->w2.data.assign(
      model.behaviours[0].traditional()->w2.data.size(), 0.0F);
  for (float& value : model.behaviours[0].traditional()->w2.data) value = 1000.0F;
  const auto shared = test::share(std::move(model));
  const auto pool = TraditionalPool::create(shared, 0, kLengthMax);
  ASSERT_TRUE(pool);
  const std::vector<PooledClick> clicks = {click_on(1), click_on(2)};
  const std::vector<float> alpha = pool->weights(clicks);
  const std::uint32_t winner = alpha[0] > alpha[1] ? 1 : 2;
  const std::vector<float> u = representation_of(*pool, clicks);
  for (std::size_t c = 0; c < u.size(); ++c) EXPECT_NEAR(u[c], shared->items.at(winner, c), 1e-7F);
}

TEST(TraditionalPoolTest, DivergedAttentionIsRefusedByItem) {
  Model model = test::random_model(small_options());
  model.behaviours[0].traditional()->b2[0] = 3e38F;
  const auto pool = TraditionalPool::create(test::share(std::move(model)), 0, kLengthMax);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code, ErrorCode::kInvalidModel);
  EXPECT_NE(pool.error().message.find("item \"v0\""), std::string::npos);
  EXPECT_NE(pool.error().message.find("behaviour \"click\""), std::string::npos);
}

TEST(TraditionalPoolTest, HeapBytesCountSumsAndPeaks) {
  const auto pool =
      TraditionalPool::create(test::share(test::random_model(small_options())), 0, kLengthMax);
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->empty().heap_bytes(),
            heap_block_bytes(6 * sizeof(std::int64_t) + 64) + heap_block_bytes(16));
}

}  // namespace traditional_pool_test
}  // namespace freshet::scorer
