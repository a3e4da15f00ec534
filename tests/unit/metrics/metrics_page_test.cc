#include "pipeline/metrics/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/scorer_models.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::metrics_page_test {

using testing::HasSubstr;
using testing::Not;

class MetricsPageTest : public testing::Test {
 protected:
  MetricsPageTest()
      : config_(test::config_of("state: {memory_budget_mb: 64}")),
        process_{"1.2.3",
                 &config_,
                 std::make_shared<const FixedModelSource>(
                     test::serve(test::random_model(test::small_model(config_)), config_)),
                 &clock_,
                 &stop_,
                 {{&boards_[0], nullptr}, {&boards_[1], nullptr}},
                 [] { return 77; }} {}

  std::string page() const { return metrics_page(process_, stalls_); }

  static PartitionStatus partition(std::int32_t number, std::int64_t lag) {
    PartitionStatus status;
    status.partition = Partition{number};
    status.lag_records = lag;
    return status;
  }

  WorkerConfig config_;
  test::ManualClock clock_;
  StopSignal stop_;
  std::array<StatusBoard, 2> boards_;
  ProcessView process_;
  StallObserver stalls_{&clock_, DurationMs{0}};
};

TEST_F(MetricsPageTest, TheModelsVariantIsALabel) {
  EXPECT_THAT(page(),
              HasSubstr("freshet_model_info{model=\"random@1\",variant=\"traditional\"} 1"));
  scorer::ModelInitOptions options = test::small_model(config_);
  options.variant = scorer::Variant::kMerged;
  process_.models =
      std::make_shared<const FixedModelSource>(test::serve(test::random_model(options), config_));
  EXPECT_THAT(page(), HasSubstr("freshet_model_info{model=\"random@1\",variant=\"merged\"} 1"));
}

TEST_F(MetricsPageTest, CountsOfAllWorkersAreAddedUp) {
  WorkerStatus status;
  status.counters.records = 3;
  status.counters.dead_letters[static_cast<std::size_t>(DeadLetterReason::kKeyMismatch)] = 2;
  status.hot_users_bytes = 10;
  status.encoded_users_bytes = 7;
  boards_[0].publish(status);
  boards_[1].publish(status);
  EXPECT_THAT(page(), HasSubstr("freshet_records_total 6\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_dead_letters_total{reason=\"key_mismatch\"} 4\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_dead_letters_total{reason=\"not_json\"} 0\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_hot_users_bytes 20\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_encoded_users_bytes 14\n"));
}

TEST_F(MetricsPageTest, ProcessAndModelAreNamed) {
  EXPECT_THAT(page(), HasSubstr("freshet_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(page(),
              HasSubstr("freshet_model_info{model=\"" + process_.models->newest()->label + "\""));
  EXPECT_THAT(page(), HasSubstr("freshet_memory_budget_bytes 67108864\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_store_bytes 77\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_store_memory_bytes 0\n"));
  process_.store_memory_bytes = [] { return 78; };
  EXPECT_THAT(page(), HasSubstr("freshet_store_memory_bytes 78\n"));
  EXPECT_THAT(page(), Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

TEST_F(MetricsPageTest, AShadowIsNamedAndItsDivergenceAddedUp) {
  EXPECT_THAT(page(), Not(HasSubstr("freshet_shadow_info{")));
  EXPECT_THAT(page(), HasSubstr("freshet_shadow_bytes 0\n"));
  scorer::ModelInitOptions options = test::small_model(config_);
  options.name = "next";
  process_.shadow = test::serve(test::random_model(options), config_);
  WorkerStatus status;
  ShadowCounters& shadow = status.counters.shadow;
  shadow.records = 5;
  shadow.refused[static_cast<std::size_t>(DeadLetterReason::kUnknownItem)] = 1;
  shadow.divergence = {4, 3, 20, 10, 0.25};
  status.counters.dropped[static_cast<std::size_t>(OutputTopic::kShadow)] = 1;
  boards_[0].publish(status);
  boards_[1].publish(status);
  EXPECT_THAT(page(), HasSubstr("freshet_shadow_info{model=\"next@1\",variant="));
  EXPECT_THAT(page(), Not(HasSubstr("freshet_shadow_bytes 0\n")));
  EXPECT_THAT(page(), HasSubstr("freshet_shadow_records_total 10\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_shadow_refusals_total{reason=\"unknown_item\"} 2\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_shadow_equal_top_total 6\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_shadow_score_difference_total 0.5\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_outputs_dropped_total{output=\"shadow\"} 2\n"));
}

TEST_F(MetricsPageTest, ExamplesAndThoseTooLargeForTheirTopicAreCounted) {
  EXPECT_THAT(page(), HasSubstr("freshet_example_records_total 0\n"));
  WorkerStatus status;
  status.counters.examples = 4;
  status.counters.dropped[static_cast<std::size_t>(OutputTopic::kExamples)] = 1;
  boards_[0].publish(status);
  boards_[1].publish(status);
  EXPECT_THAT(page(), HasSubstr("freshet_example_records_total 8\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_outputs_dropped_total{output=\"examples\"} 2\n"));
}

TEST_F(MetricsPageTest, LagGrowsWhileAWorkerPublishesNothing) {
  WorkerStatus status;
  status.partitions = {partition(4, 9)};
  status.partitions[0].oldest_waiting = clock_.now();
  boards_[1].publish(status);
  clock_.advance(2'500);
  EXPECT_THAT(page(), HasSubstr("freshet_consumer_lag_records{partition=\"4\"} 9\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_consumer_lag_seconds{partition=\"4\"} 2.5\n"));
  clock_.advance(60'000);
  EXPECT_THAT(page(), HasSubstr("freshet_consumer_lag_seconds{partition=\"4\"} 62.5\n"));
}

TEST_F(MetricsPageTest, AStallIsSeenInTheHistogramItself) {
  WorkerStatus status;
  status.partitions = {partition(0, 1)};
  status.partitions[0].oldest_waiting = clock_.now();
  boards_[0].publish(status);
  clock_.advance(15'000);
  stalls_.observe(process_.read_workers());
  EXPECT_THAT(page(), HasSubstr("freshet_event_to_score_seconds_bucket{le=\"10\"} 0\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_event_to_score_seconds_bucket{le=\"20\"} 1\n"));
  EXPECT_THAT(page(), HasSubstr("freshet_stall_observations_total 1\n"));
}

TEST_F(MetricsPageTest, HeartbeatsAreAgesOfEachWorker) {
  boards_[1].beat(clock_.monotonic_ms());
  clock_.advance(1'500);
  EXPECT_THAT(page(), HasSubstr("freshet_worker_heartbeat_age_seconds{worker=\"1\"} 1.5\n"));
  EXPECT_THAT(page(), Not(HasSubstr("worker=\"0\"")));
}

// "name type" of each family, as the page has it and as docs/metrics.md lists it.
std::set<std::string> families_of(const std::string& page) {
  std::set<std::string> families;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kType = "# TYPE ";
    if (line.starts_with(kType)) families.insert(line.substr(kType.size()));
  }
  return families;
}

std::set<std::string> documented() {
  std::set<std::string> families;
  std::ifstream file("docs/metrics.md");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    const std::size_t name_end = line.find('`', 3);
    const std::size_t type_begin = line.find("| ", name_end) + 2;
    families.insert(line.substr(3, name_end - 3) + " " +
                    line.substr(type_begin, line.find(' ', type_begin) - type_begin));
  }
  return families;
}

TEST_F(MetricsPageTest, TheDocumentListsExactlyWhatIsServed) {
  EXPECT_THAT(documented(), testing::ContainerEq(families_of(page())));
}

}  // namespace freshet::pipeline::metrics_page_test
