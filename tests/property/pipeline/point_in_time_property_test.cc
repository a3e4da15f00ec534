// An impression or request never sees a click at or after its own time.
//
// The rule, exactly. Of n distinct clicks of a behaviour that have arrived, the L + 1 newest are
// stored. k of the n have an event time at or after the row's. Without those k the row would see
// the newest L of the older ones; with them it sees the newest min(L, L + 1 - k) of the same ones.
// So the row sees the very same clicks as long as k <= 1 or n <= L + 1, and never others.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/events/event_decoder.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::point_in_time_property_test {

constexpr int kCases = 10'000;

struct LogEvent {
  std::string user;
  std::string item;
  std::int64_t ms = 0;
  std::string type;  // "click", "cart", "impression", "request"
  bool label = false;
  bool seen = false;     // of an impression: the field that feeds the behaviour `seen`
  bool blanked = false;  // moves the stream time and nothing else

  bool is_of(const std::string& behaviour) const {
    if (blanked || type == "request") return false;
    if (type != "impression") return type == behaviour;
    return behaviour == "exposed" || (behaviour == "seen" && seen) ||
           (behaviour == "click" && label);
  }
  bool inserts() const { return !blanked && type != "request"; }
  std::string json() const {
    if (type == "request" || blanked) return test::request_json(user, ms, {"v0", "v1", "v2"});
    if (type == "impression") {
      std::string json = test::impression_json(user, item, ms, label);
      json.insert(json.size() - 1, seen ? ",\"seen\":1" : ",\"seen\":0");
      return json;
    }
    return test::click_json(user, item, ms, type);
  }
};

LogEvent random_log_event(Random* random, std::int64_t ms) {
  LogEvent event;
  event.user = "u" + std::to_string(random->below(2));
  event.item = "v" + std::to_string(random->below(6));
  event.ms = ms;
  const std::uint64_t kind = random->below(10);
  event.type = kind < 4 ? "click" : kind < 5 ? "cart" : kind < 9 ? "impression" : "request";
  event.label = event.type == "impression" && random->chance(0.5);
  event.seen = event.type == "impression" && random->chance(0.5);
  return event;
}

// The output of the last event, without its flags: those tell of the label's own click.
std::string last_output(const WorkerConfig& config, std::shared_ptr<const ServedModel> model,
                        const std::vector<LogEvent>& log) {
  stateful::MemoryStateStore store;
  const test::ManualClock clock;
  Counters counters;
  test::TaskRun run({&config, std::move(model), &store, &clock, &counters}, 1 << 20);
  EXPECT_TRUE(run.start());
  std::string last;
  for (std::size_t i = 0; i < log.size(); ++i) {
    test::StoredRecord record = test::keyed_record(log[i].user, log[i].json());
    record.offset = Offset{static_cast<std::int64_t>(i)};
    const auto output = run.process(test::view_of(record));
    EXPECT_TRUE(output && *output && (*output)->topic == OutputTopic::kScores);
    last = *(*output)->value;
  }
  for (const std::string flag : {",\"late\":true", ",\"duplicate\":true"}) {
    if (const std::size_t at = last.find(flag); at != std::string::npos)
      last.erase(at, flag.size());
  }
  return last;
}

std::size_t sequence_length(const std::string& output) {
  const std::string name = "\"sequence_length\":";
  return std::stoul(output.substr(output.find(name) + name.size()));
}

// The log without the user's clicks at or after the row's time. What took their place changes
// nothing but the stream time, which must stay what it was.
std::vector<LogEvent> without_clicks_from(const std::vector<LogEvent>& log, const LogEvent& row) {
  std::vector<LogEvent> reduced = log;
  for (LogEvent& event : reduced) {
    if (event.user != row.user || event.ms < row.ms || !event.inserts()) continue;
    event.blanked = true;
  }
  return reduced;
}

// How many distinct clicks of the row's user came for a behaviour, and how many at or after it.
struct Arrived {
  std::size_t all = 0;
  std::size_t from_row = 0;
};

Arrived count_arrived(const std::vector<LogEvent>& log, const LogEvent& row,
                      const std::string& behaviour) {
  std::set<std::pair<std::int64_t, std::string>> clicks;
  for (std::size_t i = 0; i + 1 < log.size(); ++i) {
    if (log[i].user != row.user || !log[i].is_of(behaviour)) continue;
    clicks.emplace(log[i].ms, log[i].item);
  }
  const auto from = clicks.lower_bound({row.ms, ""});
  return {clicks.size(), static_cast<std::size_t>(std::distance(from, clicks.end()))};
}

TEST(PointInTimeProperty, ARowNeverSeesAClickAtOrAfterItsOwnTime) {
  scorer::set_float_mode();
  Random random(test::test_seed());
  const WorkerConfig config = test::config_of(
      "behaviours: [{name: click, types: [click], length_max: 4, age_max: 25ms},"
      " {name: cart, types: [cart], length_max: 3, age_max: 1d},"
      " {name: seen, impressions: seen, length_max: 3, age_max: 1d},"
      " {name: exposed, impressions: all, length_max: 6, age_max: 30ms}]");
  const auto model = test::serve(test::random_model(test::small_model(config)), config);
  int full_views = 0;
  int short_views = 0;
  for (int k = test::case_count(kCases); k > 0; --k) {
    std::vector<LogEvent> log;
    std::int64_t ms = 100;
    for (std::uint64_t n = random.below(16); n > 0; --n) {
      ms += static_cast<std::int64_t>(random.below(4));
      log.push_back(random_log_event(&random, ms - static_cast<std::int64_t>(random.below(6))));
    }
    // The row is late, or at the very time of clicks that came before it; it may be one itself.
    LogEvent row = random_log_event(&random, ms - static_cast<std::int64_t>(random.below(8)));
    row.type = random.chance(0.8) ? "impression" : "request";
    row.label = row.type == "impression" && random.chance(0.5);
    row.seen = row.type == "impression" && random.chance(0.5);
    log.push_back(row);

    const std::string seen = last_output(config, model, log);
    std::vector<LogEvent> reduced = without_clicks_from(log, row);
    reduced.back() = row;
    const std::string allowed = last_output(config, model, reduced);
    const Arrived clicks = count_arrived(log, row, "click");
    const auto unchanged = [](const Arrived& arrived, std::size_t length_max) {
      return arrived.from_row <= 1 || arrived.all <= length_max + 1;
    };
    if (unchanged(clicks, 4) && unchanged(count_arrived(log, row, "cart"), 3) &&
        unchanged(count_arrived(log, row, "seen"), 3) &&
        unchanged(count_arrived(log, row, "exposed"), 6)) {
      ++full_views;
      ASSERT_EQ(seen, allowed) << "case " << k;
    } else {
      ++short_views;
    }
    const std::size_t stored = clicks.all <= 5 ? 4 : 5 - std::min<std::size_t>(clicks.from_row, 5);
    ASSERT_EQ(sequence_length(seen), std::min(sequence_length(allowed), stored)) << "case " << k;
  }
  EXPECT_GT(full_views, short_views);
}

}  // namespace freshet::pipeline::point_in_time_property_test
