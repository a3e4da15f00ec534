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

// Waits for room in the producer, however long that takes.
Status send_record(const DumpRecord& record, const KafkaTopic& topic, KafkaProducer* producer) {
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
  while (!sent && sent.error().code == ErrorCode::kUnavailable) sent = producer->send(message);
  return sent;
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
  Result<LogFile> log = LogFile::open(config, options.input);
  if (!log) return tl::unexpected<Error>(log.error());
  auto producer =
      KafkaProducer::create(producer_options(config, options.client), options.client.log);
  if (!producer) return tl::unexpected<Error>(producer.error());
  const Result<KafkaTopic> topic =
      (*producer)->open_topic(options.topic.empty() ? config.kafka.input : options.topic);
  if (!topic) return tl::unexpected<Error>(topic.error());
  if (Status fits = log->set_partition_count(topic->partition_count); !fits) {
    return tl::unexpected<Error>(fits.error());
  }

  const Pace pace(options.records_per_s);
  ProduceSummary summary;
  Status ended;
  while (ended) {
    const Result<std::optional<DumpRecord>> record = log->next();
    if (!record) ended = tl::unexpected<Error>(record.error());
    if (!record || !*record) break;
    pace.wait_for_record(summary.records);
    if (Status sent = send_record(**record, *topic, producer->get()); !sent) {
      ended = error(sent.error().code, log->place() + ": " + sent.error().message);
      break;
    }
    ++summary.records;
    if (!log->dump_topic() && !(*record)->key) ++summary.without_user;
  }
  // What lies before a fault belongs to the topic, as a replay would have it.
  const Status flushed = flush_all(producer->get());
  if (!ended) return tl::unexpected<Error>(ended.error());
  if (!flushed) return tl::unexpected<Error>(flushed.error());
  return summary;
}

}  // namespace freshet::pipeline
