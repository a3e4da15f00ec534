#include "scorer/candidates/candidate_scorer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "scorer/reference/reference.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace candidate_scorer_test {

ModelInitOptions small_options() {
  ModelInitOptions options;
  options.embedding_dim = 6;
  options.item_ids = test::numbered_items(12);
  options.wide_buckets = 97;
  return options;
}

std::vector<CandidateLogit> logits_of(const CandidateScorer& scorer, const std::vector<float>& u,
                                      const std::vector<ItemRow>& candidates) {
  UserFold fold;
  scorer.fold({u, {}}, {"u1", {}, {}}, &fold);
  std::vector<CandidateLogit> logits(candidates.size());
  scorer.score(fold, candidates, logits);
  return logits;
}

TEST(CandidateScorerTest, TotalIsWidePlusDeepPlusBias) {
  Model model = test::random_model(small_options());
  model.output.bias[0] = 0.75F;
  const auto scorer = CandidateScorer::create(test::share(std::move(model)), {});
  ASSERT_TRUE(scorer);
  const CandidateLogit logit = logits_of(*scorer, std::vector<float>(6, 0.5F), {{2}})[0];
  EXPECT_EQ(logit.total, (logit.wide + logit.deep) + 0.75F);
  EXPECT_NE(logit.wide, 0.0F);
  EXPECT_NE(logit.deep, 0.0F);
}

TEST(CandidateScorerTest, AModelWithoutCrossesHasNoWidePart) {
  ModelInitOptions options = small_options();
  options.wide_buckets = 0;
  const auto scorer = CandidateScorer::create(test::share(test::random_model(options)), {});
  ASSERT_TRUE(scorer);
  for (const CandidateLogit& logit : logits_of(*scorer, std::vector<float>(6, 0.5F), {{0}, {5}})) {
    EXPECT_EQ(logit.wide, 0.0F);
    EXPECT_EQ(logit.total, logit.deep);
  }
}

TEST(CandidateScorerTest, ANonFiniteRepresentationReachesTheLogit) {
  const auto scorer = CandidateScorer::create(test::share(test::random_model(small_options())), {});
  ASSERT_TRUE(scorer);
  std::vector<float> u(6, 0.5F);
  u[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(logits_of(*scorer, u, {{1}})[0].total));
}

TEST(CandidateScorerTest, WeightsWhoseSumsOverflowAreRefusedByTheirRow) {
  Model model = test::random_model(small_options());
  Matrix& w1 = model.hidden1.weight;
  w1.data[5 * w1.cols + 2] = 3e38F;      // of U + T
  w1.data[5 * w1.cols + 6 + 2] = 3e38F;  // of U - T
  const auto scorer = CandidateScorer::create(test::share(std::move(model)), {});
  ASSERT_FALSE(scorer);
  EXPECT_EQ(scorer.error().code, ErrorCode::kInvalidModel);
  EXPECT_NE(scorer.error().message.find("tensor deep.0.weight: row 5: its weights add up to more"),
            std::string::npos)
      << scorer.error().message;
}

TEST(CandidateScorerTest, NoCandidatesGiveNoLogits) {
  const auto scorer = CandidateScorer::create(test::share(test::random_model(small_options())), {});
  ASSERT_TRUE(scorer);
  EXPECT_TRUE(logits_of(*scorer, std::vector<float>(6, 0.5F), {}).empty());
}

TEST(CandidateScorerTest, AFoldIsReplacedWhole) {
  const auto scorer = CandidateScorer::create(test::share(test::random_model(small_options())), {});
  ASSERT_TRUE(scorer);
  UserFold reused;
  UserFold fresh;
  const std::vector<ItemRow> recent = {{1}, {2}};
  scorer->fold({std::vector<float>(6, -3.0F), {}}, {"u2", {}, recent}, &reused);
  scorer->fold({std::vector<float>(6, 0.5F), {}}, {"u1", {}, {}}, &reused);
  scorer->fold({std::vector<float>(6, 0.5F), {}}, {"u1", {}, {}}, &fresh);
  EXPECT_EQ(reused.m, fresh.m);
  EXPECT_EQ(reused.a, fresh.a);
  EXPECT_EQ(reused.wide_user, fresh.wide_user);
  EXPECT_EQ(reused.candidate_keys, fresh.candidate_keys);
}

}  // namespace candidate_scorer_test
}  // namespace freshet::scorer
