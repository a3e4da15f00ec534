#include "pipeline/worker/worker.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "common/crash_point.h"
#include "pipeline/input_place.h"
#include "pipeline/log/log.h"
#include "pipeline/scoring/look_ahead.h"
#include "scorer/float_mode.h"

namespace freshet::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPollRecordsMax = 1'000;
constexpr milliseconds kPollTimeout{50};
// The outcome of a commit under way is asked for between two polls.
constexpr milliseconds kUnderWayPollTimeout{5};
constexpr milliseconds kAskTimeout{1'000};
constexpr milliseconds kBackoffMin{50};
constexpr milliseconds kBackoffMax{1'000};
// How long a worker that was asked to stop still waits for a broker that does not answer.
constexpr milliseconds kStopGrace{8'000};
// How long a commit may take while the group waits for this worker's partitions: far below
// max.poll.interval.ms (5 min), after which the group goes on without it.
constexpr milliseconds kGiveBackGrace{20'000};
constexpr std::int64_t kStatusIntervalMs = 100;
// The clock is read once per this many records.
constexpr std::size_t kRecordsPerClockRead = 64;

}  // namespace

Worker::Worker(const TaskContext& context, std::size_t cache_bytes, TransportFactory make_transport,
               StopSignal* stop)
    : context_(context),
      tasks_(context, cache_bytes, &board_),
      make_transport_(std::move(make_transport)),
      stop_(stop) {}

Status Worker::run() {
  scorer::set_float_mode();
  while (true) {
    Status ended = run_in_group();
    tasks_.close_all();
    transport_.reset();
    under_way_.reset();
    given_up_.reset();
    const bool fenced = !ended && ended.error().code == ErrorCode::kFenced;
    if (fenced && !stop_->requested() && restarts_.allows_another()) {
      ++context_.counters->fenced;
      log_warn("starting over: " + ended.error().message);
      stop_->wait_for(restarts_.pause());
      continue;
    }
    publish_status();
    board_.finish();
    if (!fenced) return ended;
    if (!stop_->requested()) {
      return error(ErrorCode::kFatal,
                   "started over " + std::to_string(restarts_.count()) +
                       " times without a step forward; docs/operations.md " +
                       "tells what to do about this one, the last: " + ended.error().message);
    }
    log_warn("stopping without the last commit, which the next start repeats: " +
             ended.error().message);
    return {};
  }
}

Status Worker::run_in_group() {
  beat();
  Result<std::unique_ptr<Transport>> transport = make_transport_();
  if (!transport) return tl::unexpected(transport.error());
  transport_ = std::move(*transport);
  Status subscribed = persist(Operation::kJoin, [this] { return transport_->subscribe(this); });
  if (!subscribed) return subscribed;
  last_commit_ms_ = context_.clock->monotonic_ms();
  if (Status looped = loop(); !looped) {
    // Closing would ask to commit what is revoked: without tasks there is nothing to commit.
    give_up_commit();
    tasks_.close_all();
    if (Status closed = transport_->close(); !closed) {
      log_warn("leaving the group: " + closed.error().message);
    }
    return looped;
  }
  return transport_->close();
}

Status Worker::loop() {
  milliseconds backoff = kBackoffMin;
  while (!stop_->requested() && !input_ended_) {
    beat();
    users_.serve(
        [this](Partition partition, const UserId& user) { return explain(partition, user); });
    Result<RecordBatch> batch = read();
    if (!batch) {
      if (batch.error().code != ErrorCode::kUnavailable) return tl::unexpected(batch.error());
      note_failure(Operation::kPoll, batch.error().message);
      stop_->wait_for(backoff);
      backoff = std::min(backoff * 2, kBackoffMax);
      continue;
    }
    backoff = kBackoffMin;
    trouble_.reset();
    if (Status started = start_restored(); !started) return started;
    if (Status committed = commit_first_starts(); !committed) return committed;
    if (!batch->records.empty()) crash_point("after_poll");
    if (Status processed = process(*batch); !processed) return processed;
    if (Status committed = commit_if_due(); !committed) return committed;
    if (Status stepped = step_until_done(); !stepped) return stepped;
    tasks_.repool(batch->records.empty());
    publish_status_if_due();
    input_ended_ = batch->end_of_input;
  }
  return {};
}

// librdkafka tells an outage once and then gives no records, as where nothing happens.
Result<RecordBatch> Worker::read() {
  Result<RecordBatch> batch = transport_->poll(poll_wait(), kPollRecordsMax);
  if (!batch || !batch->records.empty() || !trouble_) return batch;
  const Status answered = transport_->ask_brokers(kAskTimeout);
  if (!answered && answered.error().code == ErrorCode::kUnavailable) {
    return tl::unexpected(answered.error());
  }
  return batch;
}

// What has been processed becomes visible at the next commit, which does not wait for more.
milliseconds Worker::poll_wait() const {
  if (under_way_ != nullptr) return kUnderWayPollTimeout;
  if (records_since_commit_ == 0) return kPollTimeout;
  const std::int64_t due_ms = last_commit_ms_ + context_.config->commit.interval.value;
  return std::clamp(milliseconds(due_ms - context_.clock->monotonic_ms()), milliseconds(1),
                    kPollTimeout);
}

Status Worker::process(const RecordBatch& batch) {
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const InputRecord& record = batch.records[i];
    look_ahead(batch.records, i,
               [this](const InputRecord& later) { return tasks_.find(later.partition); });
    Task* task = tasks_.find(record.partition);
    if (task == nullptr) {
      return error(ErrorCode::kFatal, "a record of partition " +
                                          std::to_string(record.partition.value) +
                                          " came, which is not assigned");
    }
    if (Status whole = check_contiguous(record, *task); !whole) return whole;
    const Result<std::span<const OutputRecord>> outputs = apply(record, task);
    if (!outputs) return recoverable(task, outputs.error());
    if (Status sent = publish(record, *outputs, task); !sent) return sent;
    ++records_since_commit_;
    if (task->is_crowded()) {
      if (Status relieved = relieve(task); !relieved) return relieved;
    }
    if (i % kRecordsPerClockRead == kRecordsPerClockRead - 1 ||
        bytes_beside_ >= kBesideBytesPerCommit) {
      if (Status committed = commit_if_due(); !committed) return committed;
      if (const Result<bool> stepped = step(); !stepped) return tl::unexpected(stepped.error());
    }
  }
  return {};
}

Status Worker::check_contiguous(const InputRecord& record, const Task& task) {
  const Position expected = task.read_from();
  if (context_.config->input.offsets == OffsetPolicy::kGaps ||
      record.offset.value <= expected.value) {
    return {};
  }
  const auto [gap, is_new] = gaps_.insert({record.partition, expected});
  const bool seen_before = !is_new && gap->second == expected;
  gap->second = expected;
  const std::string what =
      input_place(context_.config->kafka.input, record.partition, record.offset) + ": " +
      std::to_string(expected.value) + " is missing";
  if (!seen_before && transport_->can_read_again())
    return error(ErrorCode::kFenced, what + "; reading it again");
  return error(ErrorCode::kFatal, what +
                                      "; set input.offsets: gaps where the topic is written in "
                                      "transactions");
}

Result<std::span<const OutputRecord>> Worker::apply(const InputRecord& record, Task* task) {
  const bool was_reading_again = task->reading_again();
  if (was_reading_again) crash_point("in_reread");
  Result<std::span<const OutputRecord>> outputs = task->process(record);
  if (!outputs && outputs.error().code == ErrorCode::kUnavailable) {
    const Status applied = persist(Operation::kReadState, [&]() -> Status {
      outputs = task->process(record);
      if (!outputs) return tl::unexpected(outputs.error());
      return {};
    });
    if (!applied) return tl::unexpected(applied.error());
  }
  if (outputs && was_reading_again && !task->reading_again()) {
    log_info("partition " + std::to_string(record.partition.value) +
             ": has read again what was committed, publishes from position " +
             std::to_string(task->read_from().value));
  }
  return outputs;
}

Status Worker::start_restored() {
  return persist(Operation::kStartTasks,
                 [this] { return tasks_.start_restored(transport_.get()); });
}

tl::unexpected<Error> Worker::recoverable(Task* task, const Error& failure) {
  if (failure.code != ErrorCode::kCorruptState) return tl::unexpected(failure);
  // A batch of this task that came later would find the partition empty, and its marker would say
  // that it holds all users.
  task->abandon_save();
  // With a stale token it is the new owner's to find out.
  const Status aside = persist(Operation::kSaveState, [&]() -> Status {
    const auto done = context_.store->set_aside(task->partition(), task->owner());
    if (!done) return tl::unexpected(done.error());
    return {};
  });
  if (!aside) return tl::unexpected(aside.error());
  return error(ErrorCode::kFenced, failure.message + "; the state of partition " +
                                       std::to_string(task->partition().value) +
                                       " is set aside, and made again");
}

Status Worker::persist(Operation operation, const std::function<Status()>& attempt) {
  milliseconds backoff = kBackoffMin;
  while (true) {
    beat();
    const std::int64_t begin = context_.clock->monotonic_ms();
    Status done = attempt();
    if (done || done.error().code != ErrorCode::kUnavailable) {
      // That the disk answers says nothing of the brokers.
      if (trouble_ && is_of_store(trouble_->operation) == is_of_store(operation)) trouble_.reset();
      return done;
    }
    if (give_back_by_ms_ && context_.clock->monotonic_ms() >= *give_back_by_ms_) {
      return error(ErrorCode::kFenced, std::string(gerund_of(operation)) + ": " +
                                           done.error().message +
                                           "; the group waits for the partitions");
    }
    // The next attempt may take as long as this one did.
    const milliseconds attempted(context_.clock->monotonic_ms() - begin);
    if (const auto asked = stop_->requested_for(); asked && *asked + attempted >= kStopGrace) {
      return error(ErrorCode::kUnavailable,
                   std::string(gerund_of(operation)) + ": " + done.error().message +
                       "; stopping without it, the next start repeats what is not committed");
    }
    note_failure(operation, done.error().message);
    // After a request wait_for returns at once; the pause is still owed to the broker.
    if (stop_->wait_for(backoff)) stop_->pause(kBackoffMin);
    backoff = std::min(backoff * 2, kBackoffMax);
  }
}

void Worker::note_failure(Operation operation, const std::string& message) {
  log_warn(std::string(gerund_of(operation)) + ": " + message + "; trying again");
  ++context_.counters->retries[static_cast<std::size_t>(operation)];
  trouble_ = Trouble{operation, message};
  publish_status();
}

void Worker::publish_status_if_due() {
  if (context_.clock->monotonic_ms() - last_status_ms_ >= kStatusIntervalMs) publish_status();
}

void Worker::publish_status() {
  last_status_ms_ = context_.clock->monotonic_ms();
  WorkerStatus status;
  status.counters = *context_.counters;
  status.partition_count = tasks_.partition_count();
  for (Task* task : tasks_.all()) {
    status.partitions.push_back(task->status(transport_->known_end(task->partition())));
    status.hot_users_bytes += task->hot_users_bytes();
    status.encoded_users_bytes += task->encoded_users_bytes();
    status.changed_users += task->changed_users();
  }
  if (context_.restores != nullptr) {
    status.restores = context_.restores->progress();
    RestoreTrouble trouble = context_.restores->trouble();
    status.counters.retries[static_cast<std::size_t>(Operation::kRestore)] = trouble.failures;
    status.restore_trouble = std::move(trouble.message);
  }
  status.trouble = trouble_;
  board_.publish(std::move(status));
}

UserMailbox::Answer Worker::explain(Partition partition, const UserId& user) {
  Task* task = tasks_.find(partition);
  if (task != nullptr) return task->explain(user);
  if (tasks_.is_restoring(partition)) {
    return error(ErrorCode::kUnavailable, "partition " + std::to_string(partition.value) +
                                              " is being restored; /readyz says how far that is");
  }
  return error(ErrorCode::kFenced, "partition " + std::to_string(partition.value) +
                                       " has just been given to another worker");
}

Status Worker::on_assigned(std::span<const Partition> partitions) {
  return persist(Operation::kStartTasks, [&] {
    Status assigned = tasks_.assign(partitions, transport_.get());
    if (!assigned) tasks_.close(partitions);
    return assigned;
  });
}

Status Worker::on_revoked(std::span<const Partition> partitions) {
  crash_point("in_rebalance");
  give_back_by_ms_ = context_.clock->monotonic_ms() + kGiveBackGrace.count();
  Status committed = commit(Task::Save::kLeaving);
  if (committed) committed = finish_saves();
  give_back_by_ms_.reset();
  if (!committed) give_up_commit();
  tasks_.close(partitions);
  return committed;
}

// What was sent for them must never be committed: the transport that holds it ends here.
Status Worker::on_lost(std::span<const Partition> partitions) {
  give_up_commit();
  tasks_.close(partitions);
  return error(ErrorCode::kFenced,
               std::to_string(partitions.size()) + " partitions were lost without a revocation");
}

}  // namespace freshet::pipeline
