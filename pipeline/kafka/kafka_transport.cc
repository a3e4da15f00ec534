#include "pipeline/kafka/kafka_transport.h"

#include <string>
#include <utility>

#include "common/check.h"
#include "pipeline/kafka/changelog_topic.h"

namespace freshet::pipeline {

namespace {

int log_level_of(FindingLevel level) {
  return level == FindingLevel::kWarning ? kKafkaLogWarning : kKafkaLogInfo;
}

}  // namespace

KafkaTransport::KafkaTransport(const WorkerConfig& config, const KafkaTransportOptions& options)
    : config_(config), topic_bytes_max_(options.topic_bytes_max) {}

Result<std::unique_ptr<KafkaTransport>> KafkaTransport::create(
    const WorkerConfig& config, const KafkaTransportOptions& options) {
  std::unique_ptr<KafkaTransport> transport(new KafkaTransport(config, options));
  auto consumer = KafkaConsumer::create(config, options);
  if (!consumer) return tl::unexpected<Error>(consumer.error());
  transport->consumer_ = std::move(*consumer);
  if (config.delivery == Delivery::kAtLeastOnce) {
    auto producer = KafkaProducer::create(producer_options(config, options), options.log);
    if (!producer) return tl::unexpected<Error>(producer.error());
    transport->producer_ = std::move(*producer);
  }
  if (has_transactions(config)) {
    auto transaction = KafkaTransaction::create(config, options);
    if (!transaction) return tl::unexpected<Error>(transaction.error());
    transport->transaction_ = std::move(*transaction);
  }
  if (transport->producer_) transport->beside_.emplace();
  return transport;
}

Status KafkaTransport::subscribe(RebalanceListener* listener) {
  if (const auto count = partition_count(); !count) return tl::unexpected<Error>(count.error());
  if (Status opened = open_topics(); !opened) return opened;
  if (transaction_) {
    if (Status ready = transaction_->init(); !ready) return ready;
  }
  listener_ = listener;
  return consumer_->subscribe(this);
}

Status KafkaTransport::open_topics() {
  for (const OutputTopicName& output : output_topics(config_)) {
    std::optional<KafkaTopic>& open = outputs_[static_cast<std::size_t>(output.topic)];
    if (open) continue;
    const Result<KafkaTopic> topic = open_output(output.name);
    if (!topic) return tl::unexpected<Error>(topic.error());
    open = *topic;
  }
  return config_.changelog && !changelog_ ? open_changelog() : Status{};
}

Status KafkaTransport::open_changelog() {
  const Result<std::int32_t> count = partition_count();
  if (!count) return tl::unexpected<Error>(count.error());
  if (!topic_bytes_max_) {
    Findings findings;
    Status prepared = prepare_changelog(transaction_->client(), config_, *count, &findings);
    for (const Finding& finding : findings) {
      const std::string remedy = finding.remedy.empty() ? "" : "; " + finding.remedy;
      transaction_->log(log_level_of(finding.level),
                        finding.where + ": " + finding.message + remedy);
    }
    if (!prepared) return prepared;
  }
  const Result<KafkaTopic> topic =
      transaction_->open_topic(changelog_topic(config_), topic_bytes_max_);
  if (!topic) return tl::unexpected<Error>(topic.error());
  changelog_ = *topic;
  return {};
}

Result<KafkaTopic> KafkaTransport::open_output(const std::string& name) {
  return producer_ ? producer_->open_topic(name, topic_bytes_max_)
                   : transaction_->open_topic(name, topic_bytes_max_);
}

Status KafkaTransport::on_assigned(std::span<const Partition> partitions) {
  return listener_->on_assigned(partitions);
}

Status KafkaTransport::on_revoked(std::span<const Partition> partitions) {
  Status told = listener_->on_revoked(partitions);
  if (beside_) beside_->forget();
  Status ended = transaction_ ? transaction_->abort() : Status{};
  return told ? ended : told;
}

Status KafkaTransport::on_lost(std::span<const Partition> partitions) {
  Status told = listener_->on_lost(partitions);
  if (beside_) beside_->forget();
  Status ended = transaction_ ? transaction_->abort() : Status{};
  return told ? ended : told;
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

Result<PositionRange> KafkaTransport::range(Partition partition) {
  return consumer_->range(partition);
}

Result<std::optional<Position>> KafkaTransport::position_for_time(Partition partition,
                                                                  EventTime time) {
  return consumer_->position_for_time(partition, time);
}

std::optional<Position> KafkaTransport::known_end(Partition partition) const {
  return consumer_->known_end(partition);
}

Status KafkaTransport::ask_brokers(std::chrono::milliseconds timeout) {
  return consumer_->ask_brokers(timeout);
}

Status KafkaTransport::send(const OutputRecord& record) {
  const std::optional<KafkaTopic>& topic = outputs_[static_cast<std::size_t>(record.topic)];
  FRESHET_CHECK(topic.has_value());
  KafkaMessage message;
  message.topic = *topic;
  if (record.key) message.key = *record.key;
  if (record.value) message.value = *record.value;
  message.headers = record.headers;
  return producer_ ? producer_->send(message) : transaction_->send(message);
}

Status KafkaTransport::flush(std::chrono::milliseconds timeout) {
  return producer_ ? producer_->flush(timeout) : transaction_->flush(timeout);
}

Result<ChangelogPositions> KafkaTransport::commit(std::span<const PartitionCommit> partitions) {
  if (beside_ && beside_->has_commit()) return beside_->wait();
  const Result<CommitThread::Call> call = call_of(partitions);
  if (!call) return tl::unexpected<Error>(call.error());
  return (*call)();
}

Result<std::optional<ChangelogPositions>> KafkaTransport::try_commit(
    std::span<const PartitionCommit> partitions) {
  if (!beside_) return Transport::try_commit(partitions);
  if (!beside_->has_commit()) {
    const Result<CommitThread::Call> call = call_of(partitions);
    if (!call) return tl::unexpected<Error>(call.error());
    beside_->start(*call);
    return std::nullopt;
  }
  if (!beside_->has_ended()) return std::nullopt;
  Result<ChangelogPositions> behind = beside_->wait();
  if (!behind) return tl::unexpected<Error>(behind.error());
  return std::optional<ChangelogPositions>(std::move(*behind));
}

Result<CommitThread::Call> KafkaTransport::call_of(std::span<const PartitionCommit> partitions) {
  FRESHET_CHECK(!partitions.empty());
  Status allowed =
      transaction_ ? consumer_->may_commit(partitions) : consumer_->may_commit_alone(partitions);
  if (!allowed) return tl::unexpected<Error>(allowed.error());
  if (!transaction_) {
    return [this, partitions] {
      return consumer_->commit_alone(partitions).map([&] {
        return ChangelogPositions(partitions.size());
      });
    };
  }
  return [this, partitions, member = &*consumer_->group_member()] {
    return transaction_->commit({config_.kafka.input, changelog_, partitions, member});
  };
}

Status KafkaTransport::close() {
  Status left = consumer_->close();
  if (beside_) beside_->forget();
  if (transaction_) transaction_->close();
  return left;
}

}  // namespace freshet::pipeline
