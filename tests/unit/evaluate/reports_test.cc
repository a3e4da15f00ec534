// Rates, segments, the judge and what reports say of a small log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "pipeline/evaluate/judge.h"
#include "pipeline/evaluate/number_field.h"
#include "pipeline/evaluate/report_json.h"
#include "pipeline/evaluate/report_page.h"
#include "pipeline/evaluate/report_text.h"
#include "pipeline/evaluate/segments.h"
#include "pipeline/evaluate/smoothed_rates.h"
#include "pipeline/evaluate/svg_plot.h"

namespace freshet::pipeline::reports_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Entrant entrant_of(const std::string& name, const std::vector<float>& logits) {
  Entrant entrant;
  entrant.name = entrant.label = entrant.path = name;
  for (const float logit : logits) entrant.logits.push_back({logit, 0, logit});
  return entrant;
}

// Four users of two impressions each: the first is clicked, the second is not.
JudgedLog small_log() {
  JudgedLog log;
  log.users = 4;
  log.scenes = {"1", std::nullopt};
  for (std::uint32_t user = 0; user < 4; ++user) {
    log.rows.push_back({user, user % 2, user, true});
    log.rows.push_back({user, user % 2, 4 * user, false});
  }
  log.entrants.push_back(entrant_of("worse", {0, 1, 2, -1, 0, 1, 2, -1}));
  log.entrants.push_back(entrant_of("better", {2, -2, 3, -3, 2, -2, 3, -3}));
  return log;
}

TEST(SmoothedRatesTest, AddTheLogOddsOfItemUserAndScene) {
  SmoothedRates rates;
  for (int i = 0; i < 10; ++i) rates.learn({0, 0, 0}, i < 8);
  for (int i = 0; i < 10; ++i) rates.learn({1, 1, 0}, i < 2);
  const auto log_odds = [](double p) { return std::log(p / (1 - p)); };
  const double item = (8 + 5 * 0.5) / 15;
  EXPECT_FLOAT_EQ(rates.logit({0, 0, 0}), static_cast<float>(2 * log_odds(item)));
  EXPECT_NEAR(rates.logit({0, 1, 0}), 0, 1e-6);
  EXPECT_FLOAT_EQ(rates.logit({0, 7, 7}), static_cast<float>(log_odds(item)));
}

TEST(NumberFieldTest, ReadsANumberOnAPathAndNothingElse) {
  auto field = NumberField::at("truth.p");
  ASSERT_TRUE(field);
  EXPECT_EQ(field->read(R"({"truth":{"p":0.25}})"), 0.25);
  EXPECT_EQ(field->read(R"({"truth":{"p":"0.25"}})"), std::nullopt);
  EXPECT_EQ(field->read(R"({"truth":0.25})"), std::nullopt);
  EXPECT_EQ(field->read(R"({"truth":)"), std::nullopt);
  EXPECT_EQ(field->read(R"({"truth":{"p":1}})"), 1.0);
}

TEST(SegmentsTest, EachRowLiesInOneLengthAndOneScene) {
  const JudgedLog log = small_log();
  const std::vector<Segment> lengths = segments_by_length(log);
  ASSERT_EQ(lengths.size(), 5U);
  EXPECT_THAT(lengths[0].rows, ElementsAre(0, 1));
  EXPECT_THAT(lengths[1].rows, ElementsAre(2, 4));
  EXPECT_THAT(lengths[2].rows, ElementsAre(3, 6));
  EXPECT_EQ(lengths[4].from, 11U);
  const std::vector<Segment> scenes = segments_by_scene(log, 5);
  ASSERT_EQ(scenes.size(), 2U);
  EXPECT_EQ(scenes[0].rows.size() + scenes[1].rows.size(), log.rows.size());
  EXPECT_EQ(segments_by_scene(log, 1).size(), 1U);
}

TEST(JudgeTest, AModelThatOrdersAllRightIsAheadOutsideItsInterval) {
  const EvaluationReport report = judge(small_log(), {200, 7, 0.95}, nullptr);
  ASSERT_EQ(report.entrants.size(), 2U);
  EXPECT_EQ(report.clicked, 4U);
  EXPECT_EQ(report.entrants[1].metrics[0].value, 1.0);
  // Clicked have 0 2 0 2, the others 1 -1 1 -1: 12 of 16 pairs are in order.
  EXPECT_EQ(report.entrants[0].metrics[0].value, 12.0 / 16);
  EXPECT_EQ(report.entrants[1].difference->at(0).value, 0.25);
  EXPECT_FALSE(report.entrants[0].difference.has_value());
  EXPECT_EQ(report.entrants[0].gauc_users, 4U);
  EXPECT_EQ(report.entrants[0].metrics[3].value, 0.5);
}

TEST(JudgeTest, WhatOneModelDidNotScoreIsLeftOutOfTheDifferenceAlone) {
  JudgedLog log = small_log();
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t row : {0U, 1U}) log.entrants[1].logits[row].total = nothing;
  const EvaluationReport report = judge(log, {50, 7, 0.95}, nullptr);
  EXPECT_EQ(report.entrants[1].impressions, 6U);
  EXPECT_EQ(report.entrants[1].coverage, 0.75);
  EXPECT_EQ(report.entrants[0].metrics[0].value, 12.0 / 16);
  // Of the six rows clicked have 2 0 2, the others -1 1 -1.
  EXPECT_DOUBLE_EQ(*report.entrants[1].difference->at(0).value, 1 - 8.0 / 9);
}

TEST(ReportsTest, EqualReportsGiveEqualBytesAndNamesAreEscaped) {
  JudgedLog log = small_log();
  log.entrants[1].name = "<b>&\"";
  EvaluationReport report = judge(log, {20, 7, 0.95}, nullptr);
  report.log = "log";
  report.sequence = "click";
  report.scene = "tab";
  const std::string page = evaluation_page(report);
  EvaluationReport again = judge(log, {20, 7, 0.95}, nullptr);
  again.log = "log";
  again.sequence = "click";
  again.scene = "tab";
  EXPECT_EQ(page, evaluation_page(again));
  EXPECT_EQ(evaluation_json(report), evaluation_json(again));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;&amp;&quot;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(evaluation_json(report), HasSubstr(R"("name": "<b>&\"")"));
  EXPECT_THAT(evaluation_json(report), Not(HasSubstr("nan")));
}

TEST(ReportsTest, NumbersAreWrittenForPeople) {
  EXPECT_EQ(delay_text({0}), "0 s");
  EXPECT_EQ(delay_text({90'000}), "90 s");
  EXPECT_EQ(delay_text({3'600'000}), "1 h");
  EXPECT_EQ(estimate_text({0.5, 0.4, 0.6}, false), "0.5000 (0.4000 to 0.6000)");
  EXPECT_EQ(estimate_text({0.5, 0.4, 0.6}, true), "+0.5000 (+0.4000 to +0.6000) *");
  EXPECT_EQ(estimate_text({}, true), "-");
}

TEST(SvgPlotTest, AxesEndAtRoundNumbers) {
  const PlotAxis axis = round_axis("AUC", 0.683, 0.742, 6);
  EXPECT_DOUBLE_EQ(axis.min, 0.68);
  EXPECT_DOUBLE_EQ(axis.max, 0.75);
  EXPECT_EQ(axis.ticks.front().second, "0.68");
}

}  // namespace freshet::pipeline::reports_test
