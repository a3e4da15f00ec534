#include "scorer/candidates/wide_features.h"

#include <gtest/gtest.h>

#include "common/hash.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace wide_features_test {

constexpr std::size_t kBuckets = 1009;

class WideFeaturesTest : public ::testing::Test {
 protected:
  WideFeaturesTest() {
    ModelInitOptions options;
    options.embedding_dim = 3;
    options.item_ids = test::numbered_items(10);
    options.wide_buckets = kBuckets;
    options.recent_clicks = 2;
    options.context_fields = {"tab"};
    // The crosses in order: item, user, context:tab, recent x item, context:tab x item.
    model_ = test::share(test::random_model(options));
  }

  float weight(std::uint64_t hash) const { return model_->wide.weights[hash % kBuckets]; }

  float sum(const WideInputs& inputs, ItemRow candidate) const {
    const std::vector<std::string> fields = {"page", "tab"};
    const Result<WideFeatures> features = WideFeatures::create(model_, fields);
    EXPECT_TRUE(features);
    std::vector<std::uint64_t> keys;
    features->candidate_keys(inputs, &keys);
    return features->candidate_sum(features->user_sum(inputs), keys, candidate);
  }

  std::shared_ptr<const Model> model_;
};

TEST_F(WideFeaturesTest, SumsTheDocumentedBucketsInTheDocumentedOrder) {
  const std::vector<std::optional<std::string_view>> context = {std::nullopt, "7"};
  const std::vector<ItemRow> recent = {{4}, {5}, {6}};
  const std::uint64_t item = fnv1a64("v3");
  const std::uint64_t tab = fnv1a64(
      "tab\x1f"
      "7");
  float expected = 0.0F;
  expected += weight(mix64(mix64(2) ^ fnv1a64("u1")));
  expected += weight(mix64(mix64(3) ^ tab));
  expected += weight(mix64(mix64(1) ^ item));
  expected += weight(mix64(mix64(mix64(4) ^ fnv1a64("v4")) ^ item));
  expected += weight(mix64(mix64(mix64(4) ^ fnv1a64("v5")) ^ item));
  expected += weight(mix64(mix64(mix64(5) ^ tab) ^ item));
  EXPECT_EQ(sum({"u1", context, recent}, ItemRow{3}), expected);
}

TEST_F(WideFeaturesTest, AnAbsentContextValueContributesNothing) {
  const std::vector<std::optional<std::string_view>> context = {std::nullopt, std::nullopt};
  float expected = 0.0F;
  expected += weight(mix64(mix64(2) ^ fnv1a64("u1")));
  expected += weight(mix64(mix64(1) ^ fnv1a64("v3")));
  EXPECT_EQ(sum({"u1", context, {}}, ItemRow{3}), expected);
}

TEST_F(WideFeaturesTest, AContextFieldThatTheWorkerDoesNotReadIsRefusedByName) {
  const std::vector<std::string> fields = {"page"};
  const Result<WideFeatures> features = WideFeatures::create(model_, fields);
  ASSERT_FALSE(features);
  EXPECT_EQ(features.error().code, ErrorCode::kInvalidModel);
  EXPECT_NE(features.error().message.find("\"tab\""), std::string::npos);
  EXPECT_NE(features.error().message.find("events.context"), std::string::npos);
}

}  // namespace wide_features_test
}  // namespace freshet::scorer
