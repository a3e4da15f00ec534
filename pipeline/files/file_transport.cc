#include "pipeline/files/file_transport.h"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>
#include <utility>

#include "common/check.h"
#include "pipeline/events/output_encoder.h"

namespace freshet::pipeline {
FileTransport::FileTransport(LogFile input, FileTransportOptions options)
    : input_(std::move(input)),
      options_(std::move(options)),
      next_(static_cast<std::size_t>(input_.partition_count())) {}

Result<std::unique_ptr<FileTransport>> FileTransport::open(LogFile input,
                                                           FileTransportOptions options) {
  std::unique_ptr<FileTransport> transport(new FileTransport(std::move(input), std::move(options)));
  const FileTransportOptions& wanted = transport->options_;
  const std::pair<OutputTopic, const std::filesystem::path*> outputs[] = {
      {OutputTopic::kScores, &wanted.output},
      {OutputTopic::kDeadLetters, &wanted.dead_letters},
      {OutputTopic::kShadow, &wanted.shadow}};
  for (const auto& [topic, path] : outputs) {
    if (Status opened = transport->open_output(topic, *path); !opened) {
      return tl::unexpected(opened.error());
    }
  }
  return transport;
}

Status FileTransport::open_output(OutputTopic topic, const std::filesystem::path& path) {
  Output& output = outputs_[static_cast<std::size_t>(topic)];
  output.path = path;
  if (path.empty()) return {};
  output.stream = path == "-" ? &std::cout : &output.file;
  if (path == "-") return {};
  output.file.open(path, std::ios::binary | std::ios::trunc);
  if (output.file) return {};
  return error(ErrorCode::kInvalidConfig, path.string() + ": cannot be written (" +
                                              std::strerror(errno) +
                                              "); check that its folder exists");
}

std::vector<Partition> FileTransport::all_partitions() const {
  std::vector<Partition> partitions;
  for (std::int32_t p = 0; p < input_.partition_count(); ++p) partitions.push_back({p});
  return partitions;
}

Status FileTransport::subscribe(RebalanceListener* listener) {
  listener_ = listener;
  return {};
}

Result<RecordBatch> FileTransport::poll(std::chrono::milliseconds, std::size_t records_max) {
  FRESHET_CHECK(listener_ != nullptr);
  if (!assigned_) {
    assigned_ = true;
    if (Status started = listener_->on_assigned(all_partitions()); !started) {
      return tl::unexpected(started.error());
    }
    return RecordBatch{};
  }
  if (fault_) return tl::unexpected(*fault_);
  auto records = std::make_shared<std::vector<DumpRecord>>();
  records->reserve(records_max);  // views into short strings must not move
  RecordBatch batch;
  while (batch.records.size() < records_max) {
    Result<std::optional<DumpRecord>> next = input_.next();
    if (!next) {
      fault_ = next.error();
      break;
    }
    if (!*next) {
      batch.end_of_input = true;
      break;
    }
    const DumpRecord& record = records->emplace_back(std::move(**next));
    next_[static_cast<std::size_t>(record.partition.value)] = position_after(record.offset);
    batch.records.push_back(
        {record.partition, record.offset, record.timestamp, record.key, record.value});
  }
  records_ += batch.records.size();
  if (options_.on_read) options_.on_read(records_, input_.share());
  if (fault_ && batch.records.empty()) return tl::unexpected(*fault_);
  batch.owner = std::move(records);
  return batch;
}

Status FileTransport::start_at(Partition, Position position) {
  FRESHET_CHECK(position.value == 0);  // a file is always read from its start
  return {};
}

Result<std::vector<std::optional<CommittedPosition>>> FileTransport::committed(
    std::span<const Partition> partitions) {
  std::vector<std::optional<CommittedPosition>> positions;
  for (const Partition partition : partitions) {
    const auto found = options_.committed.find(partition);
    positions.push_back(found == options_.committed.end() ? std::nullopt
                                                          : std::optional(found->second));
  }
  return positions;
}

Result<PositionRange> FileTransport::range(Partition partition) {
  return PositionRange{Position{0}, next_[static_cast<std::size_t>(partition.value)]};
}

// Nobody knows what lies behind the last line that was read: a file has no lag.
std::optional<Position> FileTransport::known_end(Partition partition) const {
  return next_[static_cast<std::size_t>(partition.value)];
}

Status FileTransport::send(const OutputRecord& record) {
  std::ostream* stream = outputs_[static_cast<std::size_t>(record.topic)].stream;
  FRESHET_CHECK(stream != nullptr);
  if (record.topic == OutputTopic::kDeadLetters) {
    *stream << dead_letter_line(record) << '\n';
  } else {
    *stream << record.value.value_or("") << '\n';
  }
  return {};
}

Status FileTransport::flush(std::chrono::milliseconds) {
  for (Output& output : outputs_) {
    if (output.stream == nullptr || output.stream->flush()) continue;
    return error(ErrorCode::kFatal, output.path.string() + ": writing failed; is the disk full?");
  }
  return {};
}

Result<ChangelogPositions> FileTransport::commit(std::span<const PartitionCommit> partitions) {
  return ChangelogPositions(partitions.size());
}

Status FileTransport::close() {
  if (!assigned_) return {};
  assigned_ = false;
  if (Status revoked = listener_->on_revoked(all_partitions()); !revoked) return revoked;
  return flush(std::chrono::milliseconds{0});
}

}  // namespace freshet::pipeline
