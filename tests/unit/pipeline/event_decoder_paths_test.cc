// Fields by path, and values in a schema registry's frame.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "pipeline/events/event_decoder.h"

namespace freshet::pipeline::event_decoder_paths_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

WorkerConfig nested() {
  WorkerConfig config;
  config.behaviours.resize(1);
  config.behaviours[0].limits.name = "click";
  config.behaviours[0].types = {"click"};
  config.events.fields.user = "payload.user.id";
  config.events.fields.item = "payload.item.id";
  config.events.fields.time = "meta.ts";
  config.events.fields.candidates = "payload.list";
  config.events.context = {"payload.item.tab", "literal\\.dot"};
  return config;
}

tl::expected<Event, Refusal> decode(std::string_view value) {
  return EventDecoder(nested()).decode(value);
}

// The reason and message of a value that must be refused.
std::string refusal_of(std::string_view value) {
  const auto event = decode(value);
  if (event) return "accepted";
  return std::string(name_of(event.error().reason)) + ": " + event.error().message;
}

constexpr std::string_view kGood =
    R"({"type":"click","meta":{"ts":1602633600123,"x":[{}]},"literal.dot":"7",)"
    R"("payload":{"item":{"tab":3,"id":"v9"},"user":{"name":"n","id":"u1"},"id":"no"}})";

TEST(EventDecoderPathsTest, FieldsAreReadInTheirObjects) {
  const auto event = decode(kGood);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->user, UserId("u1"));
  EXPECT_EQ(event->item, ItemId("v9"));
  EXPECT_EQ(event->ts.ms, 1602633600123);
  EXPECT_THAT(event->context, ElementsAre(Optional(std::string("3")), Optional(std::string("7"))));
  EXPECT_EQ(EventDecoder(nested()).peek_user(kGood), UserId("u1"));
}

TEST(EventDecoderPathsTest, AListOfCandidatesMayBeNested) {
  const auto event = decode(
      R"({"type":"request","meta":{"ts":1602633600123},"payload":{"list":["a",7],"user":{"id":1}}})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_THAT(*event->candidates, ElementsAre(ItemId("a"), ItemId("7")));
}

TEST(EventDecoderPathsTest, AWayThatIsNotThereIsAFieldThatIsNot) {
  for (const char* payload :
       {"null", "7", "\"payload\"", "[{\"user\":{\"id\":\"u\"}}]", "{}", "{\"user\":null}",
        "{\"user\":[\"id\"]}", "{\"user\":{\"id\":null}}"}) {
    EXPECT_EQ(refusal_of("{\"type\":\"click\",\"payload\":" + std::string(payload) + "}"),
              "missing_field: \"payload.user.id\" is missing")
        << payload;
  }
  // The same names elsewhere are other fields.
  EXPECT_EQ(refusal_of(R"({"payload.user.id":"u","user":{"id":"u"},"id":"u","literal":{"dot":1}})"),
            "missing_field: \"payload.user.id\" is missing");
}

TEST(EventDecoderPathsTest, WhatStandsTwiceOnAWayIsRefusedAtEveryLevel) {
  EXPECT_EQ(refusal_of(R"({"payload":{"user":{"id":"u"}},"payload":{}})"),
            "duplicate_field: \"payload\" stands in the event more than once");
  EXPECT_EQ(refusal_of(R"({"payload":{"user":{"id":"u"},"\u0075ser":1}})"),
            "duplicate_field: \"payload.user\" stands in the event more than once");
  EXPECT_EQ(refusal_of(R"({"payload":{"user":{"id":"u","id":"u"}}})"),
            "duplicate_field: \"payload.user.id\" stands in the event more than once");
  EXPECT_EQ(refusal_of(R"({"payload":null,"payload":null})"),
            "duplicate_field: \"payload\" stands in the event more than once");
  EXPECT_FALSE(EventDecoder(nested()).peek_user(R"({"payload":{"user":{"id":"u"}},"payload":1})"));
  // What is not mapped may repeat, on a way too.
  EXPECT_EQ(refusal_of(R"({"x":1,"x":2,"payload":{"x":1,"x":2,"user":{"id":"u","y":1,"y":2}}})"),
            "missing_field: \"type\" is missing");
}

TEST(EventDecoderPathsTest, DepthIsLimitedOnAWayAsEverywhere) {
  const auto deep =
      [](std::size_t count) {  // objects and arrays within one another, the event's included
        return "{\"payload\":{\"user\":" + std::string(count - 2, '[') +
               std::string(count - 2, ']') + "}}";
      };
  EXPECT_EQ(refusal_of(deep(64)), "missing_field: \"payload.user.id\" is missing");
  EXPECT_THAT(refusal_of(deep(65)), HasSubstr("too_deep"));

  WorkerConfig config = nested();
  std::string path = "a";
  for (int i = 1; i < 64; ++i) path += ".a";
  config.events.fields.user = path;
  std::string value;
  for (int i = 0; i < 64; ++i) value += "{\"a\":";
  value += "\"u\"" + std::string(64, '}');
  EventDecoder decoder(config);
  EXPECT_EQ(decoder.peek_user(value), UserId("u"));
  config.events.fields.user = path + ".a";
  EXPECT_EQ(EventDecoder(config).decode("{\"a\":" + value + "}").error().reason,
            DeadLetterReason::kTooDeep);
}

std::string framed(std::string_view payload) {
  return std::string("\0\0\1\0\2", 5) + std::string(payload);
}

TEST(EventDecoderPathsTest, JsonInAFrameIsReadAsIfThereWereNone) {
  for (const char* space : {"", " \n\t"}) {
    const std::string value = framed(space + std::string(kGood));
    const auto event = decode(value);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->user, UserId("u1"));
    EXPECT_EQ(EventDecoder(nested()).peek_user(value), UserId("u1"));
  }
}

TEST(EventDecoderPathsTest, AvroAndProtobufAreRefusedByNameWithTheSchemasId) {
  for (const std::string& payload :
       {std::string("\x02u\x04v1"), std::string(""), std::string("\0\x0a", 2), std::string("[]"),
        std::string("\"text\"")}) {
    EXPECT_EQ(refusal_of(framed(payload)),
              "unsupported_format: the value is framed for a schema registry (schema id 65538) and "
              "holds Avro or Protobuf, not a JSON object; produce it as JSON, plain or by the JSON "
              "Schema serializer");
    EXPECT_FALSE(EventDecoder(nested()).peek_user(framed(payload)));
  }
}

TEST(EventDecoderPathsTest, WhatOnlyBeginsLikeAFrameIsNotJson) {
  EXPECT_THAT(refusal_of(std::string("\0\0\0\1", 4)), HasSubstr("not_json"));
  EXPECT_THAT(refusal_of(std::string("\1\0\0\0\1{}", 7)), HasSubstr("not_json"));
  EXPECT_THAT(refusal_of(framed("{")), HasSubstr("not_json"));
  EXPECT_THAT(refusal_of(framed(framed("{}"))), HasSubstr("unsupported_format"));
}

TEST(EventDecoderPathsTest, TheLimitOfBytesHoldsForTheFrameToo) {
  WorkerConfig config = nested();
  config.input.event_bytes_max = kGood.size() + 4;
  EXPECT_EQ(EventDecoder(config).decode(framed(kGood)).error().reason, DeadLetterReason::kTooLarge);
  config.input.event_bytes_max = kGood.size() + 5;
  EXPECT_TRUE(EventDecoder(config).decode(framed(kGood)));
}

}  // namespace freshet::pipeline::event_decoder_paths_test
