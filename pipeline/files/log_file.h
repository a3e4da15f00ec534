// LogFile: a log or a dump, plain or gzip, as the records of a topic, in file order.
//
// A bare log: line n is the next record of the partition that Kafka's partitioner gives its user
// (partition 0, without a key, where no user can be read), with offsets 0, 1, 2, ... per partition
// and no record time. A dump (docs/formats.md, "Dump"): each record has its own partition, offset,
// time and key.
// Errors:  kInvalidConfig for a file that cannot be opened, a dump of a version that is not known,
//          and another number of partitions than the dump's; kFatal for a read fault, a truncated
//          gzip stream, a damaged line of a dump: each names file and line. Every whole record
//          before the fault comes first, then the same error again and again
// Threads: one
// Cost:    one copy of each record; memory is the longest line's
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/events/event_decoder.h"
#include "pipeline/files/dump_format.h"
#include "pipeline/files/line_reader.h"

namespace freshet::pipeline {

class LogFile {
 public:
  // "-" is standard input. With `stop`, which outlives the file, a request ends next() as a fault,
  // kUnavailable.
  static Result<LogFile> open(const WorkerConfig& config, const std::filesystem::path& file,
                              const StopSignal* stop = nullptr);

  // What the first line of a dump says; none for a bare log.
  const std::optional<DumpTopic>& dump_topic() const { return dump_; }

  // How many partitions a bare log's records are spread over; a dump has its own number.
  Status set_partition_count(std::int32_t count);
  std::int32_t partition_count() const { return static_cast<std::int32_t>(next_.size()); }

  // Where the last record stood: FILE:LINE.
  std::string place() const { return name_ + ":" + std::to_string(line_); }

  // How much of the file has been read, from 0 to 1; none where its size is not known.
  std::optional<double> share() const { return reader_.share(); }

  // The next record; none at the end, again and again.
  Result<std::optional<DumpRecord>> next();

 private:
  LogFile(const WorkerConfig& config, const std::filesystem::path& file, LineReader reader);
  DumpRecord event_of(std::string_view line);
  Result<DumpRecord> dumped_record(const Line& line);
  tl::unexpected<Error> at_line(ErrorCode code, const std::string& what) const;

  std::string name_;
  LineReader reader_;
  EventDecoder decoder_;
  std::optional<DumpTopic> dump_;
  std::optional<std::string> first_line_;                  // of a bare log, until it is delivered
  std::vector<Position> next_ = std::vector<Position>(1);  // [partition_count]
  std::uint64_t line_ = 0;
  std::optional<Error> fault_;
};

}  // namespace freshet::pipeline
