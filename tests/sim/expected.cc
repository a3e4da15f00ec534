#include "tests/sim/expected.h"

#include "common/check.h"
#include "pipeline/events/output_encoder.h"
#include "pipeline/state/state_report.h"
#include "tests/sim/input_feed.h"

namespace freshet::sim {
namespace {

std::string header_of(const test::StoredRecord& record, std::string_view name) {
  for (const pipeline::Header& header : record.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

// The digits behind `name` in a score event.
std::string number_after(const std::string& text, const std::string& name) {
  const std::size_t begin = text.find(name);
  if (begin == std::string::npos) return {};
  const std::size_t digits = begin + name.size();
  return text.substr(digits, text.find_first_not_of("0123456789", digits) - digits);
}

// The string that begins behind `name`; empty where there is none.
std::string text_after(const std::string& text, std::string_view name) {
  const std::size_t begin = text.find(name);
  if (begin == std::string::npos) return {};
  const std::size_t first = begin + name.size();
  return text.substr(first, text.find('"', first) - first);
}

}  // namespace

std::string line_of(const std::string& topic, const test::StoredRecord& record) {
  std::string line =
      topic + " " + record.key.value_or("(no key)") + " " + record.value.value_or("(no value)");
  for (const pipeline::Header& header : record.headers) {
    line += " " + header.name + "=" + header.value;
  }
  return line;
}

std::string source_of(const test::StoredRecord& record) {
  const std::string partition = header_of(record, "freshet.partition");
  if (!partition.empty()) return partition + "-" + header_of(record, "freshet.offset");
  const std::string value = record.value.value_or("");
  return number_after(value, "\"partition\":") + "-" + number_after(value, "\"offset\":");
}

std::string model_of(const test::StoredRecord& record) {
  const std::string named = header_of(record, pipeline::kModelHeader);
  return named.empty() ? text_after(record.value.value_or(""), "\"model\":\"") : named;
}

std::vector<Expected> Expected::replay_versions(const Scenario& scenario,
                                                const Application& application) {
  std::vector<Expected> all;
  for (const auto& version : application.versions) {
    Application one = application;
    one.versions = {version};
    all.push_back(replay(scenario, one));
  }
  return all;
}

std::string slot_of(pipeline::OutputTopic topic, const test::StoredRecord& record) {
  const std::string source = source_of(record);
  const std::string beside = std::string(name_of(topic)) + " " + source;
  switch (topic) {
    case pipeline::OutputTopic::kScores:
    case pipeline::OutputTopic::kDeadLetters:
      return source;
    case pipeline::OutputTopic::kShadow:
      return beside;
    case pipeline::OutputTopic::kExamples:
      return beside + " " + text_after(record.value.value_or(""), "\"item_id\":\"");
  }
  FRESHET_CHECK(false);
}

Expected Expected::replay(const Scenario& scenario, const Application& application) {
  Application alone = application;
  alone.config.delivery = pipeline::Delivery::kAtLeastOnce;
  alone.config.changelog = false;
  alone.releases.clear();
  Env env(1, false);
  env.broker.create_topic(alone.config.kafka.input, scenario.partitions);
  for (const auto& output : pipeline::output_topics(alone.config)) {
    env.broker.create_topic(output.name, scenario.partitions);
  }
  InputFeed feed(&env, &scenario);
  feed.append_all();
  Process process(&env, &alone, 0, 1);
  process.start();
  while (!feed.all_committed() && !process.down()) FRESHET_CHECK(env.scheduler.step());
  process.stop();
  while (!process.down()) FRESHET_CHECK(env.scheduler.step() || process.down());

  Expected expected;
  expected.violation = env.violation;
  for (const auto& output : pipeline::output_topics(alone.config)) {
    for (const test::StoredRecord& record : env.broker.records(output.name)) {
      const std::string slot = slot_of(output.topic, record);
      const bool is_new = expected.lines.emplace(slot, line_of(output.name, record)).second;
      FRESHET_CHECK(is_new);
    }
  }
  std::string problems;
  expected.logical_digests =
      logical_digests_of(process.store()->content(), alone.config, &problems);
  FRESHET_CHECK(problems.empty() || expected.violation);
  return expected;
}

std::map<Partition, std::string> logical_digests_of(stateful::StateStore* store,
                                                    const pipeline::WorkerConfig& config,
                                                    std::string* problems) {
  const auto report = pipeline::verify_state(store, config.limits());
  FRESHET_CHECK(report.has_value());
  std::map<Partition, std::string> digests;
  for (const pipeline::PartitionReport& partition : report->partitions) {
    digests[partition.partition] = partition.logical_digest.hex();
    for (const std::string& problem : partition.problems) *problems += problem + "; ";
  }
  return digests;
}

}  // namespace freshet::sim
