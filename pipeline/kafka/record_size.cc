#include "pipeline/kafka/record_size.h"

#include <cstdint>

namespace freshet::pipeline {
namespace {

// Kafka's format 2; lengths are varints in zigzag, -1 stands for null:
//
//   batch  := 61 bytes | record
//   record := length | attributes: 1 byte | time delta | offset delta | bytes(key) | bytes(value)
//             | count | (bytes(name) bytes(value)){count}
//   bytes  := length | that many bytes
//
// Both deltas are 0 for the first record of a batch.
constexpr std::size_t kBatchHeaderBytes = 61;
constexpr std::size_t kFixedBytes = 3;

std::size_t varint_bytes(std::size_t length) {
  std::size_t bytes = 1;
  for (std::uint64_t rest = std::uint64_t{length} << 1; rest >= 0x80; rest >>= 7) ++bytes;
  return bytes;
}

std::size_t bytes_of(std::optional<std::string_view> text) {
  return text ? varint_bytes(text->size()) + text->size() : 1;
}

}  // namespace

std::size_t batch_bytes_of(std::optional<std::string_view> key,
                           std::optional<std::string_view> value, std::span<const Header> headers) {
  std::size_t record = kFixedBytes + bytes_of(key) + bytes_of(value) + varint_bytes(headers.size());
  for (const Header& header : headers) record += bytes_of(header.name) + bytes_of(header.value);
  return kBatchHeaderBytes + varint_bytes(record) + record;
}

}  // namespace freshet::pipeline
