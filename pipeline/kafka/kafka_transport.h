// KafkaTransport: Transport on Apache Kafka, over librdkafka.
//
// One consumer in the group `application_id`, and what it writes by:
//
//   delivery       changelog  outputs            changelog    positions
//   exactly_once   on, off    transaction        transaction  transaction
//   at_least_once  on         producer, flushed  transaction  transaction
//   at_least_once  off        producer, flushed               the group's plain commit
//
// A transaction ends with the assignment under which it was opened: what is open behind on_revoked
// and on_lost is aborted, once the call that is under way beside the worker has ended. A
// commit that holds no outputs can go on there (try_commit). The pieces:
//   kafka_client_config  every option   kafka_consumer     group, batches, positions
//   kafka_errors         every error    kafka_producer     records out
//   commit_thread        commits beside kafka_transaction  commits
//
// Errors:  as pipeline/transport.h; send() also says kBadRecord for a record too large for its
//          topic or for message.max.bytes (not taken)
// Threads: one, and that of commits; the log callback is called from both and from librdkafka's
// Oracle:  tests/contract/pipeline/transport_contract.h on a real broker, tests/broker/kafka
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/kafka/commit_thread.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_consumer.h"
#include "pipeline/kafka/kafka_producer.h"
#include "pipeline/kafka/kafka_transaction.h"
#include "pipeline/transport.h"

namespace freshet::pipeline {

class KafkaTransport final : public Transport, private RebalanceListener {
 public:
  // Needs no broker; subscribe() is the first to ask one.
  static Result<std::unique_ptr<KafkaTransport>> create(const WorkerConfig& config,
                                                        const KafkaTransportOptions& options);

  // Also looks for the topics, creates the changelog where it is missing, and ends what an earlier
  // transport of the same transactional id left open, before the group is joined; kInvalidConfig
  // names a missing topic. May be repeated after an error.
  Status subscribe(RebalanceListener* listener) override;
  Result<RecordBatch> poll(std::chrono::milliseconds timeout, std::size_t records_max) override;
  Status start_at(Partition partition, Position position) override;
  Result<std::int32_t> partition_count() override;
  Result<std::vector<std::optional<CommittedPosition>>> committed(
      std::span<const Partition> partitions) override;
  Result<PositionRange> range(Partition partition) override;
  Result<std::optional<Position>> position_for_time(Partition partition, EventTime time) override;
  std::optional<Position> known_end(Partition partition) const override;
  Status ask_brokers(std::chrono::milliseconds timeout) override;
  Status send(const OutputRecord& record) override;
  Status flush(std::chrono::milliseconds timeout) override;
  Result<ChangelogPositions> commit(std::span<const PartitionCommit> partitions) override;
  Result<std::optional<ChangelogPositions>> try_commit(
      std::span<const PartitionCommit> partitions) override;
  // A member with an instance id keeps its place in the group until its session times out.
  Status close() override;

 private:
  KafkaTransport(const WorkerConfig& config, const KafkaTransportOptions& options);

  Status on_assigned(std::span<const Partition> partitions) override;
  Status on_revoked(std::span<const Partition> partitions) override;
  Status on_lost(std::span<const Partition> partitions) override;
  Status open_topics();
  Status open_changelog();
  Result<KafkaTopic> open_output(const std::string& name);
  // A commit, where it is allowed: for any thread, and the assignment of now.
  Result<CommitThread::Call> call_of(std::span<const PartitionCommit> partitions);

  const WorkerConfig config_;
  std::optional<std::size_t> topic_bytes_max_;
  std::unique_ptr<KafkaConsumer> consumer_;
  std::unique_ptr<KafkaProducer> producer_;        // null: outputs are in the transaction
  std::unique_ptr<KafkaTransaction> transaction_;  // null: none are made
  // [OutputTopic], once found; none of those that are off
  std::array<std::optional<KafkaTopic>, kOutputTopics> outputs_;
  std::optional<KafkaTopic> changelog_;  // once found
  RebalanceListener* listener_ = nullptr;
  // None where outputs are in the transaction. Last: its call uses the above.
  std::optional<CommitThread> beside_;
};

}  // namespace freshet::pipeline
