#include "scorer/candidates/top_k.h"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(TopKTest, EqualsAFullSortForRandomLogitsWithManyTies) {
  Random random(test::test_seed());
  for (int k = 0; k < 2000; ++k) {
    const std::size_t count = random.below(60);
    std::vector<float> totals;
    for (std::size_t i = 0; i < count; ++i) totals.push_back(static_cast<float>(random.below(8)));
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
    const std::size_t places = random.below(70);
    sorted.resize(std::min(places, count));
    ASSERT_EQ(rows_of(top_k(c.rows, c.logits, rank, places)), sorted);
  }
}

}  // namespace top_k_test
}  // namespace freshet::scorer
