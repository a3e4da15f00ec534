#include "pipeline/generate/log_generator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "scorer/files/sha256.h"
#include "tests/support/seed.h"

namespace freshet::pipeline {
namespace {

// Five standard errors: one check in two million fails by chance.
double tolerance(double count, double share) { return 5 * std::sqrt(count * share * (1 - share)); }

void for_each(const GenerateOptions& options,
              const std::function<void(const GeneratedEvent&, const LogGenerator&)>& visit) {
  LogGenerator generator(options);
  std::uint64_t count = 0;
  while (const GeneratedEvent* event = generator.next()) {
    ++count;
    visit(*event, generator);
  }
  EXPECT_EQ(count, options.events);
}

GenerateOptions random_options() {
  GenerateOptions options;
  options.seed = test::test_seed();
  options.events = 100'000;
  return options;
}

std::string hash_of(const GenerateOptions& options) {
  std::string log;
  for_each(options, [&](const GeneratedEvent& event, const LogGenerator&) {
    log += event.line;
    log += '\n';
  });
  return scorer::sha256_hex(log);
}

TEST(LogGeneratorTest, TheBytesOfASeedAreForEver) {
  GenerateOptions options;
  options.events = 20'000;
  EXPECT_EQ(hash_of(options), "1d63e841a61c21ec4b9c0a5d892b9b35a1c4c27260629be68d5933b8c5ab0b4b");
  options.law.interactions = options.truth = options.carts = options.orders = true;
  EXPECT_EQ(hash_of(options), "715be3c52fa4d3f2d20d275d481523b1155c55a87c99c5003c61209d1651173f");
}

TEST(LogGeneratorTest, RatesAreThoseAskedFor) {
  GenerateOptions options = random_options();
  options.bad = 0.03;
  options.duplicates = 0.05;
  options.requests = 0.04;
  std::map<GeneratedKind, double> kinds;
  double resent = 0;
  std::set<std::string_view> reasons;
  for_each(options, [&](const GeneratedEvent& event, const LogGenerator&) {
    ++kinds[event.kind];
    resent += event.resent ? 1 : 0;
    if (event.kind == GeneratedKind::kBad) reasons.insert(event.refusal);
  });
  // What was held back comes without a draw of its own, and is two lines in a hundred.
  const auto count = static_cast<double>(options.events);
  EXPECT_NEAR(kinds[GeneratedKind::kBad], count * 0.03, tolerance(count, 0.03) + count * 0.001);
  EXPECT_NEAR(kinds[GeneratedKind::kRequest], count * 0.04,
              tolerance(count, 0.04) + count * 0.0015);
  EXPECT_NEAR(resent, count * 0.05, tolerance(count, 0.05) + count * 0.0015);
  EXPECT_GE(reasons.size(), 9U);
}

TEST(LogGeneratorTest, LateEventsAreTheShareThatWasHeldBack) {
  GenerateOptions options = random_options();
  options.late = 0.1;
  options.duplicates = options.bad = options.requests = 0;
  double clicks = 0;
  double late = 0;
  for_each(options, [&](const GeneratedEvent& event, const LogGenerator&) {
    clicks += event.is_click() ? 1 : 0;
    late += event.late ? 1 : 0;
  });
  // A click that is held while an older one is, too, may come as the newest of them.
  EXPECT_NEAR(late, clicks * 0.1, tolerance(clicks, 0.1) + clicks * 0.012);
}

TEST(LogGeneratorTest, ALogInWhichAllIsHeldBackEnds) {
  GenerateOptions options = random_options();
  options.users = 10;
  options.bad = options.duplicates = options.requests = 0;
  options.late = 1.0;
  double late = 0;
  for_each(options, [&](const GeneratedEvent& event, const LogGenerator&) {
    if (event.late) ++late;
  });
  EXPECT_GT(late, 0);
  options.events = 1;
  for_each(options, [](const GeneratedEvent&, const LogGenerator&) {});
}

TEST(LogGeneratorTest, LateAndDuplicateAreWhatANaiveReaderFinds) {
  GenerateOptions options = random_options();
  options.events = 30'000;
  options.users = 300;
  options.carts = options.orders = true;
  options.late = options.duplicates = 0.1;
  using Key = std::pair<std::int64_t, std::string>;
  std::map<std::pair<std::size_t, int>, std::set<Key>> clicks;
  for_each(options, [&](const GeneratedEvent& event, const LogGenerator& generator) {
    if (!event.is_click()) return;
    const int sequence = event.kind == GeneratedKind::kCart    ? 1
                         : event.kind == GeneratedKind::kOrder ? 2
                                                               : 0;
    std::set<Key>& seen = clicks[{event.user, sequence}];
    const Key key{event.ts_ms, generator.catalogue()[event.item].id};
    EXPECT_EQ(event.duplicate, seen.contains(key)) << event.line;
    EXPECT_EQ(event.late, !seen.empty() && *seen.rbegin() > key) << event.line;
    seen.insert(key);
  });
}

TEST(LogGeneratorTest, LabelsAreDrawnFromTheirProbabilities) {
  GenerateOptions options = random_options();
  for (const bool interactions : {false, true}) {
    options.law.interactions = interactions;
    constexpr std::size_t kBins = 10;
    std::array<double, kBins> expected{};
    std::array<double, kBins> variance{};
    std::array<double, kBins> clicked{};
    for_each(options, [&](const GeneratedEvent& event, const LogGenerator&) {
      if (event.kind != GeneratedKind::kImpression || event.resent) return;
      const double p = event.probability;
      const auto bin = std::min(kBins - 1, static_cast<std::size_t>(p * kBins));
      expected[bin] += p;
      variance[bin] += p * (1 - p);
      clicked[bin] += event.label ? 1 : 0;
    });
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      EXPECT_GT(expected[bin], 0) << "no impression in bin " << bin;
      EXPECT_NEAR(clicked[bin], expected[bin], 5 * std::sqrt(variance[bin]) + 3) << bin;
    }
  }
}

TEST(LogGeneratorTest, ItemsFollowZipfsLaw) {
  GenerateOptions options = random_options();
  options.events = 300'000;
  options.users = 3'000;
  std::vector<double> shown(options.items + 1);
  for_each(options, [&](const GeneratedEvent& event, const LogGenerator& generator) {
    if (event.kind == GeneratedKind::kImpression) {
      ++shown[generator.catalogue()[event.item].rank];
    }
  });
  // Least squares of ln count on ln rank, over octaves, so that the tail does not outvote the head.
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (std::size_t first = 1; first * 2 <= options.items; first *= 2) {
    double sum = 0;
    for (std::size_t rank = first; rank < first * 2; ++rank) sum += shown[rank];
    const double x = std::log(static_cast<double>(first) * 1.4);
    const double y = std::log(sum / static_cast<double>(first));
    n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  const double slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  EXPECT_NEAR(slope, -1.0, 0.2);
}

TEST(LogGeneratorTest, InterestsWithoutDriftStay) {
  const Catalogue catalogue(test::test_seed(), 50);
  Audience audience(catalogue, 1, {.drift = 0.0});
  Random random(test::test_seed());
  audience.begin_session(0, &random);
  const Latent first = audience.interest(0);
  for (int session = 0; session < 100; ++session) audience.begin_session(0, &random);
  EXPECT_NEAR(dot(first, audience.interest(0)), 1.0, 1e-9);
}

TEST(LogGeneratorTest, WithoutTasteEverybodyClicksAlike) {
  const Catalogue catalogue(test::test_seed(), 50);
  Audience audience(catalogue, 2, {.taste = 0.0});
  Random random(test::test_seed());
  for (std::size_t user = 0; user < 2; ++user) audience.begin_session(user, &random);
  for (std::size_t item = 0; item < 50; ++item) {
    EXPECT_EQ(audience.click_probability(0, item, 1), audience.click_probability(1, item, 1));
  }
}

TEST(LogGeneratorTest, InterestsThatFollowClicksAreTheMeanOfTheNewestTen) {
  const Catalogue catalogue(test::test_seed(), 50);
  Audience audience(catalogue, 1, {.follow_clicks = true});
  Random random(test::test_seed());
  audience.begin_session(0, &random);
  std::vector<std::size_t> clicked;
  for (int click = 0; click < 25; ++click) {
    clicked.push_back(random.below(50));
    audience.note_click(0, clicked.back());
    if (click % 7 == 0) audience.begin_session(0, &random);
    const std::size_t count = std::min<std::size_t>(clicked.size(), kRecentClicks);
    for (std::size_t c = 0; c < kLatentDim; ++c) {
      double sum = 0;
      for (std::size_t i = 0; i < count; ++i)
        sum += catalogue[clicked[clicked.size() - 1 - i]].taste[c];
      EXPECT_NEAR(audience.interest(0)[c], sum / static_cast<double>(count), 1e-12);
    }
  }
}

TEST(LogGeneratorTest, HowMuchASecondClickIsWantedFollowsTheOption) {
  const Catalogue catalogue(test::test_seed(), 50);
  Random random(test::test_seed());
  const auto odds_after_click = [&](double seen) {
    Audience audience(catalogue, 1, {.seen = seen});
    Random same = random;
    audience.begin_session(0, &same);
    const double before = audience.click_probability(0, 7, 0);
    audience.note_click(0, 7);
    const double after = audience.click_probability(0, 7, 0);
    return std::log(after / (1 - after)) - std::log(before / (1 - before));
  };
  EXPECT_EQ(odds_after_click(0), 0);
  EXPECT_NEAR(odds_after_click(-1.5), -1.5, 1e-9);
  EXPECT_NEAR(odds_after_click(0.75), 0.75, 1e-9);
}

TEST(LogGeneratorTest, InterestsDriftFromSessionToSession) {
  const Catalogue catalogue(test::test_seed(), 500);
  constexpr std::size_t kUsers = 500;
  constexpr std::size_t kSessions = 40;
  Audience audience(catalogue, kUsers, {});
  Random random(test::test_seed());
  std::vector<std::vector<Latent>> interests(kUsers);
  for (std::size_t session = 0; session < kSessions; ++session) {
    for (std::size_t user = 0; user < kUsers; ++user) {
      audience.begin_session(user, &random);
      interests[user].push_back(audience.interest(user));
    }
  }
  const auto similarity = [&](std::size_t distance) {
    double sum = 0;
    for (const auto& one : interests) sum += dot(one[0], one[distance]);
    return sum / kUsers;
  };
  EXPECT_NEAR(similarity(0), 1.0, 1e-9);
  EXPECT_GT(similarity(1), 0.9);
  EXPECT_LT(similarity(1), 0.99);
  EXPECT_GT(similarity(1), similarity(5) + 0.1);
  // In the end a user is hardly closer to the own first interest than to a stranger's, whose
  // closeness is the catalogue's: its categories are not at right angles.
  double strangers = 0;
  for (std::size_t user = 0; user < kUsers; ++user) {
    strangers += dot(interests[user][0], interests[(user + 1) % kUsers].back());
  }
  EXPECT_LT(similarity(kSessions - 1), strangers / kUsers + 0.25);
}

TEST(LogGeneratorTest, APairUnlocksItsCategoryAndOneOfItDoesNot) {
  const Catalogue catalogue(3, 500);
  Audience audience(catalogue, 1, {.interactions = true});
  Random random(3);
  audience.begin_session(0, &random);
  const std::size_t first = 0;
  const std::size_t partner = catalogue[first].partner;
  std::size_t wanted = 0;
  while (catalogue[wanted].category != catalogue[first].unlocked || wanted == first ||
         wanted == partner) {
    ++wanted;
  }
  const double before = audience.click_probability(0, wanted, 0);
  audience.note_click(0, first);
  EXPECT_EQ(audience.click_probability(0, wanted, 0), before);
  EXPECT_FALSE(audience.active_pair(0).has_value());
  audience.note_click(0, partner);
  EXPECT_TRUE(audience.active_pair(0).has_value());
  EXPECT_GT(audience.click_probability(0, wanted, 0), before);
}

TEST(LogGeneratorTest, OnlyTheKindsAskedForAreWritten) {
  GenerateOptions options = random_options();
  options.events = 20'000;
  options.requests = options.bad = 0;
  options.impressions = false;
  options.orders = true;
  std::map<GeneratedKind, int> kinds;
  for_each(options, [&](const GeneratedEvent& event, const LogGenerator&) { ++kinds[event.kind]; });
  EXPECT_EQ(kinds.size(), 2U);
  EXPECT_GT(kinds[GeneratedKind::kClick], 0);
  EXPECT_GT(kinds[GeneratedKind::kOrder], 0);
}

TEST(LogGeneratorTest, TheSmallestWorldsEnd) {
  for (const std::size_t items : {1U, 2U, 3U}) {
    GenerateOptions options = random_options();
    options.events = 1'000;
    options.users = 1;
    options.items = items;
    options.late = 1.0;
    options.law.interactions = true;
    for_each(options, [](const GeneratedEvent&, const LogGenerator&) {});
  }
}

}  // namespace
}  // namespace freshet::pipeline
