#include "pipeline/kafka/kafka_record.h"

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <optional>
#include <string>

namespace freshet::pipeline {
namespace {

std::optional<std::string> copy_of(const void* bytes, std::size_t size) {
  if (bytes == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(bytes), size);
}

}  // namespace

DumpRecord dump_record_of(const rd_kafka_message_t& message) {
  DumpRecord record;
  record.partition = Partition{message.partition};
  record.offset = Offset{message.offset};
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t ms = rd_kafka_message_timestamp(&message, &type);
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && ms >= 0) record.timestamp = EventTime{ms};
  record.key = copy_of(message.key, message.key_len);
  record.value = copy_of(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers.push_back({name, copy_of(value, size)});
  }
  return record;
}

}  // namespace freshet::pipeline
