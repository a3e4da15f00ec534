// The reader of plain and gzip lines, and the two line formats that are no events: dumps and seed
// history. The first byte chooses how the rest is read.
#include <array>
#include <optional>
#include <string>

#include "common/check.h"
#include "pipeline/files/dump_format.h"
#include "pipeline/files/history_decoder.h"
#include "pipeline/files/line_reader.h"
#include "tests/fuzz/target.h"

namespace freshet::fuzz {

void read_lines(std::string_view bytes) {
  constexpr std::size_t kLineBytesMax = 32;
  // A compression bomb costs time, not memory; this bounds the time.
  constexpr std::uint64_t kBytesMax = 1 << 22;
  pipeline::LineReader reader(pipeline::memory_byte_source(std::string(bytes), "f"), kLineBytesMax);
  std::uint64_t lines = 0;
  for (std::uint64_t total = 0; total < kBytesMax;) {
    const auto line = reader.next();
    if (!line || !line->has_value()) return;
    FRESHET_CHECK((*line)->number == ++lines);
    FRESHET_CHECK((*line)->bytes.size() <= kLineBytesMax);
    FRESHET_CHECK((*line)->oversized() == ((*line)->length > kLineBytesMax));
    FRESHET_CHECK((*line)->bytes.find('\n') == std::string_view::npos);
    total += (*line)->length + 1;
  }
}

void read_dump(std::string_view line) {
  std::string again;
  if (const auto topic = pipeline::decode_dump_topic(line)) {
    pipeline::encode_dump_topic(*topic, &again);
    FRESHET_CHECK(pipeline::decode_dump_topic(again).value() == *topic);
  }
  if (const auto record = pipeline::decode_dump_record(line)) {
    pipeline::encode_dump_record(*record, &again);
    FRESHET_CHECK(pipeline::decode_dump_record(again).value() == *record);
  }
}

}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = freshet::fuzz::text_of(data, size).substr(1);
  const std::array<std::string, 2> fields = {"exposed", "long_view"};
  switch (data[0] % 3) {
    case 0:
      freshet::fuzz::read_lines(text);
      break;
    case 1:
      freshet::fuzz::read_dump(text);
      break;
    default:
      if (const auto history = freshet::pipeline::decode_history(text, fields)) {
        FRESHET_CHECK(history->items.size() == fields.size());
      }
  }
  return 0;
}
