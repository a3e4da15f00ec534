#include "pipeline/events/output_encoder.h"

#include <utility>

#include "common/check.h"
#include "common/ids.h"
#include "common/json_text.h"

namespace freshet::pipeline {
namespace {

// The header names, in the order in which a dead letter carries them.
constexpr std::string_view kReasonHeader = "freshet.reason";
constexpr std::string_view kMessageHeader = "freshet.message";
constexpr std::string_view kTopicHeader = "freshet.topic";
constexpr std::string_view kTimestampHeader = "freshet.timestamp";
constexpr std::string_view kHeaderPrefix = "freshet.";

template <class Number>
std::string number_text(Number number) {
  std::string text;
  append_number(number, &text);
  return text;
}

void append_member(std::string_view name, std::string_view text, std::string* out) {
  *out += name;
  append_json_string(text, out);
}

void append_scores(std::span<const PublishedScore> scores, std::string* out) {
  *out += ",\"scores\":[";
  bool first = true;
  for (const PublishedScore& score : scores) {
    append_member(first ? "{\"item_id\":" : ",{\"item_id\":", score.item_id, out);
    *out += ",\"score\":";
    append_number(score.score, out);
    out->push_back('}');
    first = false;
  }
  out->push_back(']');
}

// A dead letter's key or value: text where it is UTF-8, base64 under another name where it is not.
void append_bytes(std::string_view name, const std::optional<std::string>& bytes,
                  std::string* out) {
  *out += ",\"";
  *out += name;
  if (!bytes.has_value()) {
    *out += "\":null";
  } else if (is_valid_utf8(*bytes)) {
    *out += "\":";
    append_json_string(*bytes, out);
  } else {
    *out += "_base64\":\"";
    append_base64(*bytes, out);
    out->push_back('"');
  }
}

bool is_number_header(std::string_view name) {
  return name == kPartitionHeader || name == kOffsetHeader || name == kTimestampHeader;
}

}  // namespace

void encode_score_event(const ScoreEvent& event, std::string* out) {
  out->clear();
  append_member("{\"user_id\":", event.user_id, out);
  if (event.event_id.has_value()) append_member(",\"event_id\":", *event.event_id, out);
  if (event.request_id.has_value()) append_member(",\"request_id\":", *event.request_id, out);
  *out += ",\"ts\":";
  append_number(event.ts.ms, out);
  append_member(",\"source\":{\"topic\":", event.source.topic, out);
  *out += ",\"partition\":";
  append_number(event.source.partition.value, out);
  *out += ",\"offset\":";
  append_number(event.source.offset.value, out);
  append_member("},\"model\":", event.model, out);
  *out += ",\"sequence_length\":";
  append_number(event.sequence_length, out);
  if (event.late) *out += ",\"late\":true";
  if (event.duplicate) *out += ",\"duplicate\":true";
  if (event.reason.has_value()) append_member(",\"reason\":", *event.reason, out);
  append_scores(event.scores, out);
  out->push_back('}');
}

OutputRecord make_dead_letter(const InputRecord& record, std::string_view topic,
                              const Refusal& refusal) {
  OutputRecord letter;
  letter.topic = OutputTopic::kDeadLetters;
  if (record.key.has_value()) letter.key = std::string(*record.key);
  if (record.value.has_value()) letter.value = std::string(*record.value);
  const auto add = [&letter](std::string_view name, std::string value) {
    letter.headers.push_back(Header{std::string(name), std::move(value)});
  };
  add(kReasonHeader, std::string(name_of(refusal.reason)));
  add(kMessageHeader, refusal.message);
  add(kTopicHeader, std::string(topic));
  add(kPartitionHeader, number_text(record.partition.value));
  add(kOffsetHeader, number_text(record.offset.value));
  if (record.timestamp.has_value()) add(kTimestampHeader, number_text(record.timestamp->ms));
  if (!refusal.model.empty()) add(kModelHeader, refusal.model);
  return letter;
}

std::string dead_letter_line(const OutputRecord& record) {
  std::string line = "{";
  bool first = true;
  for (const Header& header : record.headers) {
    if (!header.name.starts_with(kHeaderPrefix)) continue;
    if (!first) line.push_back(',');
    first = false;
    append_json_string(std::string_view(header.name).substr(kHeaderPrefix.size()), &line);
    line.push_back(':');
    if (is_number_header(header.name)) {
      line += header.value;
    } else {
      append_json_string(header.value, &line);
    }
  }
  FRESHET_CHECK(!first);  // make_dead_letter always writes the reason
  append_bytes("key", record.key, &line);
  append_bytes("value", record.value, &line);
  line.push_back('}');
  return line;
}

}  // namespace freshet::pipeline
