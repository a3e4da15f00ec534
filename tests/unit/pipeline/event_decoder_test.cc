#include "pipeline/events/event_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace freshet::pipeline::event_decoder_test {

using ::testing::ElementsAre;
using ::testing::Optional;

WorkerConfig two_behaviours() {
  WorkerConfig config;
  config.behaviours.resize(2);
  config.behaviours[0].limits.name = "click";
  config.behaviours[0].types = {"click", "tap"};
  config.behaviours[1].limits.name = "cart";
  config.behaviours[1].types = {"cart"};
  config.events.context = {"tab", "scene"};
  config.events.label_behaviour = 1;
  return config;
}

tl::expected<Event, Refusal> decode(std::string_view value) {
  return EventDecoder(two_behaviours()).decode(value);
}

// The event of a value that must be good.
Event event_of(std::string_view value) {
  tl::expected<Event, Refusal> event = decode(value);
  if (event) return *event;
  ADD_FAILURE() << value << ": " << event.error().message;
  return {};
}

TEST(EventDecoderTest, ClickHasItsFields) {
  const Event event = event_of(
      R"({"event_id":"e1","user_id":"u1","item_id":"v9","ts":1602633600123,"type":"click"})");
  EXPECT_EQ(event.kind, EventKind::kClick);
  EXPECT_EQ(event.user, UserId("u1"));
  EXPECT_EQ(event.item, ItemId("v9"));
  EXPECT_EQ(event.ts.ms, 1602633600123);
  EXPECT_EQ(event.behaviour, 0U);
  EXPECT_EQ(event.event_id, "e1");
  EXPECT_EQ(event.request_id, std::nullopt);
  EXPECT_FALSE(event.label);
  EXPECT_FALSE(event.candidates.has_value());
  EXPECT_THAT(event.context, ElementsAre(std::nullopt, std::nullopt));
}

TEST(EventDecoderTest, TypesChooseTheBehaviour) {
  EXPECT_EQ(event_of(R"({"user_id":"u","item_id":"v","ts":1602633600123,"type":"tap"})").behaviour,
            0U);
  EXPECT_EQ(event_of(R"({"user_id":"u","item_id":"v","ts":1602633600123,"type":"cart"})").behaviour,
            1U);
}

TEST(EventDecoderTest, ImpressionHasLabelBehaviourAndContext) {
  const Event event = event_of(
      R"({"type":"impression","user_id":"u1","item_id":"v3","ts":1602633600200,"label":1,"tab":1})");
  EXPECT_EQ(event.kind, EventKind::kImpression);
  EXPECT_TRUE(event.label);
  EXPECT_EQ(event.behaviour, 1U);
  EXPECT_EQ(event.item, ItemId("v3"));
  EXPECT_THAT(event.context, ElementsAre(Optional(std::string("1")), std::nullopt));
}

TEST(EventDecoderTest, LabelIsOneZeroOrABoolean) {
  const auto label_of = [](const std::string& label) {
    return event_of(
               R"({"type":"impression","user_id":"u","item_id":"v","ts":1602633600200,"label":)" +
               label + "}")
        .label;
  };
  EXPECT_TRUE(label_of("1"));
  EXPECT_TRUE(label_of("true"));
  EXPECT_FALSE(label_of("0"));
  EXPECT_FALSE(label_of("-0"));
  EXPECT_FALSE(label_of("false"));
  EXPECT_FALSE(label_of("null"));
  EXPECT_FALSE(
      event_of(R"({"type":"impression","user_id":"u","item_id":"v","ts":1602633600200})").label);
}

TEST(EventDecoderTest, RequestHasCandidatesInOrder) {
  const Event event =
      event_of(R"({"type":"request","request_id":"r1","user_id":"u1","ts":1602633600300,)"
               R"("candidates":["v2",7,"v1","v2"]})");
  EXPECT_EQ(event.kind, EventKind::kRequest);
  EXPECT_EQ(event.request_id, "r1");
  EXPECT_EQ(event.event_id, std::nullopt);
  EXPECT_FALSE(event.item.has_value());
  ASSERT_TRUE(event.candidates.has_value());
  EXPECT_THAT(*event.candidates,
              ElementsAre(ItemId("v2"), ItemId("7"), ItemId("v1"), ItemId("v2")));
}

TEST(EventDecoderTest, RequestNeedsNoCandidates) {
  EXPECT_FALSE(
      event_of(R"({"type":"request","user_id":"u1","ts":1602633600300})").candidates.has_value());
  EXPECT_FALSE(event_of(R"({"type":"request","user_id":"u1","ts":1602633600300,"candidates":null})")
                   .candidates.has_value());
}

TEST(EventDecoderTest, IntegerIdsBecomeTheirDecimalString) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"7", "7"},
      {"-5", "-5"},
      {"0", "0"},
      {"-0", "0"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"\"0712\"", "0712"},
      {"\"712\"", "712"}};
  for (const auto& [json, id] : cases) {
    const Event event =
        event_of(R"({"type":"click","ts":1602633600300,"item_id":"v","user_id":)" + json + "}");
    EXPECT_EQ(event.user.str(), id);
  }
}

TEST(EventDecoderTest, IdsAreUnescapedAndMayHoldAnyCharacter) {
  const Event event = event_of(
      R"({"type":"click","ts":1602633600300,"user_id":"\u00e9\"\\\/\n\ud83d\ude00","item_id":"a\u0000b"})");
  EXPECT_EQ(event.user.str(), "é\"\\/\n😀");
  EXPECT_EQ(event.item->str(), std::string("a\0b", 3));
}

TEST(EventDecoderTest, IdOf128BytesIsTheLongest) {
  const std::string id(128, 'x');
  EXPECT_EQ(event_of(R"({"type":"click","ts":1602633600300,"item_id":"v","user_id":")" + id + "\"}")
                .user.str(),
            id);
}

TEST(EventDecoderTest, KeysMayBeWrittenWithEscapes) {
  EXPECT_EQ(event_of(R"({"type":"click","ts":1602633600300,"item_id":"v","\u0075ser_id":"u"})")
                .user.str(),
            "u");
}

TEST(EventDecoderTest, FieldsThatTheKindDoesNotUseAreNotJudged) {
  const Event click = event_of(
      R"({"type":"click","user_id":"u","item_id":"v","ts":1602633600300,"label":"x","candidates":[],)"
      R"("request_id":1.5})");
  EXPECT_FALSE(click.label);
  const Event request = event_of(
      R"({"type":"request","user_id":"u","ts":1602633600300,"item_id":[1],"event_id":{},"label":7})");
  EXPECT_FALSE(request.item.has_value());
}

TEST(EventDecoderTest, UnmappedFieldsMayHoldAnything) {
  const Event event = event_of(
      R"( { "a" : [ 1 , { "b" : [ ] } , null ] , "a" : 1e999 , "n" : 123456789012345678901234567890 ,)"
      "\t\r\n"
      R"("user_id":"u","item_id":"v","ts":1602633600300,"type":"click","z":{"user_id":"other"}} )");
  EXPECT_EQ(event.user.str(), "u");
}

TEST(EventDecoderTest, ContextIsText) {
  const auto tab_of = [](const std::string& json) {
    return event_of(R"({"type":"click","user_id":"u","item_id":"v","ts":1602633600300,"tab":)" +
                    json + "}")
        .context[0];
  };
  EXPECT_EQ(tab_of("\"home\""), "home");
  EXPECT_EQ(tab_of("\"\""), "");
  EXPECT_EQ(tab_of("-12"), "-12");
  EXPECT_EQ(tab_of("-0"), "0");
  EXPECT_EQ(tab_of("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(tab_of("true"), "true");
  EXPECT_EQ(tab_of("null"), std::nullopt);
}

TEST(EventDecoderTest, NullEventIdIsNone) {
  EXPECT_EQ(
      event_of(R"({"type":"click","user_id":"u","item_id":"v","ts":1602633600300,"event_id":null})")
          .event_id,
      std::nullopt);
  EXPECT_EQ(
      event_of(R"({"type":"click","user_id":"u","item_id":"v","ts":1602633600300,"event_id":5})")
          .event_id,
      "5");
}

TEST(EventDecoderTest, FieldsCanBeMapped) {
  WorkerConfig config = two_behaviours();
  config.events.fields = {"who", "what", "when", "kind", "hit", "id", "rid", "list"};
  const auto event = EventDecoder(config).decode(
      R"({"who":"u","what":"v","when":1602633600300,"kind":"impression","hit":true,"id":"e",)"
      R"("user_id":1.5,"ts":"never"})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->user.str(), "u");
  EXPECT_TRUE(event->label);
  EXPECT_EQ(event->event_id, "e");
}

TEST(EventDecoderTest, PeekReadsTheUserOfAnyWellFormedObject) {
  EventDecoder decoder(two_behaviours());
  EXPECT_EQ(decoder.peek_user(R"({"user_id":"u"})"), UserId("u"));
  EXPECT_EQ(decoder.peek_user(R"({"type":"nonsense","user_id":7})"), UserId("7"));
  EXPECT_EQ(decoder.peek_user(R"({"user_id":""})"), std::nullopt);
  EXPECT_EQ(decoder.peek_user(R"({"user_id":1.5})"), std::nullopt);
  EXPECT_EQ(decoder.peek_user(R"({"user_id":"u","user_id":"u"})"), std::nullopt);
  EXPECT_EQ(decoder.peek_user(R"({"user_id":"u"} x)"), std::nullopt);
  EXPECT_EQ(decoder.peek_user(R"({})"), std::nullopt);
  EXPECT_EQ(decoder.peek_user(""), std::nullopt);
}

TEST(EventDecoderTest, DecoderIsAsGoodAsNewAfterEveryRefusal) {
  EventDecoder decoder(two_behaviours());
  const std::string good = R"({"user_id":"u","item_id":"v","ts":1602633600123,"type":"click"})";
  for (const std::string& bad :
       {std::string("{"), std::string(), std::string("{\"a\":[}"), std::string(2 << 20, 'x'),
        "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"}) {
    EXPECT_FALSE(decoder.decode(bad));
    const auto event = decoder.decode(good);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->user.str(), "u");
  }
}

TEST(EventDecoderTest, MovedDecoderGoesOn) {
  EventDecoder first(two_behaviours());
  EventDecoder second(std::move(first));
  EXPECT_TRUE(second.peek_user(R"({"user_id":"u"})").has_value());
}

}  // namespace freshet::pipeline::event_decoder_test
