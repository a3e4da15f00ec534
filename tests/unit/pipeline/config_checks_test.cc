#include "pipeline/config/config_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "pipeline/config/client_options.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/config/did_you_mean.h"

namespace freshet::pipeline::config_checks_test {

using ::testing::HasSubstr;

std::string refusal_of(std::string_view yaml) {
  const Result<WorkerConfig> config = parse_config(yaml, "c.yaml");
  return config ? "" : config.error().message;
}

TEST(ConfigChecksTest, AnExcludedRecordIsAPartitionAndAnOffset) {
  const auto config = parse_config("input: {exclude: [\"3:1042\", \"0:0\"]}", "c.yaml");
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->input.exclude,
            (std::set<RecordPlace>{{Partition{0}, Offset{0}}, {Partition{3}, Offset{1042}}}));
  for (const char* text : {"3", "3:", ":1", "3:-1", "-3:1", "3:1 ", "3:1:2", "x:1", "4294967296:1",
                           "3:99999999999999999999"}) {
    EXPECT_THAT(refusal_of("input: {exclude: [\"" + std::string(text) + "\"]}"),
                HasSubstr("is not a record such as \"3:1042\""))
        << text;
  }
}

TEST(ConfigChecksTest, RepresentationsCanOnlyBeNull) {
  EXPECT_EQ(refusal_of("kafka: {representations: null}"), "");
  EXPECT_THAT(refusal_of("kafka: {representations: topic}"),
              HasSubstr("kafka.representations: must be null"));
}

TEST(ConfigChecksTest, OptionsThatWouldBreakAGuaranteeAreRefusedWithTheReason) {
  for (const char* option : {"acks", "auto.commit.enable", "auto.offset.reset", "bootstrap.servers",
                             "enable.auto.commit", "enable.auto.offset.store", "enable.idempotence",
                             "group.id", "group.instance.id", "isolation.level",
                             "metadata.broker.list", "partition.assignment.strategy", "partitioner",
                             "request.required.acks", "transactional.id"}) {
    const std::string message =
        refusal_of("kafka:\n  client:\n    " + std::string(option) + ": x\n");
    const auto reason = refusal_of_client_option(option);
    ASSERT_TRUE(reason.has_value()) << option;
    EXPECT_EQ(message, "c.yaml:3:" + std::to_string(5 + std::string(option).size() + 2) +
                           ": kafka.client." + option + ": cannot be set: " + std::string(*reason));
  }
  EXPECT_EQ(refusal_of("kafka: {client: {security.protocol: sasl_ssl, session.timeout.ms: 9000}}"),
            "");
}

TEST(ConfigChecksTest, ATransactionLastsLongerThanTheTimeBetweenCommitsAndNotForEver) {
  const auto with = [](const std::string& value, const std::string& interval) {
    return refusal_of("{kafka: {client: {transaction.timeout.ms: " + value +
                      "}}, commit: {interval_ms: " + interval + "}}");
  };
  EXPECT_EQ(with("5100", "100"), "");
  EXPECT_EQ(with("120000", "100"), "");
  EXPECT_THAT(with("5099", "100"), HasSubstr("must be a number of 5100"));
  EXPECT_THAT(with("15000", "20000"), HasSubstr("must be a number of 25000"));
  EXPECT_THAT(with("120001", "100"), HasSubstr("keeps others waiting"));
  EXPECT_THAT(with("15s", "100"), HasSubstr("\"15s\" must be a number"));
}

TEST(ConfigChecksTest, TopicsMustDiffer) {
  EXPECT_THAT(refusal_of("kafka: {output: clicks}"),
              HasSubstr("kafka.output: is the same topic as kafka.input"));
  EXPECT_THAT(refusal_of("kafka: {dead_letter: scores}"),
              HasSubstr("kafka.dead_letter: is the same topic as kafka.output"));
}

TEST(ConfigChecksTest, TheExamplesTopicIsItsOwn) {
  EXPECT_THAT(refusal_of("{examples: {topic: clicks}}"),
              HasSubstr("examples.topic: is the same topic as kafka.input"));
  EXPECT_THAT(refusal_of("{examples: {topic: 'a b'}}"),
              HasSubstr("examples.topic: \"a b\" may only"));
  EXPECT_EQ(refusal_of("{examples: {topic: null}}"), "");
}

TEST(ConfigChecksTest, AShadowsTopicIsItsOwn) {
  EXPECT_THAT(refusal_of("{shadow: {path: m, output: scores}}"),
              HasSubstr("shadow.output: is the same topic as kafka.output"));
  EXPECT_EQ(refusal_of("{shadow: {output: scores}}"), "");  // without a model there is no shadow
}

TEST(ConfigChecksTest, NoTopicIsTheWorkersOwnChangelog) {
  const std::string name = "shop-sequences-changelog";
  for (const auto& [path, yaml] : std::map<std::string, std::string>{
           {"kafka.input", "kafka: {input: " + name + "}"},
           {"kafka.output", "kafka: {output: " + name + "}"},
           {"kafka.dead_letter", "kafka: {dead_letter: " + name + "}"},
           {"shadow.output", "shadow: {path: m, output: " + name + "}"},
           {"examples.topic", "examples: {topic: " + name + "}"},
       }) {
    for (const char* changelog : {"on", "off"}) {
      const std::string rest = ", delivery: at_least_once, changelog: " + std::string(changelog);
      EXPECT_THAT(refusal_of("{application_id: shop, " + yaml + rest + "}"),
                  HasSubstr(path + ": \"" + name +
                            "\" is the topic of the worker's own changelog; name another one, or "
                            "change application_id"));
      EXPECT_EQ(refusal_of("{application_id: shop2, " + yaml + rest + "}"), "");
    }
  }
}

TEST(ConfigChecksTest, TopicNamesFollowKafkasRule) {
  EXPECT_THAT(refusal_of("kafka: {input: 'a b'}"), HasSubstr("kafka.input: \"a b\" may only hold"));
  EXPECT_NE(refusal_of("kafka: {input: '..'}"), "");
  EXPECT_NE(refusal_of("application_id: 'a/b'"), "");
  EXPECT_EQ(refusal_of("kafka: {input: A.b_c-9}"), "");
}

TEST(ConfigChecksTest, BehaviourNamesAreUniqueWords) {
  EXPECT_THAT(refusal_of("behaviours: [{name: a, types: [x]}, {name: a, types: [y]}]"),
              HasSubstr("behaviours[1].name: \"a\" is already the name of another one"));
  for (const char* name : {"Click", "1a", "_a", "a-b", "a b", "a.b"}) {
    EXPECT_THAT(refusal_of("behaviours: [{name: '" + std::string(name) + "', types: [x]}]"),
                HasSubstr("with a letter first"))
        << name;
  }
}

TEST(ConfigChecksTest, EventTypeBelongsToOneBehaviour) {
  EXPECT_THAT(refusal_of("behaviours: [{name: a, types: [x]}, {name: b, types: [x]}]"),
              HasSubstr("behaviours[1].types[0]: \"x\" is already a type of behaviours[0]"));
  EXPECT_THAT(refusal_of("behaviours: [{name: a, types: [x, x]}]"), HasSubstr("is already a type"));
}

TEST(ConfigChecksTest, ReservedTypesAreNeverClicks) {
  for (const char* type : {"impression", "request"}) {
    EXPECT_THAT(refusal_of("behaviours: [{name: a, types: [" + std::string(type) + "]}]"),
                HasSubstr("has its own meaning"));
  }
  EXPECT_THAT(refusal_of("behaviours: [{name: a, types: ['']}]"), HasSubstr("cannot be empty"));
}

TEST(ConfigChecksTest, MissingNameIsReportedOnce) {
  EXPECT_EQ(refusal_of("behaviours: [{types: [x]}]"),
            "c.yaml:1:14: behaviours[0].name: is missing: every behaviour needs one");
}

TEST(ConfigChecksTest, LabelBehaviourMustExist) {
  EXPECT_THAT(refusal_of("events: {label_behaviour: cart}"),
              HasSubstr("\"cart\" is not the name of a behaviour"));
}

TEST(ConfigChecksTest, MappedFieldsAndContextMustDiffer) {
  EXPECT_THAT(refusal_of("events: {fields: {item: user_id}}"),
              HasSubstr("events.fields.item: \"user_id\" is the same field as events.fields.user"));
  EXPECT_THAT(refusal_of("events: {context: [ts]}"),
              HasSubstr("events.context[0]: \"ts\" is the same field as events.fields.time"));
  EXPECT_THAT(refusal_of("events: {context: [tab, tab]}"),
              HasSubstr("\"tab\" is the same field as events.context[0]"));
}

TEST(ConfigChecksTest, PathsOfFieldsLeadIntoObjectsAndNeverThroughAnotherField) {
  EXPECT_EQ(refusal_of("events: {fields: {item: payload.item.id, user: payload.user}}"), "");
  EXPECT_EQ(refusal_of("events: {fields: {item: 'a\\.b', user: a.b}}"), "");
  EXPECT_THAT(refusal_of("events: {fields: {item: payload.id}, context: [payload]}"),
              HasSubstr("events.context[0]: \"payload\" and events.fields.item are within one"));
  EXPECT_THAT(refusal_of("events: {fields: {user: p}, context: [p.q.r]}"),
              HasSubstr("events.context[0]: \"p.q.r\" and events.fields.user are within"));
  for (const char* path : {".", "a.", ".a", "a..b"}) {
    EXPECT_THAT(refusal_of("events: {fields: {item: " + std::string(path) + "}}"),
                HasSubstr("has an empty name; a dot leads into an object"))
        << path;
  }
  EXPECT_THAT(refusal_of("events: {context: ['a\\b']}"), HasSubstr("a \\ that escapes nothing"));
}

TEST(ConfigChecksTest, PoolPathAndSourceBelongTogether) {
  EXPECT_THAT(refusal_of("candidates: {source: pool}"),
              HasSubstr("pool needs candidates.pool_path"));
  EXPECT_THAT(refusal_of("candidates: {pool_path: p}"),
              HasSubstr("is only read with candidates.source: pool"));
  EXPECT_EQ(refusal_of("candidates: {source: pool, pool_path: p}"), "");
}

TEST(ConfigChecksTest, ListenAddressIsHostAndPort) {
  for (const char* good : {"0.0.0.0:80", "localhost:65535", "[::1]:8080", "127.0.0.1:0", "off"}) {
    EXPECT_EQ(refusal_of("http: {listen: '" + std::string(good) + "'}"), "") << good;
  }
  for (const char* bad : {"8080", ":8080", "host:", "host:-1", "[]:80", "[[]]:0", "[host]:80",
                          "a b:80", "host:65536", "host:80a", "::1:80", "host:999999999999"}) {
    EXPECT_THAT(refusal_of("http: {listen: '" + std::string(bad) + "'}"), HasSubstr("host:port"))
        << bad;
  }
}

TEST(ConfigChecksTest, EditDistanceCountsSlips) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("input", "imput"), 1U);
  EXPECT_EQ(edit_distance("length", "legnth"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

}  // namespace freshet::pipeline::config_checks_test
