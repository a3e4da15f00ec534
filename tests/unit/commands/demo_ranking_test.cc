#include "pipeline/commands/demo_ranking.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet::commands {
namespace {

pipeline::GeneratedEvent shown(int number, double truth, bool clicked) {
  pipeline::GeneratedEvent event;
  event.line = "{\"event_id\":\"e" + std::to_string(number) + "\",\"user_id\":\"u1\"}";
  event.probability = truth;
  event.label = clicked;
  return event;
}

std::string output(int number, const std::string& score) {
  return "{\"user_id\":\"\\\"score\\\":\",\"event_id\":\"e" + std::to_string(number) +
         "\",\"scores\":[{\"item_id\":\"v1\",\"score\":" + score + "}]}";
}

TEST(DemoRankingTest, AreasAreTheSharesOfPairsInTheRightOrder) {
  DemoRanking ranking;
  ranking.shown(shown(0, 0.9, true));
  ranking.shown(shown(1, 0.5, false));
  ranking.shown(shown(2, 0.2, false));
  ranking.shown(shown(3, 0.4, true));
  for (const auto& [number, score] : {std::pair{3, "0.5"}, {0, "1e-3"}, {1, "0.25"}, {2, "0.5"}}) {
    ranking.scored(output(number, score));
  }
  const auto areas = ranking.areas();
  ASSERT_TRUE(areas.has_value());
  EXPECT_EQ(areas->impressions, 4U);
  EXPECT_DOUBLE_EQ(areas->truth, 0.75);
  EXPECT_DOUBLE_EQ(areas->model, 1.5 / 4);  // a tie counts one half
}

TEST(DemoRankingTest, WhatWasNotShownOrScoredOrScoredAgainCountsNothing) {
  DemoRanking ranking;
  ranking.shown(shown(1, 0.9, true));
  ranking.shown(shown(2, 0.1, false));
  ranking.shown(shown(3, 0.5, true));
  pipeline::GeneratedEvent click = shown(4, 0.5, true);
  click.kind = pipeline::GeneratedKind::kClick;
  ranking.shown(click);
  for (const int number : {1, 4, 77}) ranking.scored(output(number, "0.7"));
  ranking.scored(output(1, "0.1"));
  ranking.scored("{\"request_id\":\"r1\",\"scores\":[{\"item_id\":\"v1\",\"score\":0.5}]}");
  EXPECT_FALSE(ranking.areas().has_value());  // of one class
  ranking.scored(output(2, "0.6"));
  const auto areas = ranking.areas();
  ASSERT_TRUE(areas.has_value());
  EXPECT_EQ(areas->impressions, 2U);
  EXPECT_DOUBLE_EQ(areas->model, 1.0);
}

TEST(DemoRankingTest, NothingShownHasNoArea) { EXPECT_FALSE(DemoRanking().areas().has_value()); }

}  // namespace
}  // namespace freshet::commands
