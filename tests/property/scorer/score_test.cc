#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <optional>

#include "common/random.h"
#include "scorer/candidates/candidate_scorer.h"
#include "scorer/reference/reference.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace score_test {

constexpr int kCases = 10'000;
constexpr std::size_t kItems = 50;
const std::vector<std::string> kFields = {"tab", "page"};

struct ScoreCase {
  std::shared_ptr<const Model> model;
  CandidateScorer scorer;
};

ScoreCase make_score_case(ModelInitOptions options) {
  options.item_ids = test::numbered_items(kItems);
  auto model = test::share(test::random_model(options));
  Result<CandidateScorer> scorer = CandidateScorer::create(model, kFields);
  FRESHET_CHECK(scorer.has_value());
  return {std::move(model), std::move(*scorer)};
}

// Small models of odd sizes: 1 to 3 behaviours, with and without a wide side.
std::vector<ScoreCase> small_score_cases(Random* random) {
  std::vector<ScoreCase> cases;
  for (int k = 0; k < 24; ++k) {
    ModelInitOptions options;
    options.seed = random->next();
    options.embedding_dim = 1 + random->below(9);
    options.hidden1 = 1 + random->below(40);
    options.hidden2 = 1 + random->below(20);
    options.attention_hidden = 2;
    options.wide_buckets = k % 4 == 0 ? 0 : 1 + random->below(500);
    if (k % 4 == 1) options.wide_buckets = std::size_t{1} << random->below(10);
    options.recent_clicks = random->below(4);
    if (k % 2 == 0) options.context_fields = {"page"};
    if (k % 3 == 0) options.behaviours = {"click", "cart"};
    if (k % 3 == 1) options.behaviours = {"click", "cart", "order"};
    cases.push_back(make_score_case(options));
  }
  return cases;
}

// One event's inputs, and the reference's view of them.
struct ScoreInputs {
  std::vector<float> u;
  std::vector<std::optional<std::string_view>> context;
  std::vector<ItemRow> recent;
  std::vector<ItemRow> candidates;

  WideInputs wide() const { return {"user-1", context, recent}; }

  std::vector<CandidateLogit> logits(const CandidateScorer& scorer) const {
    UserFold fold;
    scorer.fold({u, {}}, wide(), &fold);
    std::vector<CandidateLogit> result(candidates.size());
    scorer.score(fold, candidates, result);
    return result;
  }

  std::vector<ReferenceLogit> reference(const Model& model) const {
    const std::vector<double> wide_u(u.begin(), u.end());
    return reference_logits(model, wide_u, {"user-1", kFields, context, recent}, candidates);
  }
};

ItemRow random_row(Random* random) {
  return ItemRow{static_cast<std::uint32_t>(random->below(kItems))};
}

ScoreInputs random_inputs(const Model& model, std::size_t candidates, Random* random) {
  ScoreInputs inputs;
  inputs.u.resize(model.embedding_dim * model.behaviours.size());
  for (float& value : inputs.u) value = static_cast<float>(random->uniform(-1.0, 1.0));
  inputs.context = {std::nullopt, std::nullopt};
  if (random->chance(0.5)) inputs.context[1] = random->chance(0.5) ? "home" : "";
  for (std::uint64_t n = random->below(5); n > 0; --n) inputs.recent.push_back(random_row(random));
  for (std::size_t n = 0; n < candidates; ++n) inputs.candidates.push_back(random_row(random));
  return inputs;
}

void expect_near_reference(const ScoreCase& c, const ScoreInputs& inputs) {
  const std::vector<CandidateLogit> logits = inputs.logits(c.scorer);
  const std::vector<ReferenceLogit> exact = inputs.reference(*c.model);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    ASSERT_NEAR(logits[i].deep, exact[i].deep, 1e-5);
    ASSERT_NEAR(logits[i].wide, exact[i].wide, 1e-5);
    ASSERT_NEAR(logits[i].total, exact[i].total, 1e-5);
    ASSERT_NEAR(sigmoid(logits[i].total), reference_sigmoid(exact[i].total), 1e-5);
  }
}

TEST(ScorePropertyTest, ScoresEqualTheReferenceForRandomModelsAndInputs) {
  Random random(test::test_seed());
  const std::vector<ScoreCase> models = small_score_cases(&random);
  const int cases = test::case_count(kCases);
  for (int k = 0; k < cases; ++k) {
    const ScoreCase& c = models[static_cast<std::size_t>(k) % models.size()];
    expect_near_reference(c, random_inputs(*c.model, random.below(9), &random));
    if (HasFatalFailure()) FAIL() << "case " << k;
  }
}

TEST(ScorePropertyTest, ScoresEqualTheReferenceAtTheSizesInUse) {
  Random random(test::test_seed() + 1);
  for (const std::size_t dim : {32U, 64U, 128U, 45U}) {
    for (const std::size_t behaviours : {1U, 2U}) {
      ModelInitOptions options;
      options.seed = random.next();
      options.embedding_dim = dim;
      options.context_fields = kFields;
      if (behaviours == 2) options.behaviours = {"click", "cart"};
      const ScoreCase c = make_score_case(options);
      for (const std::size_t candidates : {1U, 7U, 64U, 1000U}) {
        expect_near_reference(c, random_inputs(*c.model, candidates, &random));
        if (HasFatalFailure()) FAIL() << "d = " << dim << ", C = " << candidates;
      }
    }
  }
}

TEST(ScorePropertyTest, ACandidatesBitsDoNotDependOnTheOthersNorOnItsPlace) {
  Random random(test::test_seed() + 2);
  const std::vector<ScoreCase> models = small_score_cases(&random);
  const int cases = test::case_count(kCases);
  for (int k = 0; k < cases; ++k) {
    const ScoreCase& c = models[static_cast<std::size_t>(k) % models.size()];
    // Around the block of 32, and two other batches of the same user with the candidate in them.
    ScoreInputs inputs = random_inputs(*c.model, 1 + random.below(40), &random);
    const std::size_t place = random.below(inputs.candidates.size());
    const ItemRow row = inputs.candidates[place];
    const CandidateLogit among = inputs.logits(c.scorer)[place];
    inputs.candidates.resize(random.below(6));
    for (ItemRow& other : inputs.candidates) other = random_row(&random);
    inputs.candidates.push_back(row);
    const CandidateLogit last = inputs.logits(c.scorer).back();
    inputs.candidates = {row};
    const CandidateLogit alone = inputs.logits(c.scorer)[0];
    for (const CandidateLogit& other : {among, last}) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(other.deep), std::bit_cast<std::uint32_t>(alone.deep));
      ASSERT_EQ(std::bit_cast<std::uint32_t>(other.wide), std::bit_cast<std::uint32_t>(alone.wide));
      ASSERT_EQ(std::bit_cast<std::uint32_t>(other.total),
                std::bit_cast<std::uint32_t>(alone.total));
    }
  }
}

}  // namespace score_test
}  // namespace freshet::scorer
