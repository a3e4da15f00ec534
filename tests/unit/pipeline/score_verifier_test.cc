// The verifier on a right run, and on runs that were made wrong in each way it looks for.
#include "pipeline/scoring/score_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::score_verifier_test {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kYaml =
    "behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d},"
    " {name: cart, types: [cart], length_max: 2, age_max: 7d}]\n"
    "events: {context: [tab]}\n"
    "candidates: {publish: 3}\n";

// Stands between the task and the verifier, and spoils what passes.
class Spoiler final : public ScoreObserver {
 public:
  explicit Spoiler(ScoreVerifier* verifier) : verifier_(verifier) {}

  void on_scored(const ScoredOn& scored) override {
    std::vector<float> u(scored.u.begin(), scored.u.end());
    std::vector<scorer::CandidateLogit> logits(scored.logits.begin(), scored.logits.end());
    Windows windows = scored.windows;
    if (u_) u_(&u);
    if (logits_) logits_(&logits);
    if (windows_) windows_(&windows);
    verifier_->on_scored({scored.event, scored.stream_time, scored.user, windows, scored.served, u,
                          scored.candidates, logits, scored.model});
  }

  void on_output(const InputRecord& record, const OutputRecord& output) override {
    OutputRecord spoilt = output;
    if (output_) output_(&spoilt);
    verifier_->on_output(record, spoilt);
  }

  std::function<void(std::vector<float>*)> u_;
  std::function<void(std::vector<scorer::CandidateLogit>*)> logits_;
  std::function<void(Windows*)> windows_;
  std::function<void(OutputRecord*)> output_;

 private:
  ScoreVerifier* verifier_;
};

class ScoreVerifierTest : public ::testing::Test {
 protected:
  ScoreVerifierTest()
      : config_(test::config_of(kYaml)),
        model_(test::serve(test::random_model(test::small_model(config_)), config_)),
        verifier_(config_, model_),
        spoiler_(&verifier_) {
    scorer::set_float_mode();
  }

  const VerifyReport& run(const std::vector<test::StoredRecord>& log) {
    test::TaskRun run({&config_, model_, &store_, &clock_, &counters_, &spoiler_}, 1 << 20);
    EXPECT_TRUE(run.start());
    for (const test::StoredRecord& record : log) {
      EXPECT_TRUE(run.process(test::view_of(record)));
    }
    return verifier_.report();
  }

  const VerifyReport& run_three_clicks() {
    std::vector<test::StoredRecord> log;
    for (int i = 0; i < 3; ++i) {
      log.push_back(
          test::keyed_record("u", test::click_json("u", "v" + std::to_string(i), 10 + i)));
      log.back().offset = Offset{i};
    }
    return run(log);
  }

  WorkerConfig config_;
  std::shared_ptr<const ServedModel> model_;
  stateful::MemoryStateStore store_;
  test::ManualClock clock_;
  Counters counters_;
  ScoreVerifier verifier_;
  Spoiler spoiler_;
};

TEST_F(ScoreVerifierTest, RandomLogsAreSound) {
  Random random(test::test_seed());
  const VerifyReport& report = run(test::random_log(&random, 2'000, config_));
  EXPECT_TRUE(report.sound()) << describe(report);
  EXPECT_THAT(report.first_problems, IsEmpty());
  EXPECT_GT(report.events, 500U);
  EXPECT_GT(report.representations, report.events);
  EXPECT_GT(report.scores, report.events);
  // Floats are not doubles: a difference of nothing at all would mean that nothing was compared.
  EXPECT_GT(report.representation_difference, 0.0);
  EXPECT_GT(report.logit_difference, 0.0);
  EXPECT_GT(report.score_difference, 0.0);
}

TEST_F(ScoreVerifierTest, ARepresentationOneBitOffIsARebuildThatDiffers) {
  spoiler_.u_ = [](std::vector<float>* u) { u->front() = std::nextafter(u->front(), 1e9F); };
  const VerifyReport& report = run_three_clicks();
  EXPECT_EQ(report.rebuilds_that_differ, 3U);
  EXPECT_FALSE(report.sound());
  EXPECT_THAT(report.first_problems, Contains(HasSubstr("partition 0 at offset 0: u of click")));
}

TEST_F(ScoreVerifierTest, ARepresentationOutOfItsBoundIsFound) {
  spoiler_.u_ = [](std::vector<float>* u) { u->front() += 0.01F; };
  const VerifyReport& report = run_three_clicks();
  EXPECT_GT(report.representation_difference, kRepresentationBound);
  EXPECT_THAT(describe(report), HasSubstr("PROBLEM: partition 0 at offset 0: u[0] differs by"));
}

TEST_F(ScoreVerifierTest, ALogitOutOfItsBoundIsFound) {
  spoiler_.logits_ = [](auto* logits) { logits->back().total += 1e-4F; };
  const VerifyReport& report = run_three_clicks();
  EXPECT_GT(report.logit_difference, kScoreBound);
  EXPECT_FALSE(report.sound());
}

TEST_F(ScoreVerifierTest, ALogitThatIsNotFiniteIsFoundWhereTheReferenceIs) {
  spoiler_.logits_ = [](auto* logits) { logits->back().total = NAN; };
  EXPECT_GT(run_three_clicks().mismatches, 0U);
}

TEST_F(ScoreVerifierTest, AWrongWindowIsFound) {
  spoiler_.windows_ = [](Windows* windows) { --(*windows)[0].count; };
  const VerifyReport& report = run_three_clicks();
  EXPECT_EQ(report.mismatches, 3U);
  EXPECT_THAT(report.first_problems, Contains(HasSubstr("the event sees 1 clicks of click")));
}

// Each replaces a piece of the published bytes.
struct Replacement {
  std::string name;
  std::string from;
  std::string to;
  std::string problem;
};

class PublishedBytesTest : public ScoreVerifierTest,
                           public ::testing::WithParamInterface<Replacement> {};

TEST_P(PublishedBytesTest, AreWhatIsVerified) {
  spoiler_.output_ = [](OutputRecord* output) {
    std::string& json = *output->value;
    const std::size_t at = json.find(GetParam().from);
    ASSERT_NE(at, json.npos) << json;
    json.replace(at, GetParam().from.size(), GetParam().to);
  };
  const VerifyReport& report = run_three_clicks();
  EXPECT_FALSE(report.sound());
  EXPECT_THAT(report.first_problems, Contains(HasSubstr(GetParam().problem)));
}

INSTANTIATE_TEST_SUITE_P(
    Spoilt, PublishedBytesTest,
    ::testing::Values(Replacement{"Score", "\"score\":0.", "\"score\":0.9", "differs by"},
                      Replacement{"Length", "\"sequence_length\":", "\"sequence_length\":1",
                                  "wrong sequence_length"},
                      Replacement{"Item", "\"item_id\":\"v", "\"item_id\":\"w", "is no candidate"},
                      Replacement{"Scores", "\"scores\":[{", "\"scores\":[],\"x\":[{",
                                  "wrong number of scores"},
                      Replacement{"Json", "{", "", "not a JSON object"}),
    [](const auto& replaced) { return replaced.param.name; });

TEST_F(ScoreVerifierTest, AnItemLeftOutForAWorseOneIsFound) {
  spoiler_.output_ = [](OutputRecord* output) {
    // The best item's place is given to the last: three scores, each right, one of them twice.
    std::string& json = *output->value;
    const std::size_t first = json.find("{\"item_id\"");
    const std::size_t last = json.rfind("{\"item_id\"");
    json.replace(first, json.find('}', first) + 1 - first,
                 json.substr(last, json.find('}', last) + 1 - last));
  };
  EXPECT_THAT(run_three_clicks().first_problems, Contains(HasSubstr("is published twice")));
}

TEST_F(ScoreVerifierTest, AScoreTurnedIntoADeadLetterIsFound) {
  spoiler_.output_ = [](OutputRecord* output) { output->topic = OutputTopic::kDeadLetters; };
  EXPECT_EQ(run_three_clicks().mismatches, 3U);
}

}  // namespace freshet::pipeline::score_verifier_test
