#include "pipeline/kafka/kafka_changelog_reader.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/check.h"
#include "pipeline/kafka/changelog_topic.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_resources.h"
#include "pipeline/kafka/kafka_topics.h"

namespace freshet::pipeline {

KafkaChangelogReader::KafkaChangelogReader(const WorkerConfig& config,
                                           std::shared_ptr<KafkaHandle> handle)
    : topic_(changelog_topic(config)),
      handle_(std::move(handle)),
      queue_(rd_kafka_queue_get_consumer(handle_->get())),
      reminder_(handle_, topic_) {
  FRESHET_CHECK(queue_ != nullptr);
}

Result<std::unique_ptr<KafkaChangelogReader>> KafkaChangelogReader::create(
    const WorkerConfig& config, const KafkaTransportOptions& options) {
  auto handle = KafkaHandle::create(KafkaHandle::Role::kConsumer,
                                    changelog_reader_options(config, options.client_id),
                                    options.log, nullptr);
  if (!handle) return tl::unexpected<Error>(handle.error());
  return std::unique_ptr<KafkaChangelogReader>(
      new KafkaChangelogReader(config, std::move(*handle)));
}

KafkaChangelogReader::~KafkaChangelogReader() { rd_kafka_queue_destroy(queue_); }

Result<PositionRange> KafkaChangelogReader::range(Partition partition) {
  return position_range(handle_->get(), topic_, partition);
}

// A guess that is too long costs nothing but time: the digest of what was restored is compared, and
// where it differs the partition is read from nothing.
Result<DurationMs> KafkaChangelogReader::tombstones_kept() {
  const Result<TopicSettings> settings = topic_settings(handle_->get(), topic_);
  if (!settings && settings.error().code == ErrorCode::kUnavailable) {
    return tl::unexpected<Error>(settings.error());
  }
  if (!settings) return kTombstonesKept;
  const auto kept = number_of(*settings, "delete.retention.ms");
  return kept ? DurationMs{*kept} : kTombstonesKept;
}

Status KafkaChangelogReader::start_at(Partition partition, Position position) {
  FRESHET_CHECK(position.value >= 0);
  next_[partition] = position;
  starts_are_due_ = true;
  return {};
}

void KafkaChangelogReader::stop(Partition partition) {
  starts_are_due_ = next_.erase(partition) > 0 || starts_are_due_;
}

Position KafkaChangelogReader::position(Partition partition) const {
  const auto next = next_.find(partition);
  FRESHET_CHECK(next != next_.end());
  return next->second;
}

// librdkafka takes one assignment at a time, so the others go on where they are.
Status KafkaChangelogReader::read_what_is_started() {
  if (!starts_are_due_) return {};
  const PartitionList list = make_partition_list(next_.size());
  for (const auto& [partition, position] : next_) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.value)->offset =
        position.value;
  }
  const rd_kafka_resp_err_t assigned = rd_kafka_assign(handle_->get(), list.get());
  if (assigned != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>(kafka_error(assigned, "reading topic " + topic_));
  }
  starts_are_due_ = false;
  return {};
}

Result<RecordBatch> KafkaChangelogReader::poll(std::chrono::milliseconds timeout,
                                               std::size_t records_max) {
  if (deferred_error_) {
    return tl::unexpected<Error>(*std::exchange(deferred_error_, std::nullopt));
  }
  if (Status reading = read_what_is_started(); !reading) {
    return tl::unexpected<Error>(reading.error());
  }
  const auto messages = std::make_shared<KafkaMessageBatch>(handle_);
  // A partition may be drained behind records of the same batch, so they go first.
  std::vector<std::pair<Partition, Position>> drained;
  messages->fill(queue_, timeout, records_max,
                 [&](Partition partition, Position end) { drained.emplace_back(partition, end); });
  RecordBatch batch;
  batch.records.reserve(messages->messages().size());
  for (const rd_kafka_message_t* message : messages->messages()) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const InputRecord record = record_of(*message);
      // What was fetched before the partition was stopped or started elsewhere.
      const auto next = next_.find(record.partition);
      if (next == next_.end() || is_before(record.offset, next->second)) continue;
      next->second = position_after(record.offset);
      batch.records.push_back(record);
    } else if (message->err != RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED && !deferred_error_) {
      // A reader neither needs its group nor may have a right to it.
      deferred_error_ = error_of(*message);
    }
  }
  for (const auto& [partition, end] : drained) pass(partition, end);
  if (batch.records.empty()) {
    if (deferred_error_) {
      return tl::unexpected<Error>(*std::exchange(deferred_error_, std::nullopt));
    }
    const Status healthy = handle_->take_error();
    return healthy ? Result<RecordBatch>(std::move(batch)) : tl::unexpected(healthy.error());
  }
  batch.owner = messages;
  reminder_.note_taken(batch);
  return batch;
}

void KafkaChangelogReader::pass(Partition partition, Position next) {
  const auto started = next_.find(partition);
  if (started != next_.end()) started->second = std::max(started->second, next);
}

Error KafkaChangelogReader::error_of(const rd_kafka_message_t& message) const {
  std::string what = "topic " + topic_ + " partition " + std::to_string(message.partition);
  if (message.offset >= 0) what += " position " + std::to_string(message.offset);
  if (message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE ||
      message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    return {ErrorCode::kCorruptState, what + ": the changelog does not hold it any more"};
  }
  return kafka_error(message.err, what, "Read on the topic");
}

}  // namespace freshet::pipeline
