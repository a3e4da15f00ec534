#include "pipeline/kafka/kafka_consumer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_message_batch.h"
#include "pipeline/kafka/kafka_positions.h"
#include "pipeline/kafka/kafka_resources.h"
#include "pipeline/kafka/kafka_topics.h"
#include "pipeline/kafka/topic_check.h"

namespace freshet::pipeline {
namespace {

constexpr std::chrono::milliseconds kLeaveWait{1'000};
constexpr int kLeavePollMs = 10;

tl::unexpected<Error> unexpected(int rd_error, const std::string& what) {
  return tl::unexpected<Error>(kafka_error(rd_error, what));
}

std::string place(const std::string& topic, Partition partition) {
  return "topic " + topic + " partition " + std::to_string(partition.value);
}

// Asks librdkafka's main thread; some ten microseconds.
std::string member_id_of(rd_kafka_t* client) {
  char* text = rd_kafka_memberid(client);
  if (text == nullptr) return {};
  std::string id = text;
  rd_kafka_mem_free(client, text);
  return id;
}

}  // namespace

KafkaConsumer::KafkaConsumer(const WorkerConfig& config, bool asks_settings)
    : topic_(config.kafka.input), asks_settings_(asks_settings) {}

Result<std::unique_ptr<KafkaConsumer>> KafkaConsumer::create(const WorkerConfig& config,
                                                             const KafkaTransportOptions& options) {
  std::unique_ptr<KafkaConsumer> consumer(new KafkaConsumer(config, !options.topic_bytes_max));
  auto handle = KafkaHandle::create(KafkaHandle::Role::kConsumer, consumer_options(config, options),
                                    options.log, consumer.get());
  if (!handle) return tl::unexpected<Error>(handle.error());
  consumer->handle_ = std::move(*handle);
  consumer->queue_ = rd_kafka_queue_get_consumer(consumer->handle_->get());
  FRESHET_CHECK(consumer->queue_ != nullptr);
  consumer->reminder_.emplace(consumer->handle_, consumer->topic_);
  return consumer;
}

KafkaConsumer::~KafkaConsumer() {
  if (queue_ != nullptr) rd_kafka_queue_destroy(queue_);
  if (handle_ != nullptr) handle_->detach_events();
}

Status KafkaConsumer::subscribe(RebalanceListener* listener) {
  FRESHET_CHECK(listener_ == nullptr && listener != nullptr && !closed_);
  if (asks_settings_) {
    if (Status fit = refuse_compacted_input(handle_->get(), topic_); !fit) return fit;
  }
  const PartitionList topics = make_partition_list(1);
  rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t joined = rd_kafka_subscribe(handle_->get(), topics.get());
  if (joined != RD_KAFKA_RESP_ERR_NO_ERROR) return unexpected(joined, "subscribing to " + topic_);
  listener_ = listener;
  return {};
}

Result<RecordBatch> KafkaConsumer::poll(std::chrono::milliseconds timeout,
                                        std::size_t records_max) {
  FRESHET_CHECK(listener_ != nullptr && !closed_ && records_max > 0);
  if (deferred_error_) {
    Error taken = std::move(*deferred_error_);
    deferred_error_.reset();
    return tl::unexpected<Error>(std::move(taken));
  }
  if (const Status served = serve_rebalances(); !served) {
    return tl::unexpected<Error>(served.error());
  }

  if (Status reading = read_what_is_started(); !reading) {
    return tl::unexpected<Error>(reading.error());
  }

  const auto messages = std::make_shared<KafkaMessageBatch>(handle_);
  messages->fill(queue_, timeout, records_max,
                 [this](Partition partition, Position end) { drained_[partition] = end; });
  RecordBatch batch;
  if (!assignment_is_lost()) {
    batch.records.reserve(messages->messages().size());
    for (const rd_kafka_message_t* message : messages->messages()) append_record(*message, &batch);
  }
  if (!batch.records.empty()) {
    batch.owner = messages;
    reminder_->note_taken(batch);
    return batch;
  }

  if (const Status served = serve_rebalances(); !served) {
    return tl::unexpected<Error>(served.error());
  }
  if (const Status healthy = handle_->take_error(); !healthy) {
    return tl::unexpected<Error>(healthy.error());
  }
  if (deferred_error_) {
    Error taken = std::move(*deferred_error_);
    deferred_error_.reset();
    return tl::unexpected<Error>(std::move(taken));
  }
  return batch;
}

void KafkaConsumer::append_record(const rd_kafka_message_t& message, RecordBatch* batch) {
  const Partition partition{message.partition};
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // The group's own troubles come as a rebalance too, and a fatal error is the client's: both are
    // acted on there.
    const bool elsewhere = message.err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED ||
                           message.err == RD_KAFKA_RESP_ERR__FATAL;
    if (elsewhere || deferred_error_) return;
    std::string what = place(topic_, partition);
    if (message.offset >= 0) what += " position " + std::to_string(message.offset);
    deferred_error_ = kafka_error(message.err, what, right_to_read(message.err));
    return;
  }
  if (!assignment_.accept(partition, Offset{message.offset})) return;
  batch->records.push_back(record_of(message));
}

void KafkaConsumer::on_rebalance(int rd_error, rd_kafka_topic_partition_list_t* partitions) {
  if (closing_) {
    rd_kafka_assign(handle_->get(), nullptr);
    return;
  }
  Rebalance rebalance;
  rebalance.assign = rd_error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  rebalance.lost = !rebalance.assign && rd_kafka_assignment_lost(handle_->get()) != 0;
  for (const rd_kafka_topic_partition_t& element : elements_of(partitions)) {
    rebalance.partitions.push_back(Partition{element.partition});
  }
  std::sort(rebalance.partitions.begin(), rebalance.partitions.end());
  rebalances_.push_back(std::move(rebalance));
  // Ends the wait for a first message, so that the group does not wait for our time-out.
  rd_kafka_yield(handle_->get());
}

bool KafkaConsumer::assignment_is_lost() const {
  return std::any_of(rebalances_.begin(), rebalances_.end(),
                     [](const Rebalance& rebalance) { return rebalance.lost; });
}

// librdkafka does not mark an assignment as lost when it leaves the group in the middle of a
// rebalance, but it gives its member id up whenever it leaves.
bool KafkaConsumer::is_still_member() const {
  return !member_id_.empty() && member_id_ == member_id_of(handle_->get()) &&
         rd_kafka_assignment_lost(handle_->get()) == 0;
}

Status KafkaConsumer::serve_rebalances() {
  while (!rebalances_.empty()) {
    const Rebalance rebalance = rebalances_.front();
    if (rebalance.assign) {
      // Left in the queue on an error: the next poll offers it again.
      if (Status taken = assign(rebalance); !taken) return taken;
      rebalances_.pop_front();
    } else {
      rebalances_.pop_front();
      if (Status left = unassign(rebalance.lost || !is_still_member()); !left) return left;
    }
  }
  return {};
}

Status KafkaConsumer::assign(const Rebalance& rebalance) {
  if (rebalances_.size() > 1 && !rebalances_[1].assign) return {};  // revoked again already
  member_id_ = member_id_of(handle_->get());
  group_member_ = KafkaGroupMember::of(handle_->get());
  // Without a member the generation is over already: nobody is told, and librdkafka, which waits to
  // be answered, goes on to the next.
  if (!rebalance.partitions.empty() && group_member_) {
    drained_.clear();
    assignment_.begin(rebalance.partitions);
    if (Status accepted = listener_->on_assigned(assignment_.partitions()); !accepted) {
      assignment_.clear();
      return accepted;
    }
  }
  starts_are_due_ = true;
  return {};
}

// librdkafka takes one assignment at a time, so a partition that starts later restarts the others
// where they are. What it has fetched and not handed out yet it fetches again.
Status KafkaConsumer::read_what_is_started() {
  // A lost assignment is revoked next; replacing it would hide that it was lost.
  if (!starts_are_due_ || rd_kafka_assignment_lost(handle_->get()) != 0) return {};
  const PartitionList list = make_partition_list(topic_, assignment_.started());
  for (rd_kafka_topic_partition_t& element : elements_of(list.get())) {
    element.offset = assignment_.next(Partition{element.partition})->value;
  }
  const rd_kafka_resp_err_t assigned = rd_kafka_assign(handle_->get(), list.get());
  if (assigned != RD_KAFKA_RESP_ERR_NO_ERROR) return unexpected(assigned, "assigning partitions");
  starts_are_due_ = false;
  return {};
}

Status KafkaConsumer::unassign(bool lost) {
  Status told;
  if (!assignment_.partitions().empty()) {
    const std::vector<Partition> partitions = assignment_.partitions();
    if (lost) assignment_.clear();  // nothing may be committed any more
    told = lost ? listener_->on_lost(partitions) : listener_->on_revoked(partitions);
    assignment_.clear();
  }
  group_member_.reset();
  starts_are_due_ = false;
  const rd_kafka_resp_err_t unassigned = rd_kafka_assign(handle_->get(), nullptr);
  if (told && unassigned != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return unexpected(unassigned, "giving partitions back");
  }
  return told;
}

Status KafkaConsumer::start_at(Partition partition, Position position) {
  assignment_.start_at(partition, position);
  starts_are_due_ = true;
  return {};
}

Result<std::int32_t> KafkaConsumer::partition_count() {
  return topic_partition_count(handle_.get(), topic_);
}

Status KafkaConsumer::ask_brokers(std::chrono::milliseconds timeout) {
  return topic_partition_count(handle_->get(), topic_, timeout).map([](std::int32_t) {});
}

Result<std::vector<std::optional<CommittedPosition>>> KafkaConsumer::committed(
    std::span<const Partition> partitions) {
  return committed_positions(handle_->get(), topic_, partitions);
}

Result<PositionRange> KafkaConsumer::range(Partition partition) {
  return position_range(handle_->get(), topic_, partition);
}

Result<std::optional<Position>> KafkaConsumer::position_for_time(Partition partition,
                                                                 EventTime time) {
  return pipeline::position_for_time(handle_->get(), topic_, partition, time);
}

// librdkafka keeps what each fetch's answer said. What lies between the last record and the end may
// be control records alone, which nobody can read: then the log ends behind the last record.
std::optional<Position> KafkaConsumer::known_end(Partition partition) const {
  std::int64_t begin = RD_KAFKA_OFFSET_INVALID;
  std::int64_t end = RD_KAFKA_OFFSET_INVALID;
  const rd_kafka_resp_err_t known =
      rd_kafka_get_watermark_offsets(handle_->get(), topic_.c_str(), partition.value, &begin, &end);
  if (known != RD_KAFKA_RESP_ERR_NO_ERROR || end < 0) return std::nullopt;
  const auto drained = drained_.find(partition);
  const bool all_read = drained != drained_.end() && drained->second.value >= end;
  if (!all_read || !assignment_.contains(partition)) return Position{end};
  return assignment_.next(partition).value_or(Position{end});
}

Status KafkaConsumer::may_commit(std::span<const PartitionCommit> positions) const {
  // Why a member is none any more, where there is more to it than a rebalance.
  if (Status fatal = handle_->fatal_error(); !fatal) return fatal;
  for (const PartitionCommit& entry : positions) {
    if (!assignment_.contains(entry.partition) || assignment_is_lost()) {
      return error(ErrorCode::kFenced, "committing " + place(topic_, entry.partition) +
                                           ": it is not assigned any more");
    }
  }
  return {};
}

Status KafkaConsumer::may_commit_alone(std::span<const PartitionCommit> positions) const {
  if (Status allowed = may_commit(positions); !allowed) return allowed;
  // As no member librdkafka would commit without a generation, which an empty group accepts.
  if (!is_still_member()) {
    return error(ErrorCode::kFenced,
                 "committing positions of topic " + topic_ + ": no member of the group any more");
  }
  return {};
}

Status KafkaConsumer::commit_alone(std::span<const PartitionCommit> positions) const {
  Status committed = commit_positions(handle_->get(), topic_, positions);
  if (committed) return committed;
  const Status fatal = handle_->fatal_error();
  return fatal ? committed : fatal;
}

Status KafkaConsumer::close() {
  if (closed_ || listener_ == nullptr) {
    closed_ = true;
    return {};
  }
  closed_ = true;
  Status told = unassign(assignment_is_lost() || !is_still_member());
  rebalances_.clear();
  closing_ = true;
  Status left = leave();
  return told ? left : told;
}

// rd_kafka_consumer_close waits without bound while no coordinator answers. What is assigned has
// been given back already, so all that can be missed here is that the group hears of it.
Status KafkaConsumer::leave() {
  const QueuePtr events(rd_kafka_queue_new(handle_->get()));
  const ErrorPtr refused(rd_kafka_consumer_close_queue(handle_->get(), events.get()));
  if (refused != nullptr) {
    return unexpected(rd_kafka_error_code(refused.get()), "leaving the group of topic " + topic_);
  }
  const auto deadline = std::chrono::steady_clock::now() + kLeaveWait;
  while (rd_kafka_consumer_closed(handle_->get()) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      handle_->log(kKafkaLogWarning, "leaving the group of topic " + topic_ +
                                         ": the brokers do not answer; other workers take the "
                                         "partitions over after session.timeout.ms");
      return {};
    }
    const MessagePtr unread(rd_kafka_consume_queue(events.get(), kLeavePollMs));
  }
  return {};
}

}  // namespace freshet::pipeline
