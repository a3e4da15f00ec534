// The served logits against PyTorch's, for every variant and every pair of options' values
// (tests/data/model_parity.txt): within 1e-5, the naive twin within 1e-10, relative where beyond 1.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scorer/candidates/candidate_scorer.h"
#include "scorer/files/model_folder.h"
#include "scorer/pooling/pool.h"
#include "scorer/reference/reference.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/scorer/parity_models.h"

namespace freshet::scorer {
namespace parity_test {

using parity::Case;
using parity::Logit;
using parity::ParityModel;

constexpr std::size_t kLengthMax = 50;

std::shared_ptr<const Model> load(const ParityModel& model) {
  const test::TempDir dir;
  parity::write_folder(model, dir.path() / "model");
  const auto loaded = load_model(dir.path() / "model");
  EXPECT_TRUE(loaded) << model.name << ": " << (loaded ? "" : loaded.error().message);
  return loaded ? *loaded : nullptr;
}

std::vector<ItemRow> candidates_of(const Case& one) {
  std::vector<ItemRow> candidates;
  for (const Logit& logit : one.logits) candidates.push_back(logit.candidate);
  return candidates;
}

std::vector<ItemRow> recent_of(const Case& one) {
  std::vector<ItemRow> recent;
  for (const parity::Click& click : one.clicks[0]) {
    if (click.row) recent.push_back(*click.row);
  }
  return recent;
}

std::vector<std::vector<ReferenceClick>> reference_clicks(const Case& one) {
  std::vector<std::vector<ReferenceClick>> clicks;
  for (const std::vector<parity::Click>& sequence : one.clicks) {
    clicks.emplace_back();
    for (const parity::Click& click : sequence) clicks.back().push_back({click.ts, click.row});
  }
  return clicks;
}

std::vector<ReferenceLogit> naive_logits(const Model& model, const Case& one) {
  const std::vector<std::string> fields = {"tab"};
  const std::vector<std::optional<std::string_view>> context = {one.tab};
  const std::vector<ItemRow> recent = recent_of(one);
  return reference_logits(model, reference_clicks(one), {one.user, fields, context, recent},
                          candidates_of(one));
}

// U [P d] from nothing, by the pools; zeros where none keeps it.
std::vector<float> user_vector(const std::shared_ptr<const Model>& model,
                               std::span<const std::span<const PooledClick>> clicks) {
  const std::vector<Representation> representations = model->representations();
  const std::size_t dim = model->embedding_dim;
  std::vector<float> u(representations.size() * dim, 0.0F);
  for (std::size_t p = 0; p < representations.size(); ++p) {
    if (!Pool::serves(representations[p].kind)) continue;
    const auto pool = Pool::create(model, representations[p], kLengthMax);
    EXPECT_TRUE(pool);
    PoolSums sums = pool->empty();
    pool->rebuild(clicks[representations[p].behaviour], &sums);
    pool->representation(sums, std::span(u).subspan(p * dim, dim));
  }
  return u;
}

std::vector<CandidateLogit> served_logits(const std::shared_ptr<const Model>& model,
                                          const Case& one) {
  const std::vector<std::string> fields = {"tab"};
  const std::vector<std::optional<std::string_view>> context = {one.tab};
  const std::vector<ItemRow> recent = recent_of(one);
  const std::vector<ItemRow> candidates = candidates_of(one);
  std::vector<std::vector<PooledClick>> clicks;
  std::vector<std::span<const PooledClick>> views;
  for (const std::vector<parity::Click>& sequence : one.clicks) {
    clicks.emplace_back();
    for (const parity::Click& click : sequence) clicks.back().push_back({click.ts, click.row});
  }
  for (const std::vector<PooledClick>& sequence : clicks) views.emplace_back(sequence);
  const auto scorer = CandidateScorer::create(model, fields);
  EXPECT_TRUE(scorer);
  UserFold fold;
  const std::vector<float> u = user_vector(model, views);
  scorer->fold({u, views}, {one.user, context, recent}, &fold);
  std::vector<CandidateLogit> logits(candidates.size());
  scorer->score(fold, candidates, logits);
  return logits;
}

// Compares the logits of `found` (served or naive) with PyTorch's in every case of every model.
template <class Found>
void compare_all(double tolerance, Found found) {
  for (const ParityModel& model : parity::read_models()) {
    const auto loaded = load(model);
    ASSERT_TRUE(loaded);
    for (const Case& one : model.cases) {
      const auto logits = found(loaded, one);
      ASSERT_EQ(logits.size(), one.logits.size());
      for (std::size_t i = 0; i < logits.size(); ++i) {
        const Logit& expected = one.logits[i];
        const std::string place = model.name + ", " + one.user + ", candidate " +
                                  std::to_string(expected.candidate.value);
        const auto near = [&](double value, double want, const char* part) {
          EXPECT_NEAR(value, want, tolerance * std::max(1.0, std::fabs(want))) << place << part;
        };
        near(logits[i].deep, expected.deep, ", deep");
        near(logits[i].wide, expected.wide, ", wide");
        near(logits[i].total, expected.total, "");
      }
    }
  }
}

TEST(ModelParityTest, NaiveLogitsAreThoseOfPyTorch) {
  compare_all(1e-10, [](const auto& model, const Case& one) { return naive_logits(*model, one); });
}

TEST(ModelParityTest, ServedLogitsAreThoseOfPyTorch) { compare_all(1e-5, served_logits); }

TEST(ModelParityTest, EveryVariantIsAmongTheModels) {
  std::set<std::string> variants;
  for (const ParityModel& model : parity::read_models()) {
    variants.insert(model.name.substr(0, model.name.rfind('-')));
  }
  EXPECT_EQ(variants, (std::set<std::string>{"merged", "none", "self", "self_bilinear",
                                             "self_bilinear_activated", "self_shared", "target",
                                             "traditional"}));
}

}  // namespace parity_test
}  // namespace freshet::scorer
