// The frame that Confluent's serializers put before a value: a zero byte and the id of its schema
// in the registry, 4 bytes, big endian.
//
// Errors: none. Threads: free function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace freshet::pipeline {

struct SchemaFrame {
  std::uint32_t schema_id;
  std::string_view payload;  // what follows, a view into the value
};

// None of a value without a whole frame. No JSON begins with a zero byte.
inline std::optional<SchemaFrame> schema_frame_of(std::string_view value) {
  constexpr std::size_t kFrameBytes = 5;
  if (value.size() < kFrameBytes || value.front() != '\0') return std::nullopt;
  SchemaFrame frame{0, value.substr(kFrameBytes)};
  for (const char byte : value.substr(1, kFrameBytes - 1)) {
    frame.schema_id = frame.schema_id << 8 | static_cast<unsigned char>(byte);
  }
  return frame;
}

}  // namespace freshet::pipeline
