#include "pipeline/kafka/produce.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "common/check.h"
#include "pipeline/dump_format.h"
#include "pipeline/event_decoder.h"
#include "pipeline/kafka/kafka_producer.h"
#include "pipeline/line_reader.h"
#include "pipeline/partitioner.h"

namespace freshet::pipeline {
namespace {

using std::chrono::steady_clock;

// No broker takes a longer record unless it is told to; a replay cuts at the same length.
constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;
constexpr std::chrono::milliseconds kFlushWait{1'000};

// Lets record n pass no earlier than n / rate after the first.
class Pace {
 public:
  explicit Pace(std::optional<double> records_per_s) : rate_(records_per_s) {
    FRESHET_CHECK(!rate_ || (std::isfinite(*rate_) && *rate_ > 0));
  }

  void wait_for_record(std::uint64_t number) const {
    if (!rate_) return;
    const std::chrono::duration<double> due(static_cast<double>(number) / *rate_);
    std::this_thread::sleep_until(start_ + std::chrono::duration_cast<steady_clock::duration>(due));
  }

 private:
  std::optional<double> rate_;
  steady_clock::time_point start_ = steady_clock::now();
};

class LogProducer {
 public:
  LogProducer(const WorkerConfig& config, KafkaProducer* producer, KafkaTopic topic, Pace pace)
      : producer_(producer), topic_(topic), pace_(pace), decoder_(config) {}

  // The first line says what the file is.
  Status add(std::string_view line) {
    if (first_) {
      first_ = false;
      if (is_dump_topic(line)) return begin_dump(line);
    }
    return is_dump_ ? add_dumped(line) : add_event(line);
  }

  const ProduceSummary& summary() const { return summary_; }

 private:
  Status begin_dump(std::string_view line) {
    is_dump_ = true;
    const Result<DumpTopic> dumped = decode_dump_topic(line);
    if (!dumped) return tl::unexpected<Error>(dumped.error());
    if (dumped->partition_count != topic_.partition_count) {
      return error(ErrorCode::kInvalidConfig,
                   "the dump has " + std::to_string(dumped->partition_count) +
                       " partitions and the topic " + std::to_string(topic_.partition_count) +
                       "; create a topic with as many as the dump");
    }
    return {};
  }

  Status add_event(std::string_view line) {
    const std::optional<UserId> user = decoder_.peek_user(line);
    KafkaMessage message;
    message.partition = Partition{0};
    message.value = line;
    if (user) {
      message.key = user->view();
      message.partition = partition_of(user->view(), topic_.partition_count);
    } else {
      ++summary_.without_user;
    }
    return send(std::move(message));
  }

  Status add_dumped(std::string_view line) {
    const Result<DumpRecord> record = decode_dump_record(line);
    if (!record) return tl::unexpected<Error>(record.error());
    if (record->partition.value >= topic_.partition_count) {
      return error(ErrorCode::kBadRecord, "partition " + std::to_string(record->partition.value) +
                                              " is more than the dump's first line says");
    }
    KafkaMessage message;
    message.partition = record->partition;
    message.timestamp = record->timestamp;
    message.key = record->key;
    message.value = record->value;
    std::vector<Header> headers;
    for (const DumpRecordHeader& header : record->headers) {
      headers.push_back({header.name, header.value.value_or("")});
    }
    message.headers = headers;
    return send(std::move(message));
  }

  Status send(KafkaMessage message) {
    message.topic = topic_;
    pace_.wait_for_record(summary_.records);
    Status sent = producer_->send(message);
    while (!sent && sent.error().code == ErrorCode::kUnavailable) sent = producer_->send(message);
    if (sent) ++summary_.records;
    return sent;
  }

  KafkaProducer* producer_;
  KafkaTopic topic_;
  Pace pace_;
  EventDecoder decoder_;
  bool first_ = true;
  bool is_dump_ = false;
  ProduceSummary summary_;
};

Error with_place(const Error& cause, const std::string& file, std::uint64_t line) {
  return {cause.code, file + ":" + std::to_string(line) + ": " + cause.message};
}

Status flush_all(KafkaProducer* producer) {
  Status flushed = producer->flush(kFlushWait);
  while (!flushed && flushed.error().code == ErrorCode::kUnavailable) {
    flushed = producer->flush(kFlushWait);
  }
  return flushed;
}

}  // namespace

Result<ProduceSummary> produce(const WorkerConfig& config, const ProduceOptions& options) {
  const std::string file = options.input.string();
  Result<LineReader> reader =
      LineReader::open(options.input, std::max(kLineBytesMax, config.input.event_bytes_max + 1));
  if (!reader) return tl::unexpected<Error>(reader.error());
  auto producer =
      KafkaProducer::create(producer_options(config, options.client), options.client.log);
  if (!producer) return tl::unexpected<Error>(producer.error());
  const Result<KafkaTopic> topic =
      (*producer)->open_topic(options.topic.empty() ? config.kafka.input : options.topic);
  if (!topic) return tl::unexpected<Error>(topic.error());

  LogProducer log(config, producer->get(), *topic, Pace(options.records_per_s));
  while (true) {
    const Result<std::optional<Line>> line = reader->next();
    if (!line) {
      // What lies before the fault belongs to the topic, as a replay would have it.
      if (Status flushed = flush_all(producer->get()); !flushed) {
        return tl::unexpected<Error>(flushed.error());
      }
      return tl::unexpected<Error>(line.error());
    }
    if (!*line) break;
    Status added = (*line)->oversized()
                       ? error(ErrorCode::kBadRecord, "the line is longer than any record may be")
                       : log.add((*line)->bytes);
    if (!added) {
      static_cast<void>(flush_all(producer->get()));
      return tl::unexpected<Error>(with_place(added.error(), file, (*line)->number));
    }
  }
  if (Status flushed = flush_all(producer->get()); !flushed) {
    return tl::unexpected<Error>(flushed.error());
  }
  return log.summary();
}

}  // namespace freshet::pipeline
