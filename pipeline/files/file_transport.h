// FileTransport: a log file as the input topic, output files as the output topics. For replay.
//
// Records come from a LogFile, a bare log or a dump, and are delivered in file order, so outputs
// come in input order.
// Errors:  kInvalidConfig for a file that cannot be created; kFatal for a write fault and for what
//          LogFile finds in the input, after every whole record before it is delivered
// Threads: one
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/files/log_file.h"
#include "pipeline/transport.h"

namespace freshet::pipeline {

struct FileTransportOptions {
  std::filesystem::path output;  // "-" is standard output
  std::filesystem::path dead_letters;
  std::filesystem::path shadow;  // empty: nothing is sent there
  // What the "group" has committed, for a state that was made beforehand (seeded history).
  std::map<Partition, CommittedPosition> committed;
  // Told after each batch how many records are read and LogFile::share(); may be none.
  std::function<void(std::uint64_t records, std::optional<double> share)> on_read;
};

class FileTransport final : public Transport {
 public:
  static Result<std::unique_ptr<FileTransport>> open(LogFile input, FileTransportOptions options);

  Status subscribe(RebalanceListener* listener) override;
  Result<RecordBatch> poll(std::chrono::milliseconds timeout, std::size_t records_max) override;
  Status start_at(Partition partition, Position position) override;
  bool can_read_again() const override { return false; }
  Result<std::int32_t> partition_count() override { return input_.partition_count(); }
  Status ask_brokers(std::chrono::milliseconds) override { return {}; }
  Result<std::vector<std::optional<CommittedPosition>>> committed(
      std::span<const Partition> partitions) override;
  // 0 for a dump too, whatever the topic retained: what lay before is a gap.
  Result<PositionRange> range(Partition partition) override;
  // A file is always read from its start.
  Result<std::optional<Position>> position_for_time(Partition, EventTime) override {
    return Position{0};
  }
  std::optional<Position> known_end(Partition partition) const override;
  Status send(const OutputRecord& record) override;
  Status flush(std::chrono::milliseconds timeout) override;
  Result<ChangelogPositions> commit(std::span<const PartitionCommit> partitions) override;
  Status close() override;

 private:
  FileTransport(LogFile input, FileTransportOptions options);
  std::vector<Partition> all_partitions() const;
  // Of an output that is not asked for nothing is opened.
  Status open_output(OutputTopic topic, const std::filesystem::path& path);

  LogFile input_;
  FileTransportOptions options_;
  struct Output {
    std::filesystem::path path;
    std::ofstream file;
    std::ostream* stream = nullptr;  // the file, or standard output
  };
  std::array<Output, kOutputTopics> outputs_;  // [OutputTopic]
  std::vector<Position> next_;                 // [partition_count]
  RebalanceListener* listener_ = nullptr;
  bool assigned_ = false;
  std::uint64_t records_ = 0;   // read so far
  std::optional<Error> fault_;  // found behind records that are delivered first
};

}  // namespace freshet::pipeline
