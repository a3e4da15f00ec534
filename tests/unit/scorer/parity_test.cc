// The served logits against PyTorch's, for every variant and every pair of options' values
// (tests/data/model_parity.txt): 1e-5, relative where a logit is beyond 1.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "scorer/attention_pool.h"
#include "scorer/candidate_scorer.h"
#include "scorer/model_folder.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/scorer/parity_models.h"

namespace freshet::scorer {
namespace parity_test {

using parity::Case;
using parity::Logit;
using parity::ParityModel;

constexpr double kTolerance = 1e-5;
constexpr std::size_t kLengthMax = 50;

std::shared_ptr<const Model> load(const ParityModel& model) {
  const test::TempDir dir;
  parity::write_folder(model, dir.path() / "model");
  const auto loaded = load_model(dir.path() / "model");
  EXPECT_TRUE(loaded) << model.name << ": " << (loaded ? "" : loaded.error().message);
  return loaded ? *loaded : nullptr;
}

// U as the server makes it, from nothing.
std::vector<float> representation(const std::shared_ptr<const Model>& model, const Case& one) {
  std::vector<float> u(model->behaviours.size() * model->embedding_dim);
  for (std::size_t b = 0; b < model->behaviours.size(); ++b) {
    std::vector<PooledClick> clicks;
    for (const parity::Click& click : one.clicks[b]) clicks.push_back({click.ts, click.row});
    const auto pool = AttentionPool::create(model, b, kLengthMax);
    EXPECT_TRUE(pool);
    PoolSums sums = pool->empty();
    pool->rebuild(clicks, &sums);
    const std::size_t dim = model->embedding_dim;
    pool->representation(sums, std::span(u).subspan(b * dim, dim));
  }
  return u;
}

std::vector<CandidateLogit> served_logits(const std::shared_ptr<const Model>& model,
                                          const Case& one) {
  std::vector<ItemRow> recent;
  for (const parity::Click& click : one.clicks[0]) {
    if (click.row) recent.push_back(*click.row);
  }
  std::vector<ItemRow> candidates;
  for (const Logit& logit : one.logits) candidates.push_back(logit.candidate);
  const std::vector<std::string> fields = {"tab"};
  const std::vector<std::optional<std::string_view>> context = {one.tab};
  const auto scorer = CandidateScorer::create(model, fields);
  EXPECT_TRUE(scorer);
  UserFold fold;
  scorer->fold(representation(model, one), {one.user, context, recent}, &fold);
  std::vector<CandidateLogit> logits(candidates.size());
  scorer->score(fold, candidates, logits);
  return logits;
}

void expect_near(float served, double expected, const std::string& place) {
  EXPECT_NEAR(static_cast<double>(served), expected,
              kTolerance * std::max(1.0, std::fabs(expected)))
      << place;
}

TEST(ModelParityTest, ServedLogitsAreThoseOfPyTorch) {
  std::size_t compared = 0;
  for (const ParityModel& model : parity::read_models()) {
    const auto loaded = load(model);
    ASSERT_TRUE(loaded);
    if (loaded->variant != Variant::kTraditional || loaded->target_fields) continue;
    for (const Case& one : model.cases) {
      const std::vector<CandidateLogit> served = served_logits(loaded, one);
      ASSERT_EQ(served.size(), one.logits.size());
      for (std::size_t i = 0; i < served.size(); ++i) {
        const std::string place = model.name + ", " + one.user + ", candidate " +
                                  std::to_string(one.logits[i].candidate.value);
        expect_near(served[i].deep, one.logits[i].deep, place + ", deep");
        expect_near(served[i].wide, one.logits[i].wide, place + ", wide");
        expect_near(served[i].total, one.logits[i].total, place);
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 50U);
}

}  // namespace parity_test
}  // namespace freshet::scorer
