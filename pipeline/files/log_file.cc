#include "pipeline/files/log_file.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "pipeline/events/partitioner.h"

namespace freshet::pipeline {
namespace {

// A line that is over input.event_bytes_max becomes a dead letter with its size and hash, so it is
// held whole; only beyond this bound, which no broker takes either, is it cut.
constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;

}  // namespace

LogFile::LogFile(const WorkerConfig& config, const std::filesystem::path& file, LineReader reader)
    : name_(file.string()), reader_(std::move(reader)), decoder_(config) {}

tl::unexpected<Error> LogFile::at_line(ErrorCode code, const std::string& what) const {
  return error(code, place() + ": " + what);
}

Result<LogFile> LogFile::open(const WorkerConfig& config, const std::filesystem::path& file,
                              const StopSignal* stop) {
  Result<LineReader> reader =
      LineReader::open(file, std::max(kLineBytesMax, config.input.event_bytes_max + 1), stop);
  if (!reader) return tl::unexpected(reader.error());
  LogFile log(config, file, std::move(*reader));
  const Result<std::optional<Line>> first = log.reader_.next();
  if (!first) {
    log.fault_ = first.error();
    return log;
  }
  if (!*first) return log;
  log.line_ = 1;
  if (!is_dump_topic((*first)->bytes)) {
    log.first_line_ = std::string((*first)->bytes);
    return log;
  }
  Result<DumpTopic> topic = decode_dump_topic((*first)->bytes);
  if (!topic) return log.at_line(ErrorCode::kInvalidConfig, topic.error().message);
  log.next_.assign(static_cast<std::size_t>(topic->partition_count), Position{0});
  log.dump_ = std::move(*topic);
  return log;
}

Status LogFile::set_partition_count(std::int32_t count) {
  FRESHET_CHECK(count > 0);
  if (dump_ && count != partition_count()) {
    return error(ErrorCode::kInvalidConfig,
                 name_ + ": the dump has " + std::to_string(partition_count()) +
                     " partitions, not " + std::to_string(count) +
                     "; its records keep theirs, so the number must be the dump's");
  }
  next_.resize(static_cast<std::size_t>(count));
  return {};
}

DumpRecord LogFile::event_of(std::string_view line) {
  DumpRecord record;
  if (const std::optional<UserId> user = decoder_.peek_user(line)) {
    record.partition = partition_of(user->view(), partition_count());
    record.key = std::string(user->view());
  }
  Position& next = next_[static_cast<std::size_t>(record.partition.value)];
  record.offset = Offset{next.value};
  next = position_after(record.offset);
  record.value = std::string(line);
  return record;
}

Result<DumpRecord> LogFile::dumped_record(const Line& line) {
  const auto damaged = [&](const std::string& what) {
    return at_line(ErrorCode::kFatal, what + "; make the dump again");
  };
  if (line.oversized()) return damaged("the line is longer than any record may be");
  Result<DumpRecord> record = decode_dump_record(line.bytes);
  if (!record) return damaged(record.error().message);
  if (record->partition.value >= partition_count()) {
    return damaged("partition " + std::to_string(record->partition.value) +
                   " is more than the dump's first line says");
  }
  Position& next = next_[static_cast<std::size_t>(record->partition.value)];
  if (is_before(record->offset, next)) {
    return damaged("offset " + std::to_string(record->offset.value) + " of partition " +
                   std::to_string(record->partition.value) + " stands behind offset " +
                   std::to_string(next.value - 1));
  }
  next = position_after(record->offset);
  return record;
}

Result<std::optional<DumpRecord>> LogFile::next() {
  if (first_line_) {
    const std::string line = std::move(*first_line_);
    first_line_.reset();
    return event_of(line);
  }
  if (fault_) return tl::unexpected(*fault_);
  const Result<std::optional<Line>> line = reader_.next();
  if (!line) {
    fault_ = line.error();
    return tl::unexpected(*fault_);
  }
  if (!*line) return std::optional<DumpRecord>{};
  line_ = (*line)->number;
  if (!dump_) return event_of((*line)->bytes);
  Result<DumpRecord> record = dumped_record(**line);
  if (!record) {
    fault_ = record.error();
    return tl::unexpected(*fault_);
  }
  return std::move(*record);
}

}  // namespace freshet::pipeline
