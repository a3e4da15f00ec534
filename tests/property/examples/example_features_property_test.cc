// The features of every row against the definition, click by click: nothing at or after its own
// time, nothing that came behind it in the log, and all else that is visible.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/examples/example_export.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::example_features_property_test {

constexpr int kCases = 3'000;
constexpr std::string_view kConfig =
    "{examples: {label_wait_ms: 1000},"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 25ms},"
    " {name: watched, impressions: watched, length_max: 2, age_max: 1d},"
    " {name: exposed, impressions: all, length_max: 5, age_max: 40ms}]}";

using Clicks = std::set<std::pair<std::int64_t, std::string>>;  // (ts, item)

// One user's behaviours, kept as everything that ever came.
class NaiveUser {
 public:
  explicit NaiveUser(const WorkerConfig& config)
      : limits_(config.limits()), came_(config.behaviours.size()) {}

  void insert(std::size_t behaviour, std::int64_t ms, const std::string& item) {
    came_[behaviour].emplace(test::kBaseMs + ms, item);
  }

  std::string sequences_before(std::int64_t row_ms, std::int64_t stream_ms) const {
    std::string json = "\"sequences\":{";
    for (std::size_t b = 0; b < came_.size(); ++b) {
      const std::size_t length_max = limits_[b].length_max;
      std::string items;
      std::string times;
      std::size_t stored = 0;
      std::size_t seen = 0;
      for (auto at = came_[b].rbegin(); at != came_[b].rend() && stored <= length_max; ++at) {
        ++stored;
        const bool visible = at->first >= test::kBaseMs + stream_ms - limits_[b].age_max.value;
        if (!visible || at->first >= test::kBaseMs + row_ms || seen == length_max) continue;
        const std::string comma = seen++ == 0 ? "" : ",";
        items += comma + "\"" + at->second + "\"";
        times += comma + std::to_string(at->first);
      }
      json += (b == 0 ? "\"" : ",\"") + limits_[b].name + "\":{\"items\":[" + items + "],\"ts\":[" +
              times + "]}";
    }
    return json + "}";
  }

 private:
  std::vector<stateful::BehaviourLimits> limits_;
  std::vector<Clicks> came_;
};

struct Row {
  std::string user;
  std::string item;
  std::int64_t ms = 0;
  auto operator<=>(const Row&) const = default;
};

std::string start_of(const Row& row) {
  return "{\"user_id\":\"" + row.user + "\",\"item_id\":\"" + row.item +
         "\",\"ts\":" + std::to_string(test::kBaseMs + row.ms) + ",\"label\":";
}

TEST(ExampleFeaturesProperty, ARowHoldsWhatWasVisibleStrictlyBeforeItAndNothingElse) {
  scorer::set_float_mode();
  Random random(test::test_seed());
  const WorkerConfig config = test::config_of(kConfig);
  const auto model = test::serve(test::random_model(test::small_model(config)), config);
  std::size_t compared = 0;
  for (int k = test::case_count(kCases); k > 0; --k) {
    std::map<std::string, std::string> found;  // start of the line -> its features
    ExampleExport examples(
        config, 1 << 20,
        {[&](std::string_view line) -> Status {
           const std::size_t label = line.find(",\"label\":") + 9;
           const std::size_t begin = line.find("\"sequences\":");
           const std::size_t end = line.find(",\"model\":");
           const bool first =
               found.emplace(line.substr(0, label), line.substr(begin, end - begin)).second;
           EXPECT_TRUE(first) << "a row stands there twice: " << line;
           return {};
         },
         {}});
    stateful::MemoryStateStore store;
    const test::ManualClock clock;
    Counters counters;
    test::TaskRun run({&config, model, &store, &clock, &counters, &examples}, 1 << 20);
    ASSERT_TRUE(run.start());

    std::map<std::string, std::string> expected;
    std::map<std::string, NaiveUser> users;
    std::int64_t stream_ms = 0;
    std::int64_t now = 100;
    const auto expect_row = [&](const Row& row) {
      const NaiveUser& user = users.try_emplace(row.user, config).first->second;
      expected.emplace(start_of(row), user.sequences_before(row.ms, stream_ms));
    };
    const std::uint64_t events = random.below(24);
    for (std::uint64_t i = 0; i < events; ++i) {
      now += static_cast<std::int64_t>(random.below(5));
      const Row at{"u" + std::to_string(random.below(2)), "v" + std::to_string(random.below(10)),
                   now - static_cast<std::int64_t>(random.below(7))};
      stream_ms = std::max(stream_ms, at.ms);
      NaiveUser& user = users.try_emplace(at.user, config).first->second;
      std::string json;
      const std::uint64_t kind = random.below(10);
      if (kind < 3) {
        json = test::click_json(at.user, at.item, at.ms);
        user.insert(0, at.ms, at.item);
      } else if (kind < 9) {
        const bool label = random.chance(0.5);
        const bool watched = random.chance(0.5);
        json = test::impression_json(at.user, at.item, at.ms, label);
        if (watched) json.insert(json.size() - 1, ",\"watched\":true");
        expect_row(at);
        if (label) user.insert(0, at.ms, at.item);
        if (watched) user.insert(1, at.ms, at.item);
        user.insert(2, at.ms, at.item);
      } else {
        json = test::request_json(at.user, at.ms, {"v1", "v9", "v2"});
        for (const char* item : {"v1", "v9", "v2"}) expect_row({at.user, item, at.ms});
      }
      test::StoredRecord record = test::keyed_record(at.user, json);
      record.offset = Offset{static_cast<std::int64_t>(i)};
      ASSERT_TRUE(run.process(test::view_of(record)));
    }
    ASSERT_TRUE(examples.finish());
    ASSERT_EQ(found, expected) << "case " << k;
    compared += found.size();
  }
  EXPECT_GT(compared, 0U);
}

}  // namespace freshet::pipeline::example_features_property_test
