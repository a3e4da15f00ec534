#include "pipeline/kafka/kafka_transport.h"

#include <utility>

#include "common/check.h"

namespace freshet::pipeline {

KafkaTransport::KafkaTransport(const WorkerConfig& config,
                               std::optional<std::size_t> topic_bytes_max,
                               std::unique_ptr<KafkaConsumer> consumer,
                               std::unique_ptr<KafkaProducer> producer)
    : topic_bytes_max_(topic_bytes_max),
      consumer_(std::move(consumer)),
      producer_(std::move(producer)) {
  output_names_[static_cast<std::size_t>(OutputTopic::kScores)] = config.kafka.output;
  output_names_[static_cast<std::size_t>(OutputTopic::kDeadLetters)] = config.kafka.dead_letter;
}

Result<std::unique_ptr<KafkaTransport>> KafkaTransport::create(
    const WorkerConfig& config, const KafkaTransportOptions& options) {
  auto consumer = KafkaConsumer::create(config, options);
  if (!consumer) return tl::unexpected<Error>(consumer.error());
  auto producer = KafkaProducer::create(producer_options(config, options), options.log);
  if (!producer) return tl::unexpected<Error>(producer.error());
  return std::unique_ptr<KafkaTransport>(new KafkaTransport(
      config, options.topic_bytes_max, std::move(*consumer), std::move(*producer)));
}

Status KafkaTransport::subscribe(RebalanceListener* listener) {
  if (const auto count = partition_count(); !count) return tl::unexpected<Error>(count.error());
  for (std::size_t i = outputs_.size(); i < output_names_.size(); ++i) {
    const Result<KafkaTopic> topic = producer_->open_topic(output_names_[i], topic_bytes_max_);
    if (!topic) return tl::unexpected<Error>(topic.error());
    outputs_.push_back(*topic);
  }
  return consumer_->subscribe(listener);
}

Result<RecordBatch> KafkaTransport::poll(std::chrono::milliseconds timeout,
                                         std::size_t records_max) {
  return consumer_->poll(timeout, records_max);
}

Status KafkaTransport::start_at(Partition partition, Position position) {
  return consumer_->start_at(partition, position);
}

Result<std::int32_t> KafkaTransport::partition_count() { return consumer_->partition_count(); }

Result<std::vector<std::optional<CommittedPosition>>> KafkaTransport::committed(
    std::span<const Partition> partitions) {
  return consumer_->committed(partitions);
}

Result<Position> KafkaTransport::begin_position(Partition partition) {
  return consumer_->begin_position(partition);
}

Result<Position> KafkaTransport::end_position(Partition partition) {
  return consumer_->end_position(partition);
}

std::optional<Position> KafkaTransport::known_end(Partition partition) const {
  return consumer_->known_end(partition);
}

Status KafkaTransport::ask_brokers(std::chrono::milliseconds timeout) {
  return consumer_->ask_brokers(timeout);
}

Status KafkaTransport::send(const OutputRecord& record) {
  FRESHET_CHECK(outputs_.size() == output_names_.size());
  KafkaMessage message;
  message.topic = outputs_[static_cast<std::size_t>(record.topic)];
  if (record.key) message.key = *record.key;
  if (record.value) message.value = *record.value;
  message.headers = record.headers;
  return producer_->send(message);
}

Status KafkaTransport::flush(std::chrono::milliseconds timeout) {
  return producer_->flush(timeout);
}

Result<ChangelogPositions> KafkaTransport::commit(std::span<const PartitionCommit> partitions) {
  if (Status committed = consumer_->commit(partitions); !committed) {
    return tl::unexpected<Error>(committed.error());
  }
  return ChangelogPositions(partitions.size());
}

Status KafkaTransport::close() { return consumer_->close(); }

}  // namespace freshet::pipeline
