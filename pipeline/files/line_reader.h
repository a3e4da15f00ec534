// LineReader: the lines of a plain or gzip file, one by one, in bounded memory.
//
// A line ends with LF, which is not part of it; nothing else is taken off, so a CR before the LF
// stays (JSON calls it white space). The last line may lack its LF. An empty line is a line.
// Errors:  as ByteSource; the message also says how many whole lines came before. A line that the
//          fault cuts is not delivered.
// Threads: one
// Cost:    memory is the longest line's, at most line_bytes_max, and two fixed buffers
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "pipeline/files/byte_source.h"

namespace freshet::pipeline {

struct Line {
  std::string_view bytes;    // valid until the next call; of an oversized line its beginning
  std::uint64_t length = 0;  // of the whole line
  std::uint64_t number = 0;  // from 1
  bool oversized() const { return length > bytes.size(); }
};

class LineReader {
 public:
  // Lines longer than line_bytes_max are cut to it and read on after their end. A caller that wants
  // the decoder to refuse them passes more than input.event_bytes_max.
  LineReader(std::unique_ptr<ByteSource> source, std::size_t line_bytes_max);

  // As open_byte_source().
  static Result<LineReader> open(const std::filesystem::path& file, std::size_t line_bytes_max,
                                 const StopSignal* stop = nullptr);

  // The next line; none at the end, again and again.
  Result<std::optional<Line>> next();

  // As ByteSource::share().
  std::optional<double> share() const { return source_->share(); }

 private:
  Result<bool> refill();  // false at the end
  void keep(std::string_view bytes);

  std::unique_ptr<ByteSource> source_;
  std::size_t line_bytes_max_;
  std::vector<char> buffer_;
  std::string_view unread_;  // part of buffer_
  std::string line_;         // the beginning of a line that spans several reads
  std::uint64_t lines_ = 0;  // delivered
};

}  // namespace freshet::pipeline
