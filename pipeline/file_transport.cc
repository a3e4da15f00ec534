#include "pipeline/file_transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>
#include <utility>

#include "common/check.h"
#include "pipeline/output_encoder.h"
#include "pipeline/partitioner.h"

namespace freshet::pipeline {
namespace {

// A line that is over input.event_bytes_max becomes a dead letter with its size and hash, so it is
// held whole; only beyond this bound, which no broker takes either, is it cut.
constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;

std::size_t line_bytes_max(const WorkerConfig& config) {
  return std::max(kLineBytesMax, config.input.event_bytes_max + 1);
}

Status open_for_writing(const std::filesystem::path& path, std::ofstream* file,
                        std::ostream** stream) {
  if (path == "-") {
    *stream = &std::cout;
    return {};
  }
  file->open(path, std::ios::binary | std::ios::trunc);
  if (!*file) {
    return error(ErrorCode::kInvalidConfig, path.string() + ": cannot be written (" +
                                                std::strerror(errno) +
                                                "); check that its folder exists");
  }
  *stream = file;
  return {};
}

// What a batch's views point to.
struct Lines {
  std::vector<std::string> values;
  std::vector<std::optional<UserId>> users;
};

}  // namespace

FileTransport::FileTransport(const WorkerConfig& config, FileTransportOptions options,
                             LineReader reader)
    : options_(std::move(options)),
      reader_(std::move(reader)),
      decoder_(config),
      next_(static_cast<std::size_t>(options_.partition_count)) {}

Result<std::unique_ptr<FileTransport>> FileTransport::open(const WorkerConfig& config,
                                                           FileTransportOptions options) {
  FRESHET_CHECK(options.partition_count > 0);
  Result<LineReader> reader = LineReader::open(options.input, line_bytes_max(config));
  if (!reader) return tl::unexpected(reader.error());
  std::unique_ptr<FileTransport> transport(
      new FileTransport(config, std::move(options), std::move(*reader)));
  const FileTransportOptions& opened = transport->options_;
  if (Status output =
          open_for_writing(opened.output, &transport->output_file_, &transport->output_);
      !output) {
    return tl::unexpected(output.error());
  }
  if (Status letters = open_for_writing(opened.dead_letters, &transport->dead_letter_file_,
                                        &transport->dead_letters_);
      !letters) {
    return tl::unexpected(letters.error());
  }
  return transport;
}

std::vector<Partition> FileTransport::all_partitions() const {
  std::vector<Partition> partitions;
  for (std::int32_t p = 0; p < options_.partition_count; ++p) partitions.push_back({p});
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
  auto lines = std::make_shared<Lines>();
  lines->values.reserve(records_max);  // views into short strings must not move
  lines->users.reserve(records_max);
  RecordBatch batch;
  while (batch.records.size() < records_max) {
    const Result<std::optional<Line>> line = reader_.next();
    if (!line) {
      fault_ = line.error();
      break;
    }
    if (!*line) {
      batch.end_of_input = true;
      break;
    }
    lines->values.emplace_back((*line)->bytes);
    lines->users.push_back(decoder_.peek_user(lines->values.back()));
    const std::optional<UserId>& user = lines->users.back();
    InputRecord record;
    if (user) {
      record.partition = partition_of(user->view(), options_.partition_count);
      record.key = user->view();
    }
    Position& next = next_[static_cast<std::size_t>(record.partition.value)];
    record.offset = Offset{next.value};
    next = position_after(record.offset);
    record.value = lines->values.back();
    batch.records.push_back(record);
  }
  if (fault_ && batch.records.empty()) return tl::unexpected(*fault_);
  batch.owner = std::move(lines);
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

Result<Position> FileTransport::end_position(Partition partition) {
  return next_[static_cast<std::size_t>(partition.value)];
}

Status FileTransport::send(const OutputRecord& record) {
  if (record.topic == OutputTopic::kDeadLetters) {
    *dead_letters_ << dead_letter_line(record) << '\n';
    return {};
  }
  *output_ << record.value.value_or("") << '\n';
  return {};
}

Status FileTransport::flush(std::chrono::milliseconds) {
  output_->flush();
  dead_letters_->flush();
  if (*output_ && *dead_letters_) return {};
  return error(ErrorCode::kFatal, options_.output.string() + " or " +
                                      options_.dead_letters.string() +
                                      ": writing failed; is the disk full?");
}

Status FileTransport::commit(std::span<const PositionToCommit>) { return {}; }

Status FileTransport::close() {
  if (!assigned_) return {};
  assigned_ = false;
  if (Status revoked = listener_->on_revoked(all_partitions()); !revoked) return revoked;
  return flush(std::chrono::milliseconds{0});
}

}  // namespace freshet::pipeline
