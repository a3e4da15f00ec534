#include "pipeline/events/output_encoder.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include "common/json_text.h"
#include "pipeline/status/counters.h"

namespace freshet::pipeline::output_encoder_test {

ScoreEvent click_scored() {
  ScoreEvent event;
  event.user_id = "u1";
  event.event_id = "e1";
  event.ts = EventTime{1602633600123};
  event.source = {"clicks", Partition{3}, Offset{42}};
  event.model = "m@7";
  event.sequence_length = 37;
  static constexpr std::array<PublishedScore, 2> kScores{{{"v3", 0.8312F}, {"v1", 0.5F}}};
  event.scores = kScores;
  return event;
}

std::string encoded(const ScoreEvent& event) {
  std::string out = "what was there before";
  encode_score_event(event, &out);
  return out;
}

std::string encoded_score(float score) {
  ScoreEvent event = click_scored();
  const PublishedScore published{"v", score};
  event.scores = {&published, 1};
  const std::string text = encoded(event);
  const std::size_t begin = text.find("\"score\":") + 8;
  return text.substr(begin, text.size() - begin - 3);
}

TEST(OutputEncoderTest, ScoreEventHasTheDocumentedBytes) {
  EXPECT_EQ(encoded(click_scored()),
            R"({"user_id":"u1","event_id":"e1","ts":1602633600123,)"
            R"("source":{"topic":"clicks","partition":3,"offset":42},"model":"m@7",)"
            R"("sequence_length":37,"scores":[{"item_id":"v3","score":0.8312},)"
            R"({"item_id":"v1","score":0.5}]})");
}

TEST(OutputEncoderTest, FlagsStandOnlyWhereTheyAreTrue) {
  ScoreEvent event = click_scored();
  event.late = true;
  EXPECT_NE(encoded(event).find(R"("sequence_length":37,"late":true,"scores")"), std::string::npos);
  event.duplicate = true;
  EXPECT_NE(encoded(event).find(R"(37,"late":true,"duplicate":true,"scores")"), std::string::npos);
  event.late = false;
  EXPECT_NE(encoded(event).find(R"(37,"duplicate":true,"scores")"), std::string::npos);
}

TEST(OutputEncoderTest, RequestEchoesItsOwnIdAndIdsAreOptional) {
  ScoreEvent event = click_scored();
  event.event_id.reset();
  event.request_id = "r1";
  EXPECT_TRUE(encoded(event).starts_with(R"({"user_id":"u1","request_id":"r1","ts":)"));
  event.request_id.reset();
  EXPECT_TRUE(encoded(event).starts_with(R"({"user_id":"u1","ts":)"));
}

TEST(OutputEncoderTest, EmptyScoreListIsAnEmptyArray) {
  ScoreEvent event = click_scored();
  event.scores = {};
  EXPECT_TRUE(encoded(event).ends_with(R"("scores":[]})"));
}

TEST(OutputEncoderTest, FloatsAreTheShortestThatRoundTrip) {
  EXPECT_EQ(encoded_score(0.0F), "0");
  EXPECT_EQ(encoded_score(1.0F), "1");
  EXPECT_EQ(encoded_score(0.1F), "0.1");
  EXPECT_EQ(encoded_score(1e-4F), "1e-04");
  EXPECT_EQ(encoded_score(1e-5F), "1e-05");
  EXPECT_EQ(encoded_score(0.00012F), "0.00012");
  EXPECT_EQ(encoded_score(1.0F / 3.0F), "0.33333334");
  EXPECT_EQ(encoded_score(std::numeric_limits<float>::min()), "1.1754944e-38");
  EXPECT_EQ(encoded_score(0x1p-149F), "1e-45");
  EXPECT_EQ(encoded_score(0.99999994F), "0.99999994");
}

TEST(OutputEncoderTest, StringsEscapeWhatJsonAsksForAndNoMore) {
  using std::string_literals::operator""s;
  EXPECT_EQ(json_string("a\"b\\c/"), R"("a\"b\\c/")");
  EXPECT_EQ(json_string("\b\f\n\r\t\x01\x1f\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
  EXPECT_EQ(json_string("\0"s), "\"\\u0000\"");
  EXPECT_EQ(json_string("é漢😀"), "\"é漢😀\"");
}

TEST(OutputEncoderTest, Base64HasItsPadding) {
  // RFC 4648, section 10.
  const std::array<std::array<const char*, 2>, 7> cases = {{{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, base64] : cases) {
    std::string out;
    append_base64(plain, &out);
    EXPECT_EQ(out, base64);
  }
  std::string out;
  append_base64("\xff\xfe\xfd", &out);
  EXPECT_EQ(out, "//79");
}

TEST(OutputEncoderTest, ExcerptsAreShortAndValidUtf8) {
  EXPECT_EQ(quote_excerpt("abc"), "\"abc\"");
  EXPECT_EQ(quote_excerpt(std::string(64, 'a')), "\"" + std::string(64, 'a') + "\"");
  EXPECT_EQ(quote_excerpt(std::string(65, 'a')), "\"" + std::string(64, 'a') + "\"...");
  EXPECT_EQ(quote_excerpt("line\nbreak"), "\"line\\nbreak\"");
  EXPECT_EQ(quote_excerpt("\xff\"a"), "\"\\xff\\x22a\"");
  // A character that the limit would cut is left out whole.
  EXPECT_EQ(quote_excerpt(std::string(63, 'a') + "é"), "\"" + std::string(63, 'a') + "\"...");
  EXPECT_EQ(quote_excerpt(std::string(62, 'a') + "😀b"), "\"" + std::string(62, 'a') + "\"...");
}

InputRecord bad_record() {
  InputRecord record;
  record.partition = Partition{2};
  record.offset = Offset{77};
  record.timestamp = EventTime{1602633600999};
  record.key = "u1";
  record.value = "{\"half\":";
  return record;
}

TEST(OutputEncoderTest, DeadLetterKeepsKeyAndValueAndSaysWhy) {
  const OutputRecord letter =
      make_dead_letter(bad_record(), "clicks", {DeadLetterReason::kNotJson, "why"});
  EXPECT_EQ(letter.topic, OutputTopic::kDeadLetters);
  EXPECT_EQ(letter.key, "u1");
  EXPECT_EQ(letter.value, "{\"half\":");
  const std::vector<Header> headers = {
      {"freshet.reason", "not_json"}, {"freshet.message", "why"},
      {"freshet.topic", "clicks"},    {"freshet.partition", "2"},
      {"freshet.offset", "77"},       {"freshet.timestamp", "1602633600999"}};
  EXPECT_EQ(letter.headers, headers);
}

TEST(OutputEncoderTest, DeadLetterLineIsOneJsonObject) {
  const OutputRecord letter =
      make_dead_letter(bad_record(), "clicks", {DeadLetterReason::kNotJson, "why"});
  EXPECT_EQ(dead_letter_line(letter),
            R"({"reason":"not_json","message":"why","topic":"clicks","partition":2,"offset":77,)"
            R"("timestamp":1602633600999,"key":"u1","value":"{\"half\":"})");
}

TEST(OutputEncoderTest, DeadLetterLineSaysWhatIsAbsent) {
  InputRecord record = bad_record();
  record.timestamp.reset();
  record.key.reset();
  record.value.reset();
  EXPECT_EQ(dead_letter_line(make_dead_letter(record, "t", {DeadLetterReason::kTooLarge, "m"})),
            R"({"reason":"too_large","message":"m","topic":"t","partition":2,"offset":77,)"
            R"("key":null,"value":null})");
}

TEST(OutputEncoderTest, DeadLetterLineHasBytesThatAreNotUtf8InBase64) {
  InputRecord record = bad_record();
  record.key = "\xff";
  record.value = "\xc3\x28";
  EXPECT_TRUE(dead_letter_line(make_dead_letter(record, "t", {DeadLetterReason::kNotJson, "m"}))
                  .ends_with(R"(,"key_base64":"/w==","value_base64":"wyg="})"));
}

TEST(OutputEncoderTest, ReasonNamesAreTheDocumentedOnes) {
  const std::array<std::pair<DeadLetterReason, std::string_view>, kDeadLetterReasons> names = {{
      {DeadLetterReason::kNotJson, "not_json"},
      {DeadLetterReason::kUnsupportedFormat, "unsupported_format"},
      {DeadLetterReason::kTooLarge, "too_large"},
      {DeadLetterReason::kTooDeep, "too_deep"},
      {DeadLetterReason::kDuplicateField, "duplicate_field"},
      {DeadLetterReason::kMissingField, "missing_field"},
      {DeadLetterReason::kWrongType, "wrong_type"},
      {DeadLetterReason::kInvalidId, "invalid_id"},
      {DeadLetterReason::kInvalidTime, "invalid_time"},
      {DeadLetterReason::kFutureTime, "future_time"},
      {DeadLetterReason::kUnknownType, "unknown_type"},
      {DeadLetterReason::kKeyMissing, "key_missing"},
      {DeadLetterReason::kKeyMismatch, "key_mismatch"},
      {DeadLetterReason::kEmptyCandidates, "empty_candidates"},
      {DeadLetterReason::kUnknownItem, "unknown_item"},
      {DeadLetterReason::kNonFiniteScore, "non_finite_score"},
      {DeadLetterReason::kExcluded, "excluded"},
  }};
  for (const auto& [reason, name] : names) EXPECT_EQ(name_of(reason), name);
}

}  // namespace freshet::pipeline::output_encoder_test
