// Each bad event between good ones: one dead letter with its reason, and every other is scored.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::bad_events_test {

using test::StoredRecord;

struct BadEvent {
  std::string name;
  std::string reason;
  StoredRecord record;
  std::string config = "{}";
};

void PrintTo(const BadEvent& event, std::ostream* out) { *out << event.reason; }

// The user stands in an object; everything else where it always does.
constexpr const char* kNestedUser = "events: {fields: {user: who.id}}";

// A click whose `who` is the JSON.
BadEvent nested(std::string name, std::string reason, const std::string& who) {
  return {std::move(name), std::move(reason),
          test::keyed_record(
              "u", R"({"item_id":"v1","ts":1602633600123,"type":"click","who":)" + who + "}"),
          kNestedUser};
}

// A good click under either configuration.
std::string click_of(const std::string& config, const std::string& item, std::int64_t ms) {
  std::string text = test::click_json("u", item, ms);
  if (config == kNestedUser) text.insert(text.size() - 1, R"(,"who":{"id":"u"})");
  return text;
}

// A click of user "u" with one member's JSON replaced.
std::string click_with(const std::string& member, const std::string& json) {
  std::string text;
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"user_id", "\"u\""},
                                                        {"item_id", "\"v1\""},
                                                        {"ts", "1602633600123"},
                                                        {"type", "\"click\""}}) {
    if (name == member && json.empty()) continue;
    text += (text.empty() ? "{\"" : ",\"") + name + "\":" + (name == member ? json : value);
  }
  return text + "}";
}

StoredRecord bad(std::string value) { return test::keyed_record("u", std::move(value)); }

std::vector<BadEvent> bad_events() {
  const std::string overlong = "\"" + std::string(129, 'x') + "\"";
  std::vector<BadEvent> events = {
      {"NotJson", "not_json", bad("hello")},
      {"Empty", "not_json", bad("")},
      {"AvroInAFrame", "unsupported_format", bad(std::string("\0\0\0\1\x2a\x02u\x04v1", 10))},
      {"EmptyInAFrame", "unsupported_format", bad(std::string("\0\0\0\0\1", 5))},
      {"CutFrame", "not_json", bad(std::string("\0\0\0\1", 4))},
      {"CutJsonInAFrame", "not_json", bad(std::string("\0\0\0\0\1{", 6))},
      {"CutOff", "not_json", bad(R"({"user_id":"u")")},
      {"NotAnObject", "not_json", bad("[]")},
      {"InvalidUtf8", "not_json", bad(click_with("item_id", "\"\xff\""))},
      {"LoneSurrogate", "not_json", bad(click_with("item_id", R"("\ud800")"))},
      {"NanTime", "not_json", bad(click_with("ts", "NaN"))},
      {"MillionBrackets", "not_json", bad(std::string(1'000'000, '['))},
      {"MillionBracketsInside", "too_deep",
       bad("{\"x\":" + std::string(500'000, '[') + std::string(500'000, ']') + "}")},
      {"TenMegabytes", "too_large", bad("{\"x\":\"" + std::string(10'000'000, 'x') + "\"}")},
      {"FieldTwice", "duplicate_field",
       bad(R"({"user_id":"u","user_id":"u","item_id":"v1","ts":1602633600123,"type":"click"})")},
      {"NoUser", "missing_field", bad(click_with("user_id", ""))},
      {"NoItem", "missing_field", bad(click_with("item_id", ""))},
      {"NoTime", "missing_field", bad(click_with("ts", ""))},
      {"UserIsAList", "wrong_type", bad(click_with("user_id", "[1]"))},
      {"FloatUser", "wrong_type", bad(click_with("user_id", "1.5"))},
      {"FloatItem", "wrong_type", bad(click_with("item_id", "1e3"))},
      {"TypeIsANumber", "wrong_type", bad(click_with("type", "7"))},
      {"EmptyUser", "invalid_id", bad(click_with("user_id", "\"\""))},
      {"EmptyItem", "invalid_id", bad(click_with("item_id", "\"\""))},
      {"OverlongUser", "invalid_id", bad(click_with("user_id", overlong))},
      {"OverlongItem", "invalid_id", bad(click_with("item_id", overlong))},
      {"TimeBefore2000", "invalid_time", bad(click_with("ts", "946684799999"))},
      {"TimeFrom2100", "invalid_time", bad(click_with("ts", "4102444800000"))},
      {"UnknownType", "unknown_type", bad(click_with("type", "\"hover\""))},
      {"EmptyCandidates", "empty_candidates", bad(test::request_json("u", 1, {}))},
      {"UnknownItem", "unknown_item", bad(test::impression_json("u", "nobody", 1, false))},
      {"KeyOfAnother", "key_mismatch",
       test::keyed_record("somebody", test::click_json("u", "v1", 1))},
      nested("NoObjectOnTheWay", "missing_field", "{}"),
      nested("AScalarOnTheWay", "missing_field", "7"),
      nested("AListOnTheWay", "missing_field", R"([{"id":"u"}])"),
      nested("NestedFieldTwice", "duplicate_field", R"({"id":"u","id":"u"})"),
      nested("ObjectOnTheWayTwice", "duplicate_field", R"({"id":"u"},"who":{"id":"u"})"),
      nested("NestedUserIsAnObject", "wrong_type", R"({"id":{"id":"u"}})"),
      {"NoKey", "key_missing", bad(test::click_json("u", "v1", 1))},
      {"AheadOfItsRecord", "future_time", bad(test::click_json("u", "v1", 86'400'001))}};
  for (BadEvent& event : events) {
    if (event.name == "NoKey") event.record.key.reset();
    if (event.name == "AheadOfItsRecord") event.record.timestamp = EventTime{test::kBaseMs};
  }
  return events;
}

class BadEventTest : public ::testing::TestWithParam<BadEvent> {};

TEST_P(BadEventTest, IsOneDeadLetterAndEveryOtherEventIsScored) {
  const std::string& config = GetParam().config;
  test::WorkerWorld world(test::config_of(config));
  StoredRecord record = GetParam().record;
  world.append("u", click_of(config, "v1", 1));
  world.broker.append("clicks", Partition{0}, record);
  world.append("u", click_of(config, "v2", 2));
  ASSERT_TRUE(world.run());
  EXPECT_THAT(world.refusals(), ::testing::ElementsAre(GetParam().reason + "@1"));
  const auto outputs = world.outputs();
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_THAT(*outputs[1].value, ::testing::HasSubstr("\"sequence_length\":2"));
  EXPECT_EQ(world.counters.records, 3U);
  EXPECT_EQ(world.counters.dead_letter_total(), 1U);
  EXPECT_EQ(world.broker.committed("freshet", Partition{0})->position, Position{3});
}

INSTANTIATE_TEST_SUITE_P(All, BadEventTest, ::testing::ValuesIn(bad_events()),
                         [](const auto& event) { return event.param.name; });

}  // namespace freshet::pipeline::bad_events_test
