#include "pipeline/config/config_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace freshet::pipeline::config_parser_test {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string problems_of(std::string_view yaml) {
  const Result<WorkerConfig> config = parse_config(yaml, "c.yaml");
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidConfig);
  return config.error().message;
}

TEST(ConfigParserTest, EmptyMapGivesTheDefaults) {
  const Result<WorkerConfig> config = parse_config("{}", "c.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->application_id, "freshet");
  EXPECT_EQ(config->kafka.input, "clicks");
  EXPECT_EQ(config->input.key, KeyPolicy::kRequire);
  EXPECT_EQ(config->input.event_future_max.value, 86'400'000);
  ASSERT_EQ(config->behaviours.size(), 1U);
  EXPECT_EQ(config->behaviours[0].limits.name, "click");
  EXPECT_EQ(config->behaviours[0].limits.length_max, 50U);
  EXPECT_EQ(config->behaviours[0].limits.age_max.value, 7LL * 24 * 3600 * 1000);
  EXPECT_EQ(config->behaviours[0].types, std::vector<std::string>{"click"});
  EXPECT_EQ(config->events.label_behaviour, 0U);
  EXPECT_EQ(config->delivery, Delivery::kExactlyOnce);
  EXPECT_TRUE(config->changelog);
}

TEST(ConfigParserTest, EveryKeyReachesItsField) {
  const Result<WorkerConfig> config = parse_config(R"(
application_id: app
kafka:
  bootstrap: "a:1,b:2"
  input: in
  output: out
  dead_letter: dead
  client: {security.protocol: ssl, linger.ms: 7, enable.ssl.certificate.verification: true}
input: {key: trust, offsets: contiguous, event_future_max_ms: 5, event_bytes_max: 100}
events:
  time_unit: us
  fields: {user: u, item: i, time: t, type: y, label: l, event: e, request: r, candidates: c}
  context: [tab, scene]
  label_behaviour: cart
behaviours:
  - {name: click, types: [click, tap], length_max: 9, age_max: 90m}
  - {name: cart, types: [cart]}
candidates: {source: pool, pool_path: p.txt, publish: 3}
model: {path: m}
shadow: {path: n, output: shadow-out}
examples: {topic: rows, label_wait_ms: 5}
state: {path: s, memory_budget_mb: 32}
changelog: off
delivery: at_least_once
commit: {interval_ms: 11, records_max: 12}
checkpoint: {interval_ms: 13, bytes_per_commit: 1400}
threads: 2
http: {listen: "[::1]:81", users: on}
log: {level: debug, format: json}
)",
                                                   "c.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->application_id, "app");
  EXPECT_EQ(config->kafka.bootstrap, "a:1,b:2");
  EXPECT_EQ(config->kafka.input, "in");
  EXPECT_EQ(config->kafka.output, "out");
  EXPECT_EQ(config->kafka.dead_letter, "dead");
  EXPECT_EQ(config->shadow.path, "n");
  EXPECT_EQ(config->shadow.output, "shadow-out");
  EXPECT_EQ(config->examples.topic, "rows");
  EXPECT_EQ(config->examples.label_wait, DurationMs{5});
  const std::map<std::string, std::string> client = {
      {"security.protocol", "ssl"},
      {"linger.ms", "7"},
      {"enable.ssl.certificate.verification", "true"}};
  EXPECT_EQ(config->kafka.client, client);
  EXPECT_EQ(config->input.key, KeyPolicy::kTrust);
  EXPECT_EQ(config->input.offsets, OffsetPolicy::kContiguous);
  EXPECT_EQ(config->input.event_future_max.value, 5);
  EXPECT_EQ(config->input.event_bytes_max, 100U);
  EXPECT_EQ(config->events.time_unit, TimeUnit::kMicroseconds);
  EXPECT_EQ(config->events.fields.user, "u");
  EXPECT_EQ(config->events.fields.item, "i");
  EXPECT_EQ(config->events.fields.time, "t");
  EXPECT_EQ(config->events.fields.type, "y");
  EXPECT_EQ(config->events.fields.label, "l");
  EXPECT_EQ(config->events.fields.event, "e");
  EXPECT_EQ(config->events.fields.request, "r");
  EXPECT_EQ(config->events.fields.candidates, "c");
  EXPECT_EQ(config->events.context, (std::vector<std::string>{"tab", "scene"}));
  EXPECT_EQ(config->events.label_behaviour, 1U);
  ASSERT_EQ(config->behaviours.size(), 2U);
  EXPECT_EQ(config->behaviours[0].types, (std::vector<std::string>{"click", "tap"}));
  EXPECT_EQ(config->behaviours[0].limits.length_max, 9U);
  EXPECT_EQ(config->behaviours[0].limits.age_max.value, 90 * 60'000);
  EXPECT_EQ(config->behaviours[1].limits.name, "cart");
  EXPECT_EQ(config->behaviours[1].limits.length_max, 50U);
  EXPECT_EQ(config->candidates.source, CandidateSource::kPoolFile);
  EXPECT_EQ(config->candidates.pool_path, "p.txt");
  EXPECT_EQ(config->candidates.publish, 3U);
  EXPECT_EQ(config->model_path, "m");
  EXPECT_EQ(config->state_path, "s");
  EXPECT_EQ(config->memory_budget_mb, 32U);
  EXPECT_EQ(config->commit.interval.value, 11);
  EXPECT_EQ(config->commit.records_max, 12U);
  EXPECT_EQ(config->checkpoint.interval.value, 13);
  EXPECT_EQ(config->checkpoint.bytes_per_commit, 1400U);
  EXPECT_EQ(config->threads, 2U);
  EXPECT_EQ(config->http.listen, "[::1]:81");
  EXPECT_TRUE(config->http.users);
  EXPECT_EQ(config->log_level, "debug");
  EXPECT_EQ(config->log_format, LogFormat::kJson);
}

TEST(ConfigParserTest, AllProblemsAreReportedAtOnceInTheFilesOrder) {
  EXPECT_EQ(problems_of("threads: two\n"
                        "kafka:\n"
                        "  imput: x\n"
                        "log: {level: wran}\n"),
            "c.yaml:1:10: threads: \"two\" is not an integer\n"
            "c.yaml:3:3: kafka.imput: unknown key; did you mean kafka.input?\n"
            "c.yaml:4:14: log.level: \"wran\" is none of debug, info, warn, error; did you mean "
            "warn?");
}

TEST(ConfigParserTest, UnknownKeyNamesTheNearestOneWhereverItIs) {
  EXPECT_THAT(problems_of("bootstrap: h:1"), HasSubstr("did you mean kafka.bootstrap?"));
  EXPECT_THAT(problems_of("commit_interval_ms: 5"), HasSubstr("did you mean commit.interval_ms?"));
  EXPECT_THAT(problems_of("kafak: {}"), HasSubstr("did you mean kafka?"));
  EXPECT_THAT(problems_of("behaviours: [{name: a, types: [b], legnth_max: 3}]"),
              HasSubstr("behaviours[0].legnth_max: unknown key; did you mean length_max?"));
  EXPECT_EQ(problems_of("completely_different: 1"),
            "c.yaml:1:1: completely_different: unknown key");
}

TEST(ConfigParserTest, DuplicateKeyIsRefusedInEverySection) {
  EXPECT_EQ(problems_of("threads: 1\nthreads: 1\n"),
            "c.yaml:2:1: threads: the key stands here twice; keep one of them");
  EXPECT_THAT(problems_of("kafka:\n  input: a\n  input: a\n"),
              HasSubstr("c.yaml:3:3: kafka.input"));
  EXPECT_THAT(problems_of("kafka: {client: {linger.ms: 1, linger.ms: 1}}"),
              HasSubstr("kafka.client.linger.ms: the key stands here twice"));
  EXPECT_THAT(problems_of("behaviours: [{name: a, name: a, types: [b]}]"),
              HasSubstr("behaviours[0].name: the key stands here twice"));
}

TEST(ConfigParserTest, WrongTypesAreRefusedWithWhatWasExpected) {
  EXPECT_THAT(problems_of("threads: \"2\""), HasSubstr("\"2\" is not an integer"));
  EXPECT_THAT(problems_of("threads: 2.0"), HasSubstr("is not an integer"));
  EXPECT_THAT(problems_of("threads: 0x10"), HasSubstr("is not an integer"));
  EXPECT_THAT(problems_of("threads: 99999999999999999999"), HasSubstr("is not an integer"));
  EXPECT_THAT(problems_of("threads: [1]"), HasSubstr("must be an integer"));
  EXPECT_THAT(problems_of("changelog: maybe"), HasSubstr("is not on or off"));
  EXPECT_THAT(problems_of("kafka: [a]"), HasSubstr("kafka: must be a section with keys"));
  EXPECT_THAT(problems_of("kafka: {client: x}"), HasSubstr("must be a map of texts"));
  EXPECT_THAT(problems_of("kafka: {client: {a: [b]}}"),
              HasSubstr("kafka.client.a: must be a text"));
  EXPECT_THAT(problems_of("kafka: {input: {}}"), HasSubstr("kafka.input: must be a text"));
  EXPECT_THAT(problems_of("events: {context: tab}"), HasSubstr("must be a list of texts"));
  EXPECT_THAT(problems_of("events: {context: [[tab]]}"),
              HasSubstr("events.context[0]: must be a text"));
  EXPECT_THAT(problems_of("behaviours: {name: a}"), HasSubstr("must be a list of 1 to 16"));
  EXPECT_THAT(problems_of("behaviours: []"), HasSubstr("must be a list of 1 to 16"));
  EXPECT_EQ(problems_of("behaviours: [click]"),
            "c.yaml:1:14: behaviours[0]: must be a map with a name and types");
  EXPECT_THAT(problems_of("[a, b]: 1"), HasSubstr("c.yaml:1:1: a key must be a text"));
}

TEST(ConfigParserTest, ValuesOutOfRangeAreRefusedWithTheRange) {
  EXPECT_EQ(problems_of("threads: 0"), "c.yaml:1:10: threads: 0 is out of range: 1 to 256 threads");
  EXPECT_THAT(problems_of("commit: {interval_ms: -1}"), HasSubstr("1 to 60000 ms"));
  EXPECT_THAT(problems_of("behaviours: [{name: a, types: [b], length_max: 65536}]"),
              HasSubstr("65536 is out of range: 1 to 65535 clicks"));
  EXPECT_THAT(problems_of("behaviours: [{name: a, types: [b], age_max: 0d}]"),
              HasSubstr("is out of range: 1ms to 36500d"));
  EXPECT_THAT(problems_of("kafka: {input: " + std::string(250, 'a') + "}"),
              HasSubstr("has 250 bytes, allowed are 1 to 249"));
  EXPECT_THAT(problems_of("kafka: {bootstrap: ''}"), HasSubstr("has 0 bytes"));
  EXPECT_THAT(problems_of("behaviours: [{name: a, impressions: ''}]"), HasSubstr("has 0 bytes"));
}

TEST(ConfigParserTest, DurationsAreReadInEveryUnit) {
  const auto age_of = [](const std::string& text) {
    const auto config =
        parse_config("behaviours: [{name: a, types: [b], age_max: " + text + "}]", "c.yaml");
    return config ? config->behaviours[0].limits.age_max.value : -1;
  };
  EXPECT_EQ(age_of("250ms"), 250);
  EXPECT_EQ(age_of("10s"), 10'000);
  EXPECT_EQ(age_of("30m"), 1'800'000);
  EXPECT_EQ(age_of("12h"), 43'200'000);
  EXPECT_EQ(age_of("7d"), 604'800'000);
  for (const char* wrong : {"7", "d", "7 d", "-7d", "7w", "1.5h", "7dd", "9223372036854775807d",
                            "99999999999999999999ms", "\"\""}) {
    EXPECT_EQ(age_of(wrong), -1) << wrong;
  }
}

TEST(ConfigParserTest, EmptySectionsAndNullsKeepTheDefaults) {
  const Result<WorkerConfig> config = parse_config(
      "kafka:\nevents: {label_behaviour: null}\ncandidates: {pool_path: ~}\n"
      "state: ~\n",
      "c.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->kafka.input, "clicks");
  EXPECT_THAT(problems_of("threads:"),
              EndsWith("threads: has no value; give one or remove the key"));
  EXPECT_THAT(problems_of("behaviours:"), HasSubstr("must be a list"));
}

TEST(ConfigParserTest, AnchorsAndAliasesAreFollowed) {
  const Result<WorkerConfig> config = parse_config(
      "behaviours:\n  - {name: a, types: [x], age_max: &age 3d}\n"
      "  - {name: b, types: [y], age_max: *age}\n",
      "c.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->behaviours[1].limits.age_max.value, 3LL * 86'400'000);
}

TEST(ConfigParserTest, EscapedControlCharactersAreRefused) {
  EXPECT_THAT(problems_of("state: {path: \"a\\0b\"}"), HasSubstr("holds a control character"));
}

TEST(ConfigParserTest, ManyProblemsAreCountedAndNotAllListed) {
  std::string yaml;
  for (int i = 0; i < 1000; ++i) yaml += "unknown_" + std::to_string(i) + ": 1\n";
  EXPECT_THAT(problems_of(yaml), EndsWith("c.yaml: and 900 more problems"));
}

TEST(ConfigParserTest, MissingFileIsNamed) {
  const Result<WorkerConfig> config = load_config({.file = "/nowhere/freshet.yaml"});
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(config.error().message, HasSubstr("/nowhere/freshet.yaml: cannot read"));
}

TEST(ConfigParserTest, DirectoryInPlaceOfTheFileIsRefused) {
  const test::TempDir directory;
  const Result<WorkerConfig> config = load_config({.file = directory.path()});
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidConfig);
}

TEST(ConfigParserTest, FileIsReadWhole) {
  const test::TempDir directory;
  const std::filesystem::path file = directory.path() / "worker.yaml";
  std::ofstream(file) << "application_id: from-file\n";
  const Result<WorkerConfig> config = load_config({.file = file});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->application_id, "from-file");
  EXPECT_THAT(config->application_id, Not(HasSubstr("\n")));
}

TEST(ConfigParserTest, AFurtherCheckIsToldWithTheFilesOwnProblemsInTheirPlaces) {
  const test::TempDir directory;
  const std::filesystem::path file = directory.path() / "c.yaml";
  std::ofstream(file) << "threads: none\nkafka:\n  client:\n    fetch.min.bytes: x\n";
  const ConfigReading reading = read_config({.file = file}, [](const WorkerConfig& config) {
    std::vector<ConfigProblem> problems;
    for (const auto& [name, value] : config.kafka.client) {
      problems.push_back({"kafka.client." + name, "is " + value});
    }
    return problems;
  });
  ASSERT_TRUE(reading.problems);
  EXPECT_THAT(reading.problems->message, HasSubstr("c.yaml:1:10: threads: "));
  EXPECT_THAT(reading.problems->message,
              HasSubstr("c.yaml:4:22: kafka.client.fetch.min.bytes: is x"));
  EXPECT_THAT(reading.wrong_sections, testing::UnorderedElementsAre("threads", "kafka"));
}

TEST(ConfigParserTest, AnUnknownKeyCouldBeMeantForAnySection) {
  const test::TempDir directory;
  const std::filesystem::path file = directory.path() / "c.yaml";
  const auto sections_of = [&](const char* yaml) {
    std::ofstream(file) << yaml;
    return read_config({.file = file},
                       [](const WorkerConfig&) { return std::vector<ConfigProblem>{}; })
        .wrong_sections;
  };
  EXPECT_THAT(sections_of("modle: {path: m}\n"), testing::UnorderedElementsAre(""));
  EXPECT_THAT(sections_of("model: {pth: m}\n"), testing::UnorderedElementsAre("model"));
  EXPECT_THAT(sections_of("[1, 2]\n"), testing::UnorderedElementsAre(""));
  EXPECT_THAT(sections_of("behaviours: [{name: B, types: [b]}]\n"),
              testing::UnorderedElementsAre("behaviours"));
  EXPECT_THAT(sections_of("threads: 1\n"), testing::IsEmpty());
}

}  // namespace freshet::pipeline::config_parser_test
