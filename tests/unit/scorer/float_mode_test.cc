#include "scorer/float_mode.h"

#include <gtest/gtest.h>
#include <xmmintrin.h>

#include <cfenv>

#include "scorer/candidates/candidate_scorer.h"
#include "scorer/pooling/traditional_pool.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace {

class FloatModeTest : public ::testing::Test {
 protected:
  ~FloatModeTest() override { set_float_mode(); }
};

TEST_F(FloatModeTest, FlushToZeroIsSeenAndCleared) {
  _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
  EXPECT_FALSE(has_float_mode());
  set_float_mode();
  EXPECT_TRUE(has_float_mode());
}

TEST_F(FloatModeTest, OtherRoundingIsSeenAndCleared) {
  std::fesetround(FE_UPWARD);
  EXPECT_FALSE(has_float_mode());
  set_float_mode();
  EXPECT_TRUE(has_float_mode());
}

using FloatModeDeathTest = FloatModeTest;

TEST_F(FloatModeDeathTest, PoolAndScorerRefuseAnotherMode) {
  ModelInitOptions options;
  options.embedding_dim = 4;
  options.item_ids = test::numbered_items(3);
  const auto model = test::share(test::random_model(options));
  EXPECT_DEATH(
      {
        std::fesetround(FE_UPWARD);
        (void)TraditionalPool::create(model, 0, 50);
      },
      "has_float_mode");
  EXPECT_DEATH(
      {
        std::fesetround(FE_UPWARD);
        (void)CandidateScorer::create(model, {});
      },
      "has_float_mode");
}

}  // namespace
}  // namespace freshet::scorer
