// The decoder's verdict against two oracles, on random JSON that is damaged at random places: a
// plain reader of RFC 8259 (equal in every case) and simdjson's DOM parser (equal but where it is
// known to differ: it refuses numbers that fit no double or 64-bit integer, and takes lone
// surrogates).
#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/json_text.h"
#include "common/random.h"
#include "pipeline/events/event_decoder.h"
#include "tests/property/pipeline/naive_json.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::event_decoder_property_test {

constexpr int kCases = 10'000;

WorkerConfig clicks_with_context() {
  WorkerConfig config;
  config.behaviours.resize(1);
  config.behaviours[0].limits.name = "click";
  config.behaviours[0].types = {"click"};
  config.events.context = {"tab"};
  return config;
}

template <std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& from, Random* random) {
  return from[random->below(N)];
}

std::string random_string(Random* random) {
  constexpr std::array<std::string_view, 18> kPieces = {"a",
                                                        "Z9",
                                                        "é",
                                                        "漢",
                                                        "😀",
                                                        R"(\n)",
                                                        R"(\")",
                                                        R"(\\)",
                                                        R"(\/)",
                                                        R"(\u00e9)",
                                                        R"(\ud83d\ude00)",
                                                        R"(\u0000)",
                                                        " ",
                                                        "{",
                                                        "]",
                                                        ":",
                                                        ",",
                                                        "0712"};
  std::string text = "\"";
  for (std::uint64_t left = random->below(5); left > 0; --left) text += pick(kPieces, random);
  return text + "\"";
}

std::string random_scalar(Random* random) {
  constexpr std::array<std::string_view, 16> kScalars = {"0",
                                                         "-0",
                                                         "7",
                                                         "-12",
                                                         "1602633600123",
                                                         "1.5",
                                                         "-0.25e-3",
                                                         "1E+9",
                                                         "true",
                                                         "false",
                                                         "null",
                                                         "18446744073709551615",
                                                         "-9223372036854775808",
                                                         "1e308",
                                                         "\"click\"",
                                                         "\"u1\""};
  return random->chance(0.3) ? random_string(random) : std::string(pick(kScalars, random));
}

std::string random_space(Random* random) {
  constexpr std::array<std::string_view, 6> kSpaces = {"", "", "", " ", "\n\t", "\r "};
  return std::string(pick(kSpaces, random));
}

std::string random_value(int depth, Random* random);

std::string random_object(int depth, Random* random) {
  constexpr std::array<std::string_view, 12> kKeys = {
      "\"user_id\"", "\"item_id\"",    "\"ts\"", "\"type\"",          "\"label\"", "\"tab\"",
      "\"a\"",       "\"candidates\"", "\"\"",   "\"us\\u0065r_id\"", "\"b\"",     "\"event_id\""};
  std::string text = "{" + random_space(random);
  const std::uint64_t count = random->below(6);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) text += "," + random_space(random);
    text += random->chance(0.2) ? random_string(random) : std::string(pick(kKeys, random));
    text += random_space(random) + ":" + random_value(depth + 1, random);
  }
  return text + "}";
}

std::string random_value(int depth, Random* random) {
  std::string text = random_space(random);
  const std::uint64_t kind = random->below(depth > 5 ? 4 : 6);
  if (kind < 4) {
    text += random_scalar(random);
  } else if (kind == 4) {
    text += random_object(depth, random);
  } else {
    text += "[" + random_space(random);
    const std::uint64_t count = random->below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      text += (i > 0 ? "," : "") + random_value(depth + 1, random);
    }
    text += "]";
  }
  return text + random_space(random);
}

// Removes, doubles, replaces or inserts a few bytes, those of JSON's own alphabet above all.
std::string damaged(std::string text, Random* random) {
  constexpr std::array<std::string_view, 24> kPieces = {
      "{",   "}",    "[",    "]",    ",",         ":",         "\"",    "\\",
      "\\u", "0",    "-",    ".",    "e",         "t",         "null",  " ",
      "\n",  "\x01", "\xff", "\xc3", R"(\ud800)", R"(\udc00)", "1e999", "99999999999999999999"};
  for (std::uint64_t left = 1 + random->below(3); left > 0; --left) {
    const std::size_t at = random->below(text.size() + 1);
    const std::size_t length = random->below(3);
    switch (random->below(4)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      case 2:
        text.insert(at, pick(kPieces, random));
        break;
      default:
        text.replace(at, length, pick(kPieces, random));
    }
  }
  return text;
}

bool is_well_formed(EventDecoder* decoder, std::string_view value) {
  const auto event = decoder->decode(value);
  return event || event.error().reason != DeadLetterReason::kNotJson;
}

TEST(EventDecoderPropertyTest, VerdictEqualsThePlainReadersAndTheDomParsers) {
  Random random(test::test_seed());
  EventDecoder decoder(clicks_with_context());
  simdjson::dom::parser dom;
  int good = 0;
  int bad = 0;
  for (int i = 0; i < test::case_count(kCases); ++i) {
    std::string value = random_object(0, &random);
    if (random.chance(0.7)) value = damaged(std::move(value), &random);
    const bool expected = test::NaiveJson::is_object(value);
    ASSERT_EQ(is_well_formed(&decoder, value), expected) << json_string(value);
    (expected ? good : bad) += 1;

    simdjson::dom::element root;
    const simdjson::error_code error = dom.parse(value).get(root);
    const bool dom_takes_it = error == simdjson::SUCCESS && root.is_object();
    if (dom_takes_it != expected) {
      const bool number_out_of_range = expected && error == simdjson::NUMBER_ERROR;
      const bool lone_surrogate = !expected && value.find("\\u") != std::string::npos;
      EXPECT_TRUE(number_out_of_range || lone_surrogate) << json_string(value);
    }
  }
  // A generator that made only one kind would prove nothing.
  EXPECT_GT(good, test::case_count(kCases) / 20);
  EXPECT_GT(bad, test::case_count(kCases) / 20);
}

TEST(EventDecoderPropertyTest, WellFormedObjectsAreNeverCalledNotJson) {
  Random random(test::test_seed() + 1);
  EventDecoder decoder(clicks_with_context());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const std::string value = random_object(0, &random);
    ASSERT_TRUE(is_well_formed(&decoder, value)) << json_string(value);
  }
}

TEST(EventDecoderPropertyTest, FieldsComeBackAsTheyWereWritten) {
  Random random(test::test_seed() + 2);
  EventDecoder decoder(clicks_with_context());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    std::string user;
    std::string item;
    for (std::uint64_t left = 1 + random.below(20); left > 0; --left) {
      user.push_back(static_cast<char>(random.below(0x80)));
      item += random.chance(0.5) ? "é" : "z";
    }
    const auto ts =
        kEventTimeMin.ms + static_cast<std::int64_t>(random.below(
                               static_cast<std::uint64_t>(kEventTimeEnd.ms - kEventTimeMin.ms)));
    const std::string value = "{\"user_id\":" + json_string(user) +
                              ",\"noise\":" + random_value(1, &random) +
                              ",\"item_id\":" + json_string(item) +
                              ",\"type\":\"click\",\"ts\":" + std::to_string(ts) + "}";
    const auto event = decoder.decode(value);
    ASSERT_TRUE(event) << event.error().message << " " << json_string(value);
    EXPECT_EQ(event->user.str(), user);
    EXPECT_EQ(event->item->str(), item);
    EXPECT_EQ(event->ts.ms, ts);
    EXPECT_EQ(decoder.peek_user(value), event->user);
  }
}

TEST(EventDecoderPropertyTest, DecodingIsAFunctionOfTheBytesAlone) {
  Random random(test::test_seed() + 3);
  EventDecoder used(clicks_with_context());
  for (int i = 0; i < test::case_count(kCases) / 10; ++i) {
    std::string value = random_object(0, &random);
    if (random.chance(0.5)) value = damaged(std::move(value), &random);
    EventDecoder fresh(clicks_with_context());
    const auto first = used.decode(value);
    const auto second = fresh.decode(value);
    ASSERT_EQ(first.has_value(), second.has_value()) << json_string(value);
    if (!first) {
      EXPECT_EQ(first.error().reason, second.error().reason);
      EXPECT_EQ(first.error().message, second.error().message);
    }
  }
}

}  // namespace freshet::pipeline::event_decoder_property_test
