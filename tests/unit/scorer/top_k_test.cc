#include "scorer/candidates/top_k.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace top_k_test {

struct Case {
  std::vector<ItemRow> rows;
  std::vector<CandidateLogit> logits;
};

Case case_of(const std::vector<float>& totals) {
  Case result;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    result.rows.push_back({static_cast<std::uint32_t>(i)});
    result.logits.push_back({0, 0, totals[i]});
  }
  return result;
}

std::vector<std::uint32_t> rows_of(const TopK& best) {
  std::vector<std::uint32_t> rows;
  for (const RankedItem& item : best.items) rows.push_back(item.row.value);
  return rows;
}

TEST(TopKTest, BestComesFirst) {
  const Case c = case_of({0.5F, 2.0F, -1.0F, 1.0F});
  const std::vector<std::uint32_t> rank = {0, 1, 2, 3};
  EXPECT_EQ(rows_of(top_k(c.rows, c.logits, rank, 2)), (std::vector<std::uint32_t>{1, 3}));
}

TEST(TopKTest, TiesGoByItemId) {
  const Case c = case_of({1.0F, 1.0F, 1.0F});
  const std::vector<std::uint32_t> rank = {2, 0, 1};
  EXPECT_EQ(rows_of(top_k(c.rows, c.logits, rank, 2)), (std::vector<std::uint32_t>{1, 2}));
}

TEST(TopKTest, NonFiniteLogitsAreLeftOutAndCounted) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Case c = case_of({1.0F, std::numeric_limits<float>::quiet_NaN(), infinity, -infinity});
  const std::vector<std::uint32_t> rank = {0, 1, 2, 3};
  const TopK best = top_k(c.rows, c.logits, rank, 4);
  EXPECT_EQ(rows_of(best), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(best.non_finite, 3U);
}

TEST(TopKTest, NoCandidatesAndNoPlacesGiveNothing) {
  const Case c = case_of({1.0F});
  const std::vector<std::uint32_t> rank = {0};
  EXPECT_TRUE(top_k({}, {}, rank, 5).items.empty());
  EXPECT_TRUE(top_k(c.rows, c.logits, rank, 0).items.empty());
}

TEST(TopKTest, ARowGivenTwiceIsRankedTwice) {
  const std::vector<ItemRow> rows = {{0}, {1}, {0}};
  const std::vector<CandidateLogit> logits = {{0, 0, 2.0F}, {0, 0, 1.0F}, {0, 0, 2.0F}};
  const std::vector<std::uint32_t> rank = {0, 1};
  EXPECT_EQ(rows_of(top_k(rows, logits, rank, 2)), (std::vector<std::uint32_t>{0, 0}));
}

TEST(TopKTest, BothZerosAreOneLogitAndStayAsTheyAre) {
  const Case c = case_of({0.0F, -0.0F, 0.0F, -1e-45F});
  const std::vector<std::uint32_t> rank = {2, 1, 0, 3};
  const TopK best = top_k(c.rows, c.logits, rank, 4);
  EXPECT_EQ(rows_of(best), (std::vector<std::uint32_t>{2, 1, 0, 3}));
  EXPECT_TRUE(std::signbit(best.items[1].logit));
  EXPECT_FALSE(std::signbit(best.items[0].logit));
}

// In the order that the logits have, in its reverse, rising and then falling, or in none.
std::vector<float> random_totals(std::size_t count, Random* random) {
  const bool ties = random->below(2) == 0;
  std::vector<float> totals;
  for (std::size_t i = 0; i < count; ++i) {
    totals.push_back(ties ? static_cast<float>(random->below(8)) - 4.0F
                          : static_cast<float>(random->uniform(-4.0, 4.0)));
  }
  const auto middle = totals.begin() + static_cast<std::ptrdiff_t>(count / 2);
  switch (random->below(4)) {
    case 0:
      std::sort(totals.begin(), totals.end());
      break;
    case 1:
      std::sort(totals.begin(), totals.end(), std::greater<>());
      break;
    case 2:
      std::sort(totals.begin(), middle);
      std::sort(middle, totals.end(), std::greater<>());
      break;
    default:
      break;
  }
  return totals;
}

TEST(TopKTest, EqualsAFullSortForLogitsInAnyOrderWithManyTies) {
  Random random(test::test_seed());
  for (int k = 0; k < 2000; ++k) {
    const std::size_t count = random.below(k % 10 == 0 ? 2000 : 60);
    const std::vector<float> totals = random_totals(count, &random);
    const Case c = case_of(totals);
    std::vector<std::uint32_t> rank(count);
    std::iota(rank.begin(), rank.end(), 0U);
    for (std::size_t i = count; i > 1; --i) std::swap(rank[i - 1], rank[random.below(i)]);
    std::vector<std::uint32_t> sorted(count);
    std::iota(sorted.begin(), sorted.end(), 0U);
    std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t left, std::uint32_t right) {
      return totals[left] != totals[right] ? totals[left] > totals[right]
                                           : rank[left] < rank[right];
    });
    const std::size_t places = random.below(k % 20 == 0 ? 1000 : 70);
    sorted.resize(std::min(places, count));
    ASSERT_EQ(rows_of(top_k(c.rows, c.logits, rank, places)), sorted);
  }
}

TEST(TopKTest, ManyOfOneRowAreAllRanked) {
  for (const std::size_t count : {1U, 40U, 1000U}) {
    Case c = case_of(std::vector<float>(count, 2.0F));
    for (ItemRow& row : c.rows) row = ItemRow{0};
    c.rows.push_back({1});
    c.logits.push_back({0, 0, 3.0F});
    const std::vector<std::uint32_t> rank = {0, 1};
    std::vector<std::uint32_t> expected(count + 1, 0);
    expected[0] = 1;
    EXPECT_EQ(rows_of(top_k(c.rows, c.logits, rank, count + 1)), expected);
    expected.resize(std::min<std::size_t>(count, 20));
    EXPECT_EQ(rows_of(top_k(c.rows, c.logits, rank, expected.size())), expected);
  }
}

}  // namespace top_k_test
}  // namespace freshet::scorer
