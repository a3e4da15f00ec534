// Behaviours that impressions feed: their rule in the configuration, in decoding, in a task.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "pipeline/config/config_parser.h"
#include "pipeline/events/event_decoder.h"
#include "pipeline/state/fingerprint.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::impressions_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kThree =
    "{events: {context: [tab]},"
    " behaviours: [{name: click, types: [click]},"
    " {name: long_view, impressions: long_view},"
    " {name: exposed, impressions: all}]}";

std::string refusal_of(std::string_view yaml) {
  const auto config = parse_config(yaml, "c.yaml");
  return config ? "" : config.error().message;
}

tl::expected<Event, Refusal> decode(const std::string& value) {
  return EventDecoder(test::config_of(kThree)).decode(value);
}

std::string impression(const std::string& item, std::int64_t ms, const std::string& more) {
  return R"({"type":"impression","user_id":"u","item_id":")" + item + R"(","ts":)" +
         std::to_string(test::kBaseMs + ms) + more + "}";
}

TEST(ImpressionsConfigTest, ARuleIsAllOrAField) {
  const WorkerConfig config = test::config_of(kThree);
  EXPECT_FALSE(config.behaviours[0].all_impressions);
  EXPECT_EQ(config.behaviours[0].impression_field, "");
  EXPECT_EQ(config.behaviours[1].impression_field, "long_view");
  EXPECT_THAT(config.behaviours[1].types, IsEmpty());
  EXPECT_TRUE(config.behaviours[2].all_impressions);
  EXPECT_EQ(config.behaviours[2].impression_field, "");
}

TEST(ImpressionsConfigTest, ABehaviourThatNothingFeedsIsRefused) {
  for (const char* empty : {"{name: a}", "{name: a, types: []}", "{name: a, impressions: null}"}) {
    EXPECT_THAT(refusal_of("behaviours: [" + std::string(empty) + "]"),
                HasSubstr("behaviours[0].types: names no event type"))
        << empty;
  }
}

TEST(ImpressionsConfigTest, AFieldHasOneMeaning) {
  EXPECT_THAT(refusal_of("behaviours: [{name: a, impressions: label}]"),
              HasSubstr("behaviours[0].impressions: \"label\" is the same field as "
                        "events.fields.label"));
  EXPECT_THAT(refusal_of("{events: {context: [seen]}, behaviours: [{name: a, impressions: seen}]}"),
              HasSubstr("\"seen\" is the same field as events.context[0]"));
  EXPECT_THAT(refusal_of("behaviours: [{name: a, impressions: a..b}]"), HasSubstr("empty name"));
  EXPECT_EQ(refusal_of("behaviours: [{name: a, impressions: x, length_max: 9},"
                       " {name: b, impressions: x}]"),
            "");
}

TEST(ImpressionsConfigTest, TheFingerprintHasRulesAndIsAsBeforeWithoutThem) {
  const auto print = [](std::string_view yaml) {
    return fingerprint_of(test::config_of(yaml), "clicks", 1, Partition{0});
  };
  const std::string with_rules = print(kThree);
  EXPECT_THAT(with_rules, HasSubstr("behaviour.long_view.impressions=\"long_view\"\n"));
  EXPECT_THAT(with_rules, HasSubstr("behaviour.exposed.impressions=all\n"));
  EXPECT_THAT(print("behaviours: [{name: click, types: [click]}]"), Not(HasSubstr("impressions")));
  const Status fits =
      check_fingerprint(print("behaviours: [{name: a, types: [a], impressions: all}]"),
                        print("behaviours: [{name: a, types: [a]}]"));
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message, HasSubstr("behaviour.a.impressions = all"));
}

TEST(ImpressionsDecoderTest, EachRuleIsOneBit) {
  EXPECT_EQ(decode(impression("v", 0, ""))->impressed, 0b100U);
  EXPECT_EQ(decode(impression("v", 0, R"(,"long_view":1)"))->impressed, 0b110U);
  EXPECT_EQ(decode(impression("v", 0, R"(,"long_view":true,"label":1)"))->impressed, 0b110U);
  EXPECT_EQ(decode(impression("v", 0, R"(,"long_view":0)"))->impressed, 0b100U);
  EXPECT_EQ(decode(impression("v", 0, R"(,"long_view":null)"))->impressed, 0b100U);
  EXPECT_TRUE(decode(impression("v", 0, R"(,"label":0)"))->label_given);
  EXPECT_FALSE(decode(impression("v", 0, R"(,"label":null)"))->label_given);
  const auto click = decode(test::click_json("u", "v", 0));
  ASSERT_TRUE(click);
  EXPECT_EQ(click->impressed, 0U);
}

TEST(ImpressionsDecoderTest, BehavioursMayShareAField) {
  EventDecoder decoder(
      test::config_of("behaviours: [{name: click, types: [click]}, {name: a, impressions: p.seen},"
                      " {name: b, impressions: p.seen}]"));
  EXPECT_EQ(decoder.decode(impression("v", 0, R"(,"p":{"seen":1})"))->impressed, 0b110U);
}

TEST(ImpressionsDecoderTest, AFieldOfAnotherKindIsRefusedAsALabelIs) {
  for (const char* value : {"2", "-1", "1.0", "\"1\"", "[]", "{}"}) {
    const auto event = decode(impression("v", 0, R"(,"long_view":)" + std::string(value)));
    ASSERT_FALSE(event) << value;
    EXPECT_EQ(event.error().reason, DeadLetterReason::kWrongType);
    EXPECT_THAT(event.error().message, HasSubstr("\"long_view\" is "));
    EXPECT_THAT(event.error().message, HasSubstr("not 0, 1, false or true"));
  }
  const auto twice = decode(impression("v", 0, R"(,"long_view":1,"long_view":1)"));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().reason, DeadLetterReason::kDuplicateField);
  const auto both = decode(impression("v", 0, R"(,"long_view":2,"label":2)"));
  ASSERT_FALSE(both);
  EXPECT_THAT(both.error().message, HasSubstr("\"label\""));  // the label is judged first
}

TEST(ImpressionsDecoderTest, OnlyImpressionsAreJudged) {
  EXPECT_TRUE(decode(R"({"type":"click","user_id":"u","item_id":"v","ts":1602633600000,)"
                     R"("long_view":"no"})"));
}

// One task over the three behaviours.
class ImpressionsTaskTest : public ::testing::Test {
 protected:
  ImpressionsTaskTest()
      : config_(test::config_of(kThree)),
        model_(test::serve(test::random_model(test::small_model(config_)), config_)),
        run_({&config_, model_, &store_, &clock_, &counters_}, 1 << 20) {
    EXPECT_TRUE(run_.start());
  }

  std::string publish(const std::string& value) {
    test::StoredRecord record = test::keyed_record("u", value);
    record.offset = Offset{next_++};
    const auto output = run_.process(test::view_of(record));
    EXPECT_TRUE(output && *output);
    return *(*output)->value;
  }

  // The items of a behaviour, newest first, as the last commit saved them.
  std::vector<std::string> saved(std::size_t behaviour) {
    run_.commit(Task::Save::kEverything);
    const auto value = store_.read_user(Partition{0}, UserId("u"));
    const auto state = stateful::decode_user_state(config_.limits(), **value);
    std::vector<std::string> items;
    const stateful::Sequence& sequence = state->sequences[behaviour];
    for (std::size_t i = 0; i < sequence.size(); ++i) items.push_back(sequence[i].item.str());
    return items;
  }

  WorkerConfig config_;
  std::shared_ptr<const ServedModel> model_;
  stateful::MemoryStateStore store_;
  test::ManualClock clock_;
  Counters counters_;
  test::TaskRun run_;
  std::int64_t next_ = 0;
};

TEST_F(ImpressionsTaskTest, OneImpressionFeedsSeveralBehaviours) {
  publish(impression("v1", 1, R"(,"label":1)"));
  publish(impression("v2", 2, R"(,"long_view":1)"));
  publish(impression("v3", 3, R"(,"long_view":1,"label":1)"));
  publish(impression("v4", 4, ""));
  EXPECT_THAT(saved(0), ElementsAre("v3", "v1"));
  EXPECT_THAT(saved(1), ElementsAre("v3", "v2"));
  EXPECT_THAT(saved(2), ElementsAre("v4", "v3", "v2", "v1"));
}

TEST_F(ImpressionsTaskTest, FlagsAreTheLabelsAlone) {
  publish(impression("v1", 9, ""));
  EXPECT_THAT(publish(impression("v1", 9, "")), Not(HasSubstr("duplicate")));
  EXPECT_THAT(publish(impression("v2", 1, R"(,"long_view":1)")), Not(HasSubstr("late")));
  EXPECT_THAT(publish(impression("v1", 9, R"(,"label":1)")), Not(HasSubstr("duplicate")));
  EXPECT_THAT(publish(impression("v1", 9, R"(,"label":1)")), HasSubstr("\"duplicate\":true"));
  EXPECT_EQ(counters_.duplicate, 1U);
  EXPECT_EQ(counters_.late, 0U);
}

TEST_F(ImpressionsTaskTest, ARestartReadsTheSameStateAgain) {
  publish(impression("v1", 1, R"(,"long_view":1)"));
  publish(impression("v2", 2, ""));
  const std::vector<std::string> long_views = saved(1);
  const std::vector<std::string> exposed = saved(2);
  run_.crash();
  ASSERT_TRUE(run_.start());
  test::StoredRecord last = test::keyed_record("u", impression("v2", 2, ""));
  last.offset = Offset{next_ - 1};
  ASSERT_TRUE(run_.process(test::view_of(last)));  // which a start reads again
  publish(impression("v2", 2, ""));                // once more: nothing changes
  EXPECT_EQ(saved(1), long_views);
  EXPECT_EQ(saved(2), exposed);
}

}  // namespace freshet::pipeline::impressions_test
