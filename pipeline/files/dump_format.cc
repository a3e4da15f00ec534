// Grammar (white space between tokens may be read, and is never written):
//
//   dump    = topic LF *(record LF)
//   topic   = {"freshet_dump":1,"topic":string,"partitions":integer}
//   record  = {"partition":integer,"offset":integer,"timestamp":time,key,value[,headers]}
//   time    = integer / null
//   key     = "key":(string / null) / "key_base64":string
//   value   = "value":(string / null) / "value_base64":string
//   headers = "headers":[header *(,header)]
//   header  = {"name":string,value} / {"name_base64":string,value}
#include "pipeline/files/dump_format.h"

#include <limits>

#include "common/ids.h"
#include "common/json_text.h"
#include "pipeline/files/dump_scanner.h"

namespace freshet::pipeline {
namespace {

constexpr std::string_view kMagic = "freshet_dump";
constexpr std::int64_t kVersion = 1;

void append_field(std::string_view name, const std::optional<std::string>& bytes,
                  std::string* out) {
  const bool text = !bytes || is_valid_utf8(*bytes);
  out->append("\"").append(name).append(text ? "\":" : "_base64\":");
  if (!bytes) {
    out->append("null");
  } else if (text) {
    append_json_string(*bytes, out);
  } else {
    out->push_back('"');
    append_base64(*bytes, out);
    out->push_back('"');
  }
}

std::optional<std::string> scan_bytes(std::string_view name, DumpScanner* scanner) {
  const std::string field = scanner->string();
  scanner->expect(':');
  if (field == name) {
    if (scanner->take_null()) return std::nullopt;
    return scanner->string();
  }
  if (field == std::string(name) + "_base64") return scanner->base64();
  scanner->fail("expected \"" + std::string(name) + "\"");
  return std::nullopt;
}

void expect_name(std::string_view name, DumpScanner* scanner) {
  if (scanner->string() != name) scanner->fail("expected \"" + std::string(name) + "\"");
  scanner->expect(':');
}

std::int64_t scan_integer(std::string_view name, std::int64_t low, std::int64_t high,
                          DumpScanner* scanner) {
  expect_name(name, scanner);
  const std::int64_t value = scanner->integer();
  if (value < low || value > high) scanner->fail("the number before is out of range");
  return value;
}

std::vector<DumpRecordHeader> scan_headers(DumpScanner* scanner) {
  std::vector<DumpRecordHeader> headers;
  expect_name("headers", scanner);
  scanner->expect('[');
  do {
    scanner->expect('{');
    std::optional<std::string> name = scan_bytes("name", scanner);
    if (!name) scanner->fail("a header needs a name");
    scanner->expect(',');
    headers.push_back({name.value_or(""), scan_bytes("value", scanner)});
    scanner->expect('}');
  } while (scanner->take(','));
  scanner->expect(']');
  return headers;
}

tl::unexpected<Error> refused(const DumpScanner& scanner) {
  return error(ErrorCode::kBadRecord, "not a line of a dump: " + scanner.problem());
}

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

}  // namespace

void encode_dump_topic(const DumpTopic& topic, std::string* out) {
  *out = "{\"" + std::string(kMagic) + "\":" + std::to_string(kVersion) + ",\"topic\":";
  append_json_string(topic.name, out);
  out->append(",\"partitions\":").append(std::to_string(topic.partition_count)).append("}");
}

void encode_dump_record(const DumpRecord& record, std::string* out) {
  *out = "{\"partition\":" + std::to_string(record.partition.value);
  out->append(",\"offset\":").append(std::to_string(record.offset.value));
  out->append(",\"timestamp\":");
  out->append(record.timestamp ? std::to_string(record.timestamp->ms) : "null");
  out->push_back(',');
  append_field("key", record.key, out);
  out->push_back(',');
  append_field("value", record.value, out);
  for (std::size_t i = 0; i < record.headers.size(); ++i) {
    out->append(i == 0 ? ",\"headers\":[{" : ",{");
    append_field("name", record.headers[i].name, out);
    out->push_back(',');
    append_field("value", record.headers[i].value, out);
    out->push_back('}');
  }
  out->append(record.headers.empty() ? "}" : "]}");
}

bool is_dump_topic(std::string_view line) {
  DumpScanner scanner(line);
  return scanner.take('{') && scanner.string() == kMagic;
}

Result<DumpTopic> decode_dump_topic(std::string_view line) {
  DumpScanner scanner(line);
  scanner.expect('{');
  expect_name(kMagic, &scanner);
  if (const std::int64_t version = scanner.integer(); scanner.ok() && version != kVersion) {
    scanner.fail("version " + std::to_string(version) + " is not known here; version " +
                 std::to_string(kVersion) + " is");
  }
  scanner.expect(',');
  DumpTopic topic;
  expect_name("topic", &scanner);
  topic.name = scanner.string();
  scanner.expect(',');
  topic.partition_count =
      static_cast<std::int32_t>(scan_integer("partitions", 1, kInt32Max, &scanner));
  scanner.expect('}');
  scanner.expect_end();
  if (!scanner.ok()) return refused(scanner);
  return topic;
}

Result<DumpRecord> decode_dump_record(std::string_view line) {
  DumpScanner scanner(line);
  DumpRecord record;
  scanner.expect('{');
  record.partition.value =
      static_cast<std::int32_t>(scan_integer("partition", 0, kInt32Max, &scanner));
  scanner.expect(',');
  record.offset.value = scan_integer("offset", 0, kInt64Max - 1, &scanner);
  scanner.expect(',');
  expect_name("timestamp", &scanner);
  if (!scanner.take_null()) record.timestamp = EventTime{scanner.integer()};
  scanner.expect(',');
  record.key = scan_bytes("key", &scanner);
  scanner.expect(',');
  record.value = scan_bytes("value", &scanner);
  if (scanner.take(',')) record.headers = scan_headers(&scanner);
  scanner.expect('}');
  scanner.expect_end();
  if (!scanner.ok()) return refused(scanner);
  return record;
}

}  // namespace freshet::pipeline
