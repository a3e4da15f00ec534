#include "pipeline/files/line_reader.h"

#include <algorithm>
#include <utility>

namespace freshet::pipeline {
namespace {

constexpr std::size_t kBufferBytes = 1 << 18;

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteSource> source, std::size_t line_bytes_max)
    : source_(std::move(source)), line_bytes_max_(line_bytes_max), buffer_(kBufferBytes) {}

Result<LineReader> LineReader::open(const std::filesystem::path& file, std::size_t line_bytes_max,
                                    const StopSignal* stop) {
  Result<std::unique_ptr<ByteSource>> source = open_byte_source(file, stop);
  if (!source) return tl::unexpected(source.error());
  return LineReader(std::move(*source), line_bytes_max);
}

Result<bool> LineReader::refill() {
  Result<std::size_t> count = source_->read(buffer_);
  if (!count) {
    return error(count.error().code,
                 count.error().message + ", after line " + std::to_string(lines_));
  }
  unread_ = std::string_view(buffer_.data(), *count);
  return *count > 0;
}

// Adds to line_ what of `bytes` still fits under the limit.
void LineReader::keep(std::string_view bytes) {
  line_.append(bytes.substr(0, line_bytes_max_ - line_.size()));
}

Result<std::optional<Line>> LineReader::next() {
  line_.clear();
  std::uint64_t length = 0;
  for (;;) {
    if (unread_.empty()) {
      Result<bool> more = refill();
      if (!more) return tl::unexpected(more.error());
      if (!*more) {
        if (length == 0) return std::optional<Line>{};
        return Line{line_, length, ++lines_};
      }
    }
    const std::size_t end = unread_.find('\n');
    const std::string_view piece = unread_.substr(0, end);
    unread_.remove_prefix(end == std::string_view::npos ? piece.size() : end + 1);
    const bool whole_in_buffer = length == 0 && end != std::string_view::npos;
    length += piece.size();
    if (whole_in_buffer) return Line{piece.substr(0, line_bytes_max_), length, ++lines_};
    keep(piece);
    if (end != std::string_view::npos) return Line{line_, length, ++lines_};
  }
}

}  // namespace freshet::pipeline
