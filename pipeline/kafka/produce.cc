#include "pipeline/kafka/produce.h"

#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "common/check.h"
#include "pipeline/files/log_file.h"
#include "pipeline/kafka/kafka_producer.h"

namespace freshet::pipeline {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFlushWait{1'000};

// How long brokers that do not answer may still take after a stop.
constexpr std::chrono::milliseconds kStopGrace{8'000};
// A shorter sleep is not worth waking up for a stop.
constexpr std::chrono::milliseconds kShortSleep{20};

// Lets record n pass no earlier than n / rate after the first; late ones catch up.
class Pace {
 public:
  Pace(std::optional<double> records_per_s, StopSignal* stop) : rate_(records_per_s), stop_(stop) {
    FRESHET_CHECK(!rate_ || (std::isfinite(*rate_) && *rate_ > 0));
  }

  // Returns early after a stop.
  void wait_for_record(std::uint64_t number) const {
    if (!rate_) return;
    const std::chrono::duration<double> after(static_cast<double>(number) / *rate_);
    const auto due = start_ + std::chrono::duration_cast<steady_clock::duration>(after);
    while (true) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(due - steady_clock::now());
      if (stop_ == nullptr || left < kShortSleep) break;
      if (stop_->wait_for(left - kShortSleep / 2)) return;
    }
    std::this_thread::sleep_until(due);
  }

 private:
  std::optional<double> rate_;
  StopSignal* stop_;
  steady_clock::time_point start_ = steady_clock::now();
};

bool is_stopped(const StopSignal* stop) { return stop != nullptr && stop->requested(); }

// Waits for room in the producer, however long that takes; until a stop.
Status send_record(const DumpRecord& record, const KafkaTopic& topic, const StopSignal* stop,
                   KafkaProducer* producer) {
  KafkaMessage message;
  message.topic = topic;
  message.partition = record.partition;
  message.timestamp = record.timestamp;
  message.key = record.key;
  message.value = record.value;
  std::vector<Header> headers;
  for (const DumpRecordHeader& header : record.headers) {
    headers.push_back({header.name, header.value.value_or("")});
  }
  message.headers = headers;
  Status sent = producer->send(message);
  while (!sent && sent.error().code == ErrorCode::kUnavailable && !is_stopped(stop)) {
    sent = producer->send(message);
  }
  return sent;
}

Status flush_all(const StopSignal* stop, KafkaProducer* producer) {
  Status flushed = producer->flush(kFlushWait);
  while (!flushed && flushed.error().code == ErrorCode::kUnavailable) {
    const auto asked = stop == nullptr ? std::nullopt : stop->requested_for();
    if (asked && *asked + kFlushWait >= kStopGrace) return flushed;
    flushed = producer->flush(kFlushWait);
  }
  return flushed;
}

}  // namespace

Result<ProduceSummary> produce(const WorkerConfig& config, const ProduceOptions& options) {
  Result<LogFile> log = LogFile::open(config, options.input, options.stop);
  if (!log) return tl::unexpected<Error>(log.error());
  auto producer =
      KafkaProducer::create(producer_options(config, options.client), options.client.log);
  if (!producer) return tl::unexpected<Error>(producer.error());
  const Result<KafkaTopic> topic = (*producer)->open_topic(
      options.topic.empty() ? config.kafka.input : options.topic, options.client.topic_bytes_max);
  if (!topic) return tl::unexpected<Error>(topic.error());
  if (Status fits = log->set_partition_count(topic->partition_count); !fits) {
    return tl::unexpected<Error>(fits.error());
  }

  const Pace pace(options.records_per_s, options.stop);
  ProduceSummary summary;
  Status ended;
  while (ended) {
    const Result<std::optional<DumpRecord>> record = log->next();
    if (!record && record.error().code == ErrorCode::kUnavailable) {
      summary.stopped = true;
      break;
    }
    if (!record) ended = tl::unexpected<Error>(record.error());
    if (!record || !*record) break;
    pace.wait_for_record(summary.records);
    if (options.before_send) options.before_send({summary.records, log->share(), &**record});
    summary.stopped = is_stopped(options.stop);
    if (summary.stopped) break;
    Status sent = send_record(**record, *topic, options.stop, producer->get());
    if (!sent && sent.error().code == ErrorCode::kUnavailable) {
      summary.stopped = true;
      break;
    }
    if (!sent) {
      ended = error(sent.error().code, log->place() + ": " + sent.error().message);
      break;
    }
    ++summary.records;
    if (!log->dump_topic() && !(*record)->key) ++summary.without_user;
  }
  // What lies before a fault belongs to the topic, as a replay would have it.
  const Status flushed = flush_all(options.stop, producer->get());
  if (!ended) return tl::unexpected<Error>(ended.error());
  if (!flushed) return tl::unexpected<Error>(flushed.error());
  return summary;
}

}  // namespace freshet::pipeline
