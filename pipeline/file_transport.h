// FileTransport: a log file as the input topic, output files as the output topics. For replay.
//
// Line n of the file becomes the next record of the partition that Kafka's partitioner gives its
// user (partition 0 where no user can be read), with offsets 0, 1, 2, ... per partition in file
// order and no record time. Records are delivered in file order, so outputs come in input order.
// Errors:  kInvalidConfig for a file that cannot be opened or created; kFatal for a read or write
//          fault, a truncated gzip stream included; every whole line before it is delivered first
// Threads: one
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/config.h"
#include "pipeline/event_decoder.h"
#include "pipeline/line_reader.h"
#include "pipeline/transport.h"

namespace freshet::pipeline {

struct FileTransportOptions {
  std::filesystem::path input;  // plain or gzip; "-" is standard input
  std::filesystem::path output;
  std::filesystem::path dead_letters;
  std::int32_t partition_count = 1;
  // What the "group" has committed, for a state that was made beforehand (seeded history).
  std::map<Partition, CommittedPosition> committed;
};

class FileTransport final : public Transport {
 public:
  static Result<std::unique_ptr<FileTransport>> open(const WorkerConfig& config,
                                                     FileTransportOptions options);

  Status subscribe(RebalanceListener* listener) override;
  Result<RecordBatch> poll(std::chrono::milliseconds timeout, std::size_t records_max) override;
  Status start_at(Partition partition, Position position) override;
  Result<std::int32_t> partition_count() override { return options_.partition_count; }
  Result<std::vector<std::optional<CommittedPosition>>> committed(
      std::span<const Partition> partitions) override;
  Result<Position> begin_position(Partition) override { return Position{0}; }
  Result<Position> end_position(Partition partition) override;
  Status send(const OutputRecord& record) override;
  Status flush(std::chrono::milliseconds timeout) override;
  Status commit(std::span<const PositionToCommit> positions) override;
  Status close() override;

 private:
  FileTransport(const WorkerConfig& config, FileTransportOptions options, LineReader reader);
  std::vector<Partition> all_partitions() const;

  FileTransportOptions options_;
  LineReader reader_;
  EventDecoder decoder_;
  std::ofstream output_file_;
  std::ofstream dead_letter_file_;
  std::ostream* output_ = nullptr;
  std::ostream* dead_letters_ = nullptr;
  std::vector<Position> next_;  // [partition_count]
  RebalanceListener* listener_ = nullptr;
  bool assigned_ = false;
  std::optional<Error> fault_;  // found behind lines that are delivered first
};

}  // namespace freshet::pipeline
