// Every kind of bad event, and the dead letter's reason and message.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/ids.h"
#include "pipeline/events/event_decoder.h"

namespace freshet::pipeline::event_decoder_refusals_test {

WorkerConfig one_behaviour() {
  WorkerConfig config;
  config.behaviours.resize(1);
  config.behaviours[0].limits.name = "click";
  config.behaviours[0].types = {"click"};
  config.events.context = {"tab"};
  return config;
}

// "reason: message" of a value that must be refused.
std::string refusal_of(std::string_view value) {
  EventDecoder decoder(one_behaviour());
  const tl::expected<Event, Refusal> event = decoder.decode(value);
  if (event) return "accepted";
  EXPECT_TRUE(is_valid_utf8(event.error().message));
  EXPECT_LE(event.error().message.size(), 400U);
  EXPECT_TRUE(decoder.decode(R"({"user_id":"u","item_id":"v","ts":1602633600123,"type":"click"})"));
  return std::string(name_of(event.error().reason)) + ": " + event.error().message;
}

std::string reason_of(std::string_view value) {
  const std::string refusal = refusal_of(value);
  return refusal.substr(0, refusal.find(':'));
}

// A click whose fields are good but for one, which is replaced or added as raw JSON.
std::string click_with(const std::string& name, const std::string& json) {
  std::string text = "{";
  bool found = false;
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, std::string>>{{"user_id", "\"u\""},
                                                        {"item_id", "\"v\""},
                                                        {"ts", "1602633600123"},
                                                        {"type", "\"click\""}}) {
    if (text.size() > 1) text += ",";
    text += "\"" + field + "\":" + (field == name ? json : value);
    found = found || field == name;
  }
  if (!found) text += ",\"" + name + "\":" + json;
  return text + "}";
}

TEST(EventDecoderRefusalsTest, WhatIsNotOneJsonObjectIsRefused) {
  for (const char* value : {"{",
                            "}",
                            "{]",
                            "[}",
                            "{}}",
                            "{}{}",
                            "{} x",
                            "{},",
                            "null",
                            "true",
                            "7",
                            "\"text\"",
                            "[]",
                            "[{}]",
                            "NaN",
                            "{\"a\"}",
                            "{\"a\":}",
                            "{\"a\":1,}",
                            "{,}",
                            "{\"a\":1 \"b\":2}",
                            "{\"a\" 1}",
                            "{a:1}",
                            "{'a':1}",
                            "{\"a\":01}",
                            "{\"a\":1.}",
                            "{\"a\":.5}",
                            "{\"a\":+1}",
                            "{\"a\":-}",
                            "{\"a\":1e}",
                            "{\"a\":0x10}",
                            "{\"a\":1_000}",
                            "{\"a\":NaN}",
                            "{\"a\":Infinity}",
                            "{\"a\":-Infinity}",
                            "{\"a\":nul}",
                            "{\"a\":nullx}",
                            "{\"a\":True}",
                            "{\"a\":truefalse}",
                            "{\"a\":1\"b\":2}",
                            "{\"a\":\"b\"c}",
                            "{\"a\":[1 2]}",
                            "{\"a\":[1,]}",
                            "{\"a\":[,1]}",
                            "{\"a\":[1}",
                            "{\"a\":{]}",
                            "{\"a\":\"unclosed}",
                            "{\"a\":\"tab\there\"}",
                            "{\"a\":\"line\nhere\"}",
                            "{\"a\":\"\\x\"}",
                            "{\"a\":\"\\u12\"}",
                            "{\"a\":\"\\u12g4\"}",
                            "{\"a\\\":1}",
                            "{1:2}",
                            "{\"a\":1}/* comment */",
                            "{\"a\":1}//",
                            "{\"a\"::1}",
                            "{\"a\":1:2}",
                            "{:1}",
                            "{\"a\":[:]}",
                            "{\"a\":1,,\"b\":2}"}) {
    EXPECT_EQ(reason_of(value), "not_json") << value;
  }
}

TEST(EventDecoderRefusalsTest, NotJsonSaysWhatItIs) {
  EXPECT_EQ(refusal_of(""), "not_json: the value is empty");
  EXPECT_EQ(refusal_of("   \n"), "not_json: the value is not a JSON object");
  EXPECT_EQ(refusal_of("[1]"), "not_json: the value is not a JSON object");
  EXPECT_EQ(refusal_of("\xef\xbb\xbf{}"), "not_json: the value is not a JSON object");
  EXPECT_EQ(refusal_of("{\"a\":\"\xff\"}"), "not_json: the value is not valid UTF-8");
  EXPECT_EQ(refusal_of("{\"a\":}"), "not_json: the value is not one well-formed JSON object");
  EXPECT_EQ(reason_of(std::string_view("{\"a\":1}\0", 8)), "not_json");
  EXPECT_EQ(reason_of(std::string_view("\0", 1)), "not_json");
}

TEST(EventDecoderRefusalsTest, GarbageAfterAGoodEventIsRefused) {
  const std::string good = click_with("x", "1");
  EXPECT_EQ(refusal_of(good), "accepted");
  for (const char* tail : {"x", "1", "}", "]", ",", "{}", "\"", "null", " {\"user_id\":\"w\"}"}) {
    EXPECT_EQ(reason_of(good + tail), "not_json") << tail;
  }
}

TEST(EventDecoderRefusalsTest, EveryCutOfAnEventIsRefused) {
  const std::string good = click_with("a", R"({"b":[1,"é\u00e9",null,true,-1.5e3]})");
  ASSERT_EQ(refusal_of(good), "accepted");
  for (std::size_t kept = 0; kept < good.size(); ++kept) {
    EXPECT_EQ(reason_of(std::string_view(good).substr(0, kept)), "not_json") << kept;
  }
}

TEST(EventDecoderRefusalsTest, InvalidUtf8IsRefusedAnywhere) {
  for (const char* bytes : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xe2\x82", "\x80", "\xf8\x88\x80\x80\x80"}) {
    const std::string text(bytes);
    EXPECT_EQ(reason_of(click_with("user_id", "\"" + text + "\"")), "not_json");
    EXPECT_EQ(reason_of(click_with("unmapped", "\"" + text + "\"")), "not_json");
    EXPECT_EQ(reason_of(click_with(text, "1")), "not_json");
  }
}

TEST(EventDecoderRefusalsTest, LoneSurrogatesAreRefusedAnywhere) {
  for (const char* escape :
       {R"(\ud800)", R"(\udc00)", R"(\ud800\u0041)", R"(\ud800\ud800)", R"(\udc00\ud800)",
        R"(\ud800x)", R"(\ud800\n)", R"(\udbff)", R"(a\uDFFFb)", R"(\ud83d\ude00\ude00)"}) {
    const std::string text(escape);
    EXPECT_EQ(reason_of(click_with("user_id", "\"" + text + "\"")), "not_json") << text;
    EXPECT_EQ(reason_of(click_with("unmapped", "\"" + text + "\"")), "not_json") << text;
    EXPECT_EQ(reason_of(click_with(text, "1")), "not_json") << text;
    EXPECT_EQ(reason_of(click_with("deep", "[{\"k\":\"" + text + "\"}]")), "not_json") << text;
  }
}

TEST(EventDecoderRefusalsTest, TenMegabytesAreRefusedBeforeParsing) {
  EXPECT_EQ(refusal_of("{\"a\":\"" + std::string(10'000'000, 'x') + "\"}"),
            "too_large: the value has 10000008 bytes; input.event_bytes_max is 1048576");
}

TEST(EventDecoderRefusalsTest, ValueOfExactlyTheLimitIsParsed) {
  WorkerConfig config = one_behaviour();
  const std::string good = click_with("pad", "\"" + std::string(100, 'x') + "\"");
  config.input.event_bytes_max = good.size();
  EXPECT_TRUE(EventDecoder(config).decode(good));
  config.input.event_bytes_max = good.size() - 1;
  const auto refused = EventDecoder(config).decode(good);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, DeadLetterReason::kTooLarge);
}

TEST(EventDecoderRefusalsTest, MillionBracketsAreRefusedWithoutACrash) {
  const std::string open(1'000'000, '[');
  const std::string close(1'000'000, ']');
  EXPECT_EQ(reason_of(open), "not_json");
  EXPECT_EQ(reason_of("{\"a\":" + open + "}"), "too_deep");
  WorkerConfig config = one_behaviour();
  config.input.event_bytes_max = 4 << 20;
  EventDecoder decoder(config);
  const auto reason = [&](const std::string& value) {
    const auto event = decoder.decode(value);
    return event ? "accepted" : std::string(name_of(event.error().reason));
  };
  EXPECT_EQ(reason("{\"a\":" + open + close + "}"), "too_deep");
  EXPECT_EQ(reason("{\"a\":" + open + "}"), "too_deep");
  EXPECT_EQ(reason("{\"a\":" + open), "not_json");
  EXPECT_EQ(reason(open + close), "not_json");
  std::string objects;
  for (int i = 0; i < 300'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(reason(objects + "1" + std::string(300'000, '}')), "too_deep");
  EXPECT_TRUE(decoder.decode(click_with("x", "1")));
}

TEST(EventDecoderRefusalsTest, SixtyFourLevelsAreTheDeepest) {
  const auto nested = [](std::size_t arrays) {
    return click_with("a", std::string(arrays, '[') + std::string(arrays, ']'));
  };
  EXPECT_EQ(refusal_of(nested(63)), "accepted");
  EXPECT_EQ(refusal_of(nested(64)), "too_deep: the value nests more than 64 objects and arrays");
}

TEST(EventDecoderRefusalsTest, MappedFieldMayStandOnce) {
  EXPECT_EQ(refusal_of(
                R"({"user_id":"u","user_id":"u","item_id":"v","ts":1602633600123,"type":"click"})"),
            "duplicate_field: \"user_id\" stands in the event more than once");
  EXPECT_EQ(reason_of(click_with("\\u0075ser_id", "\"w\"")), "duplicate_field");
  EXPECT_EQ(reason_of(R"({"tab":1,"tab":1})"), "duplicate_field");
  EXPECT_EQ(reason_of(R"({"label":null,"label":null})"), "duplicate_field");
  // What is malformed is so before anything else is said of it.
  EXPECT_EQ(reason_of(R"({"ts":1,"ts":1,)"), "not_json");
}

TEST(EventDecoderRefusalsTest, MissingAndNullFieldsAreNamedInAFixedOrder) {
  EXPECT_EQ(refusal_of("{}"), "missing_field: \"user_id\" is missing");
  EXPECT_EQ(refusal_of(R"({"user_id":"u"})"), "missing_field: \"type\" is missing");
  EXPECT_EQ(refusal_of(R"({"user_id":"u","type":"click"})"), "missing_field: \"ts\" is missing");
  EXPECT_EQ(refusal_of(R"({"user_id":"u","type":"click","ts":1602633600123})"),
            "missing_field: \"item_id\" is missing");
  EXPECT_EQ(refusal_of(R"({"user_id":"u","type":"impression","ts":1602633600123})"),
            "missing_field: \"item_id\" is missing");
  for (const char* field : {"user_id", "type", "ts", "item_id"}) {
    EXPECT_EQ(refusal_of(click_with(field, "null")),
              "missing_field: \"" + std::string(field) + "\" is missing");
  }
}

TEST(EventDecoderRefusalsTest, WrongTypesAreNamed) {
  for (const char* json : {"true", "[]", "{}", "[\"u\"]"}) {
    for (const char* field : {"user_id", "type", "ts", "item_id", "event_id"}) {
      EXPECT_EQ(reason_of(click_with(field, json)), "wrong_type") << field << " " << json;
    }
  }
  EXPECT_EQ(refusal_of(click_with("type", "7")),
            "wrong_type: \"type\" is an integer, not a string");
  EXPECT_EQ(refusal_of(click_with("ts", "\"1602633600123\"")),
            "wrong_type: \"ts\" is a string, not a number as events.time_unit: ms asks");
  EXPECT_EQ(reason_of(click_with("tab", "1.5")), "wrong_type");
  EXPECT_EQ(reason_of(click_with("tab", "[1]")), "wrong_type");
  EXPECT_EQ(reason_of(click_with("tab", "{}")), "wrong_type");
}

TEST(EventDecoderRefusalsTest, FloatIdsAreRefused) {
  for (const char* number : {"1.5", "1.0", "1e3", "-0.0", "1E+2", "1e999"}) {
    EXPECT_EQ(refusal_of(click_with("user_id", number)),
              "wrong_type: \"user_id\" is a number with a fraction or an exponent, not a string or "
              "an integer")
        << number;
    EXPECT_EQ(reason_of(click_with("item_id", number)), "wrong_type") << number;
  }
}

TEST(EventDecoderRefusalsTest, EmptyAndOverlongIdsAreRefused) {
  EXPECT_EQ(refusal_of(click_with("user_id", "\"\"")), "invalid_id: \"user_id\" is empty");
  EXPECT_EQ(refusal_of(click_with("item_id", "\"" + std::string(129, 'x') + "\"")),
            "invalid_id: \"item_id\" has 129 bytes, at most 128 are allowed");
  EXPECT_EQ(reason_of(click_with("event_id", "\"\"")), "invalid_id");
  EXPECT_EQ(reason_of(click_with("item_id", "\"" + std::string(127, 'x') + "é\"")), "invalid_id");
  for (const char* number :
       {"18446744073709551616", "-9223372036854775809", "123456789012345678901234567890"}) {
    EXPECT_EQ(refusal_of(click_with("user_id", number)),
              "invalid_id: \"user_id\" is an integer beyond 64 bits; send it as a string");
  }
}

TEST(EventDecoderRefusalsTest, TimesOutsideTheCenturyAreRefused) {
  for (const char* time : {"946684799999", "4102444800000", "0", "-1", "1602633600", "1e999",
                           "16026336001230", "-1602633600123", "99999999999999999999999"}) {
    EXPECT_EQ(refusal_of(click_with("ts", time)),
              "invalid_time: \"ts\" \"" + std::string(time) +
                  "\" is not from 2000 to 2099; events.time_unit is ms");
  }
  EXPECT_EQ(refusal_of(click_with("ts", "946684800000")), "accepted");
  EXPECT_EQ(refusal_of(click_with("ts", "4102444799999")), "accepted");
}

TEST(EventDecoderRefusalsTest, UnknownTypeIsQuotedAndShort) {
  EXPECT_EQ(refusal_of(click_with("type", "\"like\"")),
            "unknown_type: \"type\" is \"like\", which belongs to no behaviour");
  EXPECT_EQ(reason_of(click_with("type", "\"\"")), "unknown_type");
  EXPECT_EQ(reason_of(click_with("type", "\"Click\"")), "unknown_type");
  EXPECT_EQ(refusal_of(click_with("type", "\"" + std::string(100'000, 'x') + "\"")),
            "unknown_type: \"type\" is \"" + std::string(64, 'x') +
                "\"..., which belongs to no behaviour");
  EXPECT_EQ(refusal_of(click_with("type", R"("a\nb")")),
            R"(unknown_type: "type" is "a\nb", which belongs to no behaviour)");
}

TEST(EventDecoderRefusalsTest, LabelsThatAreNotYesOrNoAreRefused) {
  for (const char* label : {"2", "-1", "1.0", "\"1\"", "[]", "{}", "10"}) {
    EXPECT_EQ(
        reason_of(
            R"({"type":"impression","user_id":"u","item_id":"v","ts":1602633600123,"label":)" +
            std::string(label) + "}"),
        "wrong_type")
        << label;
  }
}

std::string request_with(const std::string& candidates) {
  return R"({"type":"request","user_id":"u","ts":1602633600123,"candidates":)" + candidates + "}";
}

TEST(EventDecoderRefusalsTest, BadCandidateListsAreRefused) {
  EXPECT_EQ(refusal_of(request_with("[]")), "empty_candidates: \"candidates\" is an empty list");
  EXPECT_EQ(refusal_of(request_with("\"v1\"")),
            "wrong_type: \"candidates\" is a string, not an array of item ids");
  EXPECT_EQ(refusal_of(request_with("[\"v1\",\"\"]")),
            "invalid_id: \"candidates\" is empty (entry 1)");
  EXPECT_EQ(reason_of(request_with("[\"v1\",null]")), "wrong_type");
  EXPECT_EQ(reason_of(request_with("[[\"v1\"]]")), "wrong_type");
  EXPECT_EQ(reason_of(request_with("[1.5]")), "wrong_type");
}

TEST(EventDecoderRefusalsTest, TenThousandCandidatesAreTheMost) {
  std::string list = "[1";
  for (int i = 1; i < 10'000; ++i) list += ",1";
  EXPECT_EQ(refusal_of(request_with(list + "]")), "accepted");
  EXPECT_EQ(refusal_of(request_with(list + ",1]")),
            "too_large: \"candidates\" has more than 10000 ids");
}

}  // namespace freshet::pipeline::event_decoder_refusals_test
