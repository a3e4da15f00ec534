#include "pipeline/status/divergence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::pipeline::divergence_test {

Divergence between(const std::vector<PublishedScore>& primary,
                   const std::vector<PublishedScore>& other) {
  Divergence divergence;
  DivergenceMeter().compare(primary, other, &divergence);
  return divergence;
}

TEST(DivergenceTest, ItemsThatBothPublishedAreCompared) {
  const Divergence found = between({{"b", 0.75F}, {"a", 0.5F}, {"c", 0.25F}},
                                   {{"b", 0.5F}, {"d", 0.25F}, {"a", 0.125F}});
  EXPECT_EQ(found.events, 1U);
  EXPECT_EQ(found.top_equal, 1U);
  EXPECT_EQ(found.items, 3U);
  EXPECT_EQ(found.common_items, 2U);
  EXPECT_EQ(found.score_difference, 0.25 + 0.375);
}

TEST(DivergenceTest, TheLongerListIsTheWhole) {
  const Divergence found = between({{"a", 0.5F}}, {{"b", 0.5F}, {"a", 0.5F}});
  EXPECT_EQ(found.top_equal, 0U);
  EXPECT_EQ(found.items, 2U);
  EXPECT_EQ(found.common_items, 1U);
  EXPECT_EQ(found.score_difference, 0.0);
}

TEST(DivergenceTest, AnEventWithoutScoresOfOneIsNotCounted) {
  EXPECT_EQ(between({}, {{"a", 0.5F}}).events, 0U);
  EXPECT_EQ(between({{"a", 0.5F}}, {}).events, 0U);
}

TEST(DivergenceTest, AReportOfNothingHasNoDivisionByZero) {
  EXPECT_THAT(describe(Divergence{}), testing::HasSubstr("0 events compared"));
  EXPECT_THAT(describe(Divergence{4, 3, 40, 20, 1.0}),
              testing::AllOf(testing::HasSubstr("75.0 %"), testing::HasSubstr("50.0 %"),
                             testing::HasSubstr("0.0500 on average")));
}

}  // namespace freshet::pipeline::divergence_test
