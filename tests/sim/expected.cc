#include "tests/sim/expected.h"

#include "common/check.h"
#include "pipeline/state_report.h"
#include "tests/support/worker_fixture.h"

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

Expected Expected::replay(const Scenario& scenario) {
  pipeline::WorkerConfig config = scenario.config;
  config.delivery = pipeline::Delivery::kAtLeastOnce;
  config.changelog = false;
  test::WorkerWorld world(config, scenario.partitions);
  std::map<Partition, std::int64_t> ends;
  for (const InputEvent& event : scenario.input) {
    const test::StoredRecord& record = event.record;
    std::int64_t& end = ends[record.partition];
    const std::int64_t gap = record.offset.value - end;
    if (gap > 0) world.broker.skip_offsets(config.kafka.input, record.partition, gap);
    world.broker.append(config.kafka.input, record.partition, record);
    end = record.offset.value + 1;
  }
  FRESHET_CHECK(world.run().has_value());

  Expected expected;
  for (const std::string& topic : {config.kafka.output, config.kafka.dead_letter}) {
    for (const test::StoredRecord& record : world.broker.records(topic)) {
      const bool is_new = expected.lines.emplace(source_of(record), line_of(topic, record)).second;
      FRESHET_CHECK(is_new);
    }
  }
  std::string problems;
  expected.logical_digests = logical_digests_of(world.store.get(), config, &problems);
  FRESHET_CHECK(problems.empty());
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
