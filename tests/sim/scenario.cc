#include "tests/sim/scenario.h"

#include <algorithm>
#include <string>

#include "pipeline/events/partitioner.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::sim {
namespace {

using test::kBaseMs;

constexpr double kEmphasised = 0.05;

pipeline::WorkerConfig draw_config(Random* random) {
  static const pipeline::WorkerConfig kParsed = test::config_of(
      "{candidates: {publish: 3}, changelog: off, delivery: at_least_once,"
      " behaviours: [{name: click, types: [click], length_max: 3, age_max: 25ms},"
      " {name: cart, types: [cart], length_max: 2, age_max: 1d}]}");
  pipeline::WorkerConfig config = kParsed;
  config.changelog = random->chance(0.85);
  if (random->chance(0.3)) config.shadow.path = "shadow";
  if (random->chance(0.3)) config.examples.topic = "examples";
  if (random->chance(0.75)) config.delivery = pipeline::Delivery::kExactlyOnce;
  config.commit.interval.value = 5 + static_cast<std::int64_t>(random->below(100));
  config.commit.records_max = 2 + random->below(40);
  config.checkpoint.interval.value = 10 + static_cast<std::int64_t>(random->below(600));
  config.checkpoint.bytes_per_commit = 32 + random->below(600);
  config.behaviours[0].limits.length_max = 1 + random->below(4);
  config.behaviours[0].limits.age_max.value = 5 + static_cast<std::int64_t>(random->below(200));
  return config;
}

std::string draw_event(Random* random, const std::string& user, std::int64_t ms) {
  const std::string item = "v" + std::to_string(random->below(10));  // two are unknown items
  switch (random->below(10)) {
    case 0:
    case 1:
    case 2:
      return test::impression_json(user, item, ms, random->chance(0.4));
    case 3:
      return test::request_json(user, ms, {item, "v" + std::to_string(random->below(8))});
    case 4:
      return test::click_json(user, item, ms, "cart");
    default:
      return test::click_json(user, item, ms);
  }
}

// What a producer with bugs, a phone with a wrong clock or a retry may send.
void spoil(Random* random, const std::vector<InputEvent>& before, const std::string& user,
           std::int64_t ms, test::StoredRecord* record) {
  switch (random->below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      if (!before.empty()) *record = before[random->below(before.size())].record;
      break;
    case 4:
      record->value = "{";
      break;
    case 5:
      record->key = "somebody else";
      break;
    case 6:
      record->value.reset();
      break;
    case 7:
      record->value = test::click_json(user, "v1", ms + 2 * kDayMs);
      break;
    default:  // late
      record->value = draw_event(random, user, ms - static_cast<std::int64_t>(random->below(150)));
  }
}

std::vector<InputEvent> draw_input(Random* random, std::int32_t partitions) {
  std::vector<InputEvent> input;
  std::vector<std::int64_t> next(static_cast<std::size_t>(partitions), 0);
  const std::size_t events = 40 + random->below(120);
  const std::uint64_t users = 1 + random->below(9);
  const std::uint64_t pace_ms = 1 + random->below(90);
  const double bursts = random->unit();
  const double gaps = random->chance(0.5) ? random->uniform(0, 0.2) : 0;
  std::int64_t ms = 1'000;
  std::int64_t at_ms = 0;
  while (input.size() < events) {
    ms += static_cast<std::int64_t>(random->below(6));
    if (!random->chance(bursts)) at_ms += static_cast<std::int64_t>(random->below(2 * pace_ms));
    const std::string user = "u" + std::to_string(random->below(users));
    test::StoredRecord record = test::keyed_record(user, draw_event(random, user, ms));
    if (random->chance(0.2)) spoil(random, input, user, ms, &record);
    record.partition = pipeline::partition_of(*record.key, partitions);
    std::int64_t& offset = next[static_cast<std::size_t>(record.partition.value)];
    if (random->chance(gaps)) offset += 1 + static_cast<std::int64_t>(random->below(3));
    record.offset = Offset{offset++};
    record.timestamp = EventTime{kBaseMs + ms};
    input.push_back({std::move(record), at_ms});
  }
  return input;
}

void draw_releases(Random* random, Scenario* scenario) {
  if (random->chance(0.4)) return;
  scenario->versions = 2 + random->below(3);
  scenario->release_lag_ms = static_cast<std::int64_t>(random->below(1'500));
  const auto last = static_cast<std::uint64_t>(scenario->input.back().at_ms + 1);
  std::vector<std::int64_t> times(1 + random->below(6));
  for (std::int64_t& ms : times) ms = static_cast<std::int64_t>(random->below(last));
  std::sort(times.begin(), times.end());
  for (const std::int64_t ms : times) {
    scenario->releases.push_back({ms, random->below(scenario->versions)});
  }
}

}  // namespace

Scenario Scenario::draw(Random* random, const Emphasis& emphasis) {
  Scenario scenario;
  scenario.config = draw_config(random);
  scenario.partitions = 1 + static_cast<std::int32_t>(random->below(3));
  for (std::uint64_t i = 1 + random->below(3); i > 0; --i) {
    scenario.threads.push_back(random->chance(0.25) ? 2 : 1);
  }
  scenario.cache_bytes = random->chance(0.5) ? 1 : 1 << 20;
  scenario.restore_batch_users = 1 + random->below(6);
  scenario.static_members = random->chance(0.7);
  scenario.deliver_at_once = random->chance(0.5);
  scenario.tombstones_kept = DurationMs{(1 + static_cast<std::int64_t>(random->below(7))) * kDayMs};
  scenario.session_ms = 2'000 + static_cast<std::int64_t>(random->below(8'000));
  scenario.transaction_timeout_ms = 4'000 + static_cast<std::int64_t>(random->below(8'000));
  scenario.input = draw_input(random, scenario.partitions);
  scenario.calm_from_ms =
      scenario.input.back().at_ms + static_cast<std::int64_t>(random->below(10'000));
  scenario.plan = FaultPlan::draw(random);
  if (emphasis.fault) {
    scenario.plan.chances[static_cast<std::size_t>(*emphasis.fault)] = kEmphasised;
  }
  if (emphasis.threads) {
    scenario.config.changelog = true;
    scenario.config.delivery = pipeline::Delivery::kExactlyOnce;
    for (std::size_t& threads : scenario.threads) threads = *emphasis.threads;
  }
  const bool beside = random->chance(0.8);
  if (emphasis.commits_beside) scenario.config.delivery = pipeline::Delivery::kAtLeastOnce;
  scenario.commits_beside = (beside || emphasis.commits_beside) &&
                            scenario.config.delivery == pipeline::Delivery::kAtLeastOnce;
  draw_releases(random, &scenario);
  return scenario;
}

}  // namespace freshet::sim
