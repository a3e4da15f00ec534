#include "pipeline/kafka/dump.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "pipeline/files/dump_format.h"
#include "pipeline/kafka/topic_reader.h"

namespace freshet::pipeline {

Result<DumpSummary> dump(const WorkerConfig& config, const DumpOptions& options) {
  const std::string& topic = options.topic.empty() ? config.kafka.input : options.topic;
  Result<TopicReader> reader = TopicReader::open(config, topic, options.client);
  if (!reader) return tl::unexpected<Error>(reader.error());

  std::ofstream file;
  const bool to_stdout = options.output == "-";
  if (!to_stdout) {
    file.open(options.output, std::ios::binary | std::ios::trunc);
    if (!file) {
      return error(ErrorCode::kInvalidConfig, options.output.string() + ": cannot be written (" +
                                                  std::strerror(errno) +
                                                  "); check that its folder exists");
    }
  }
  std::ostream& out = to_stdout ? std::cout : file;
  DumpSummary summary{reader->partition_count(), 0, false};
  const std::uint64_t offsets = reader->offset_count();
  std::string line;
  encode_dump_topic({topic, summary.partition_count}, &line);
  out << line << '\n';
  const auto is_stopped = [&] { return options.stop != nullptr && options.stop->requested(); };
  const Status read = reader->read(
      [&](const DumpRecord& record) -> Status {
        encode_dump_record(record, &line);
        out << line << '\n';
        ++summary.records;
        if (options.on_record) options.on_record(summary.records, offsets);
        if (out) return {};
        return error(ErrorCode::kFatal,
                     options.output.string() + ": writing failed; is the disk full?");
      },
      is_stopped);
  if (!read) return tl::unexpected<Error>(read.error());
  summary.stopped = is_stopped() && summary.records < offsets;
  out.flush();
  if (!out) {
    return error(ErrorCode::kFatal,
                 options.output.string() + ": writing failed; is the disk full?");
  }
  return summary;
}

}  // namespace freshet::pipeline
