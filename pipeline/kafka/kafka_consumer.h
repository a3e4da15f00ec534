// KafkaConsumer: the reading half of KafkaTransport: group, batches, positions.
//
// librdkafka's rebalance callback only notes what happened; poll() and close() act on it once
// librdkafka has returned, so the listener never runs inside a C call, and a batch never mixes two
// assignments: records read before a revocation are handed out, and the listener is told at the
// next poll(). Assignment is eager.
//
//   noted by librdkafka: assign ----> listener->on_assigned, rd_kafka_assign of what is started
//                        revoke ----> listener->on_revoked, unassign   (on_lost where it is lost)
//   start_at later ----------------> rd_kafka_assign of what is started, at the next poll()
//
// An error of on_assigned leaves the assignment untaken: poll() returns it, and the next poll()
// offers the same partitions again, unless the group has moved on.
//
// close() gives back what is assigned, through the listener, and then leaves the group; it waits
// a second at most for the group to hear of that.
//
// Errors, threads: as pipeline/transport.h, but for commit_alone()
// Oracle:  tests/contract/pipeline, tests/broker/kafka
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/kafka/fetch_reminder.h"
#include "pipeline/kafka/kafka_assignment.h"
#include "pipeline/kafka/kafka_group_member.h"
#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/transport.h"

struct rd_kafka_queue_s;

namespace freshet::pipeline {

class KafkaConsumer final : private KafkaEvents {
 public:
  static Result<std::unique_ptr<KafkaConsumer>> create(const WorkerConfig& config,
                                                       const KafkaTransportOptions& options);
  ~KafkaConsumer() override;

  Status subscribe(RebalanceListener* listener);
  Result<RecordBatch> poll(std::chrono::milliseconds timeout, std::size_t records_max);
  Status start_at(Partition partition, Position position);
  Result<std::int32_t> partition_count();
  Result<std::vector<std::optional<CommittedPosition>>> committed(
      std::span<const Partition> partitions);
  Result<PositionRange> range(Partition partition);
  Result<std::optional<Position>> position_for_time(Partition partition, EventTime time);
  std::optional<Position> known_end(Partition partition) const;
  Status ask_brokers(std::chrono::milliseconds timeout);
  Status close();

  // kFenced where one of them is not assigned any more, as far as this member has heard.
  Status may_commit(std::span<const PartitionCommit> positions) const;
  // Commits positions alone, without a transaction: whether it may, and then, on any thread as long
  // as the assignment stands, the request itself.
  Status may_commit_alone(std::span<const PartitionCommit> positions) const;
  Status commit_alone(std::span<const PartitionCommit> positions) const;
  // Who holds the present assignment; none while nothing is assigned.
  const std::optional<KafkaGroupMember>& group_member() const { return group_member_; }

 private:
  struct Rebalance {
    bool assign = false;
    bool lost = false;
    std::vector<Partition> partitions;
  };

  KafkaConsumer(const WorkerConfig& config, bool asks_settings);

  void on_rebalance(int rd_error, rd_kafka_topic_partition_list_s* partitions) override;
  void on_delivery(const rd_kafka_message_s&) override {}

  void append_record(const rd_kafka_message_s& message, RecordBatch* batch);
  Status serve_rebalances();
  Status assign(const Rebalance& rebalance);
  Status read_what_is_started();
  Status unassign(bool lost);
  Status leave();
  bool assignment_is_lost() const;
  bool is_still_member() const;

  std::string topic_;
  bool asks_settings_;  // not of a broker that does not answer: KafkaTransportOptions
  std::shared_ptr<KafkaHandle> handle_;
  rd_kafka_queue_s* queue_ = nullptr;
  std::optional<FetchReminder> reminder_;  // there once handle_ is
  RebalanceListener* listener_ = nullptr;
  KafkaAssignment assignment_;
  std::map<Partition, Position> drained_;         // where nothing more was there to read, last
  std::string member_id_;                         // of the generation of the assignment
  std::optional<KafkaGroupMember> group_member_;  // the same
  std::deque<Rebalance> rebalances_;              // noted, not yet acted on
  std::optional<Error> deferred_error_;           // met behind records that went out first
  bool starts_are_due_ = false;                   // librdkafka has not been told of them yet
  bool closing_ = false;
  bool closed_ = false;
};

}  // namespace freshet::pipeline
