#include "pipeline/config/config_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "pipeline/config/config_keys.h"
#include "pipeline/config/config_parser.h"

namespace freshet::pipeline::config_reference_test {

using ::testing::HasSubstr;

// Enough of a configuration to see whether two are the same, beyond what the fingerprint has.
std::string summary_of(const WorkerConfig& c) {
  std::string text = fingerprint_of(c, c.kafka.input, 1, Partition{0});
  text += c.application_id + c.kafka.bootstrap + c.kafka.output + c.kafka.dead_letter;
  text += c.candidates.pool_path + c.model_path + c.state_path + c.http.listen + c.log_level;
  text += c.shadow.path + c.shadow.output + c.examples.topic;
  for (const std::string& field : c.events.context) text += field;
  for (const std::size_t number :
       {c.kafka.client.size(), c.input.event_bytes_max, c.candidates.publish, c.memory_budget_mb,
        c.commit.records_max, c.checkpoint.bytes_per_commit, c.threads}) {
    text += "," + std::to_string(number);
  }
  for (const DurationMs span : {c.input.event_future_max, c.commit.interval, c.checkpoint.interval,
                                c.examples.label_wait, c.model_reload_interval}) {
    text += "," + std::to_string(span.value);
  }
  for (const int choice : {static_cast<int>(c.input.key), static_cast<int>(c.input.offsets),
                           static_cast<int>(c.candidates.source), static_cast<int>(c.delivery),
                           static_cast<int>(c.log_format), static_cast<int>(c.changelog),
                           static_cast<int>(c.http.users)}) {
    text += "," + std::to_string(choice);
  }
  return text;
}

std::string file_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The path "a.b.c" with a value as YAML: {a: {b: {c: value}}}.
std::string nested_yaml(std::string_view path, std::string_view value) {
  std::string open;
  std::string close;
  for (const char c : path) {
    if (c == '.') {
      open += ": {";
      close += "}";
    } else {
      open += c;
    }
  }
  return "{" + open + ": " + std::string(value) + close + "}";
}

// FRESHET_WRITE_GOLDEN=1 writes the file anew, from the repository's root.
TEST(ConfigReferenceTest, ShippedFileIsTheTableOfKeys) {
  const std::string path = "configs/worker.yaml";
  if (std::getenv("FRESHET_WRITE_GOLDEN") != nullptr) std::ofstream(path) << reference_config();
  EXPECT_EQ(file_text(path), reference_config());
}

TEST(ConfigReferenceTest, ReferenceParsesToTheDefaults) {
  const Result<WorkerConfig> reference = parse_config(reference_config(), "reference");
  ASSERT_TRUE(reference) << reference.error().message;
  const Result<WorkerConfig> defaults = parse_config("{}", "defaults");
  ASSERT_TRUE(defaults);
  EXPECT_EQ(summary_of(*reference), summary_of(*defaults));
}

TEST(ConfigReferenceTest, EveryKeysDefaultIsWhatTheTableSays) {
  const Result<WorkerConfig> defaults = parse_config("{}", "defaults");
  ASSERT_TRUE(defaults);
  for (const WorkerKey& key : worker_keys()) {
    const Result<WorkerConfig> one =
        parse_config(nested_yaml(key.path, key.default_text), std::string(key.path));
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(summary_of(*one), summary_of(*defaults)) << key.path;
  }
}

TEST(ConfigReferenceTest, EveryKeyHasMeaningAndRange) {
  for (const WorkerKey& key : worker_keys()) {
    EXPECT_FALSE(key.meaning.empty()) << key.path;
    EXPECT_FALSE(key.default_text.empty()) << key.path;
    if (key.kind == ValueKind::kInteger) {
      EXPECT_LT(key.min, key.max) << key.path;
      EXPECT_FALSE(key.unit.empty()) << key.path;
    }
    const std::string leaf(key.path.substr(key.path.rfind('.') + 1));
    EXPECT_THAT(reference_config(), HasSubstr(leaf + ": ")) << key.path;
  }
}

TEST(ConfigReferenceTest, OtherShippedFilesParse) {
  for (const char* path : {"configs/replay.yaml", "configs/demo.yaml"}) {
    const Result<WorkerConfig> config = load_config({.file = path});
    EXPECT_TRUE(config) << config.error().message;
  }
}

TEST(ConfigReferenceTest, ReplayFileIsForAVideoLogWithImpressions) {
  const Result<WorkerConfig> config = load_config({.file = "configs/replay.yaml"});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->candidates.source, CandidateSource::kEvent);
  EXPECT_EQ(config->events.context, std::vector<std::string>{"tab"});
  EXPECT_EQ(config->behaviours[0].types, std::vector<std::string>{"click"});
}

TEST(ConfigReferenceTest, FingerprintHasTheStatesPartOfTheConfiguration) {
  const Result<WorkerConfig> config = parse_config(
      "events: {time_unit: s, fields: {user: 'u=1'}, label_behaviour: cart}\n"
      "behaviours:\n"
      "  - {name: click, types: [tap, click], length_max: 9, age_max: 1h}\n"
      "  - {name: cart, types: [cart]}\n",
      "c.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(fingerprint_of(*config, "clicks", 4, Partition{0}),
            "behaviour.cart.age_max_ms=604800000\n"
            "behaviour.cart.length_max=50\n"
            "behaviour.cart.types=[\"cart\"]\n"
            "behaviour.click.age_max_ms=3600000\n"
            "behaviour.click.length_max=9\n"
            "behaviour.click.types=[\"click\",\"tap\"]\n"
            "behaviours=[\"click\",\"cart\"]\n"
            "events.fields.candidates=\"candidates\"\n"
            "events.fields.event=\"event_id\"\n"
            "events.fields.item=\"item_id\"\n"
            "events.fields.label=\"label\"\n"
            "events.fields.request=\"request_id\"\n"
            "events.fields.time=\"ts\"\n"
            "events.fields.type=\"type\"\n"
            "events.fields.user=\"u=1\"\n"
            "events.label_behaviour=cart\n"
            "events.time_unit=s\n"
            "input.partitions=4\n"
            "input.topic=clicks\n"
            "state.format=1\n");
}

}  // namespace freshet::pipeline::config_reference_test
