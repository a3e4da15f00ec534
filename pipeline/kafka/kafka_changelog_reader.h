// KafkaChangelogReader: ChangelogReader on Apache Kafka: a consumer of its own, without a group.
//
// Errors:  as pipeline/restore/changelog_reader.h; position() of a partition that is not started is
// a
//          failed CHECK
// Threads: one
// Cost:    while it reads, as much memory again as the thread's input queue (memory_split.h): what
//          is restored has no hot users yet
// Oracle:  tests/contract/pipeline/changelog_contract.h on a real broker,
//          tests/broker/kafka/kafka_changelog_reader_test.cc
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/config/config.h"
#include "pipeline/kafka/fetch_reminder.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/kafka/kafka_message_batch.h"
#include "pipeline/restore/changelog_reader.h"

namespace freshet::pipeline {

class KafkaChangelogReader final : public ChangelogReader {
 public:
  // Needs no broker; range() is the first to ask one.
  static Result<std::unique_ptr<KafkaChangelogReader>> create(const WorkerConfig& config,
                                                              const KafkaTransportOptions& options);
  ~KafkaChangelogReader() override;

  Result<PositionRange> range(Partition partition) override;
  // The topic's delete.retention.ms; where the worker may not ask for it, as a worker makes the
  // topic.
  Result<DurationMs> tombstones_kept() override;
  Status start_at(Partition partition, Position position) override;
  void stop(Partition partition) override;
  Result<RecordBatch> poll(std::chrono::milliseconds timeout, std::size_t records_max) override;
  Position position(Partition partition) const override;

 private:
  KafkaChangelogReader(const WorkerConfig& config, std::shared_ptr<KafkaHandle> handle);

  Status read_what_is_started();
  void pass(Partition partition, Position next);
  Error error_of(const rd_kafka_message_s& message) const;

  std::string topic_;
  std::shared_ptr<KafkaHandle> handle_;
  rd_kafka_queue_s* queue_;
  FetchReminder reminder_;
  std::map<Partition, Position> next_;   // of what is started
  bool starts_are_due_ = false;          // librdkafka has not been told of them yet
  std::optional<Error> deferred_error_;  // met behind records that went out first
};

}  // namespace freshet::pipeline
