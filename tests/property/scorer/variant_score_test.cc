// Scores of every variant and option value equal the reference, and stand for themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "scorer/reference/reference.h"
#include "tests/property/scorer/variant_cases.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace variant_score_test {

using variant_cases::VariantCase;

constexpr int kCases = 10'000;
constexpr std::int64_t kDayMs = 86'400'000;

ItemRow random_row(Random* random) {
  return ItemRow{static_cast<std::uint32_t>(random->below(variant_cases::kItems))};
}

// What one event sees: the clicks of each behaviour, newest first, and the candidates.
struct EventInputs {
  std::vector<std::vector<PooledClick>> clicks;  // [B]
  std::vector<ItemRow> recent;
  std::vector<ItemRow> candidates;

  std::vector<std::vector<ReferenceClick>> reference_clicks() const {
    std::vector<std::vector<ReferenceClick>> all;
    for (const auto& sequence : clicks) {
      all.emplace_back();
      for (const PooledClick& click : sequence) all.back().push_back({click.ts, click.row});
    }
    return all;
  }
};

std::vector<PooledClick> random_clicks(std::size_t count, Random* random) {
  std::vector<PooledClick> clicks;
  for (std::size_t k = 0; k < count; ++k) {
    PooledClick click;
    click.ts = EventTime{1'640'000'000'000 + static_cast<std::int64_t>(random->below(40 * kDayMs))};
    if (!random->chance(0.125)) click.row = random_row(random);
    // Repeated items, some at the same time as another click.
    if (!clicks.empty() && random->chance(0.25)) click.row = clicks.back().row;
    if (!clicks.empty() && random->chance(0.1)) click.ts = clicks.back().ts;
    clicks.push_back(click);
  }
  std::sort(clicks.begin(), clicks.end(),
            [](const PooledClick& left, const PooledClick& right) { return left.ts > right.ts; });
  return clicks;
}

EventInputs random_event(const Model& model, std::size_t length_max, std::size_t candidates,
                         Random* random) {
  EventInputs event;
  for (std::size_t b = 0; b < model.behaviours.size(); ++b) {
    // None, one, all that fit, or any number of clicks.
    const std::size_t lengths[] = {0, 1, length_max, random->below(length_max + 1)};
    event.clicks.push_back(random_clicks(lengths[random->below(4)], random));
  }
  for (std::uint64_t n = random->below(4); n > 0; --n) event.recent.push_back(random_row(random));
  for (std::size_t k = 0; k < candidates; ++k) event.candidates.push_back(random_row(random));
  return event;
}

// U as the reference has it, rounded: the pools have a property of their own.
std::vector<float> representations(const Model& model, const EventInputs& event) {
  std::vector<float> u;
  const auto clicks = event.reference_clicks();
  const std::vector<Representation> all = model.representations();
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (all[p].kind == RepresentationKind::kTarget) return {};
    for (const double value : reference_representation(model, p, clicks[all[p].behaviour])) {
      u.push_back(static_cast<float>(value));
    }
  }
  return u;
}

std::vector<CandidateLogit> logits_of(const VariantCase& c, const EventInputs& event,
                                      const std::vector<float>& u) {
  std::vector<std::span<const PooledClick>> clicks(event.clicks.begin(), event.clicks.end());
  UserFold fold;
  c.scorer.fold({u, clicks}, {"user-1", {}, event.recent}, &fold);
  std::vector<CandidateLogit> logits(event.candidates.size());
  c.scorer.score(fold, event.candidates, logits);
  return logits;
}

void expect_near_reference(const VariantCase& c, const EventInputs& event) {
  const std::vector<float> u = representations(*c.model, event);
  const std::vector<CandidateLogit> logits = logits_of(c, event, u);
  const ReferenceWideInputs wide{"user-1", {}, {}, event.recent};
  const std::vector<ReferenceLogit> exact =
      reference_logits(*c.model, event.reference_clicks(), wide, event.candidates);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    ASSERT_NEAR(logits[i].deep, exact[i].deep, 1e-5) << c.name;
    ASSERT_NEAR(logits[i].total, exact[i].total, 1e-5) << c.name;
    ASSERT_NEAR(sigmoid(logits[i].total), reference_sigmoid(exact[i].total), 1e-5) << c.name;
  }
}

TEST(VariantScorePropertyTest, ScoresEqualTheReferenceForEveryVariantAndOption) {
  Random random(test::test_seed());
  const std::vector<VariantCase> models = variant_cases::small_cases({}, &random);
  const int cases = test::case_count(kCases);
  for (int k = 0; k < cases; ++k) {
    const VariantCase& c = models[static_cast<std::size_t>(k) % models.size()];
    expect_near_reference(c, random_event(*c.model, 12, random.below(6), &random));
    if (HasFatalFailure()) FAIL() << "case " << k;
  }
}

// Scores of hundreds: the softmax is 1 for one click and 0 for the others.
TEST(VariantScorePropertyTest, ScoresEqualTheReferenceWhereTheSoftmaxSaturates) {
  Random random(test::test_seed() + 1);
  const std::vector<VariantCase> models = variant_cases::small_cases({300.0F, true}, &random);
  const int cases = test::case_count(kCases);
  for (int k = 0; k < cases; ++k) {
    const VariantCase& c = models[static_cast<std::size_t>(k) % models.size()];
    expect_near_reference(c, random_event(*c.model, 12, random.below(6), &random));
    if (HasFatalFailure()) FAIL() << "case " << k;
  }
}

TEST(VariantScorePropertyTest, ScoresEqualTheReferenceAtTheSizesInUse) {
  Random random(test::test_seed() + 2);
  for (const std::size_t dim : {32U, 64U, 128U, 45U}) {
    for (const auto& variant : kVariantWords) {
      ModelInitOptions base;
      base.embedding_dim = dim;
      base.target_fields = {"item", "author", "tag"};
      for (ModelInitOptions options : variant_cases::option_values(variant.value, base)) {
        options.seed = random.next();
        const VariantCase c = variant_cases::make_case(options, {});
        expect_near_reference(c, random_event(*c.model, 50, 5, &random));
        if (HasFatalFailure()) FAIL() << c.name;
      }
    }
  }
}

bool same_bits(const CandidateLogit& left, const CandidateLogit& right) {
  return std::bit_cast<std::uint32_t>(left.deep) == std::bit_cast<std::uint32_t>(right.deep) &&
         std::bit_cast<std::uint32_t>(left.wide) == std::bit_cast<std::uint32_t>(right.wide) &&
         std::bit_cast<std::uint32_t>(left.total) == std::bit_cast<std::uint32_t>(right.total);
}

TEST(VariantScorePropertyTest, ACandidatesBitsDoNotDependOnTheOthersNorOnItsPlace) {
  Random random(test::test_seed() + 3);
  const std::vector<VariantCase> models = variant_cases::small_cases({}, &random);
  const int cases = test::case_count(kCases);
  for (int k = 0; k < cases; ++k) {
    const VariantCase& c = models[static_cast<std::size_t>(k) % models.size()];
    EventInputs event = random_event(*c.model, 12, 1 + random.below(40), &random);
    const std::vector<float> u = representations(*c.model, event);
    const std::size_t place = random.below(event.candidates.size());
    const ItemRow row = event.candidates[place];
    const CandidateLogit among = logits_of(c, event, u)[place];
    event.candidates = {random_row(&random), random_row(&random), row};
    const CandidateLogit last = logits_of(c, event, u).back();
    event.candidates = {row};
    const CandidateLogit alone = logits_of(c, event, u)[0];
    ASSERT_TRUE(same_bits(among, alone) && same_bits(last, alone)) << c.name << ", case " << k;
  }
}

}  // namespace variant_score_test
}  // namespace freshet::scorer
