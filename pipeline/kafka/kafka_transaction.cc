#include "pipeline/kafka/kafka_transaction.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "common/check.h"
#include "common/crash_point.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_positions.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kInitWait{5'000};
// Within it librdkafka repeats what can be repeated; behind it the transaction is lost.
constexpr milliseconds kPositionsWait{5'000};
constexpr milliseconds kEndWait{1'000};  // the next call goes on with it
constexpr milliseconds kAbortWait{1'000};

int ms_of(milliseconds time) { return static_cast<int>(time.count()); }

}  // namespace

KafkaTransaction::KafkaTransaction(std::unique_ptr<KafkaProducer> producer)
    : producer_(std::move(producer)),
      timeout_(producer_->number_option("transaction.timeout.ms")) {}

Result<std::unique_ptr<KafkaTransaction>> KafkaTransaction::create(
    const WorkerConfig& config, const KafkaTransportOptions& options) {
  auto producer = KafkaProducer::create(transaction_options(config, options), options.log);
  if (!producer) return tl::unexpected<Error>(producer.error());
  return std::unique_ptr<KafkaTransaction>(new KafkaTransaction(std::move(*producer)));
}

Result<KafkaTopic> KafkaTransaction::open_topic(const std::string& name,
                                                std::optional<std::size_t> known_bytes_max) {
  FRESHET_CHECK(!is_ready_);
  return producer_->open_topic(name, known_bytes_max);
}

Status KafkaTransaction::init() {
  if (is_ready_) return {};
  const ErrorPtr error(rd_kafka_init_transactions(producer_->client(), ms_of(kInitWait)));
  if (Status done = status_of(error.get(), "starting transactions"); !done) return done;
  is_ready_ = true;
  return {};
}

Status KafkaTransaction::open() {
  if (failed_) return tl::unexpected<Error>(*failed_);
  if (is_open_) return {};
  FRESHET_CHECK(is_ready_);
  const ErrorPtr error(rd_kafka_begin_transaction(producer_->client()));
  if (Status begun = status_of(error.get(), "beginning a transaction"); !begun) {
    return fail(begun.error());
  }
  is_open_ = true;
  step_ = Step::kChangelog;
  partition_ = 0;
  entry_ = 0;
  behind_.clear();
  return {};
}

Status KafkaTransaction::send(const KafkaMessage& message) {
  if (Status opened = open(); !opened) return opened;
  Status sent = producer_->send(message);
  const bool may_go_on = sent || sent.error().code == ErrorCode::kUnavailable ||
                         sent.error().code == ErrorCode::kBadRecord;
  return may_go_on ? sent : fail(sent.error());
}

Status KafkaTransaction::flush(milliseconds timeout) {
  if (failed_) return tl::unexpected<Error>(*failed_);
  Status flushed = producer_->flush(timeout);
  if (flushed || flushed.error().code == ErrorCode::kUnavailable) return flushed;
  return fail(flushed.error());
}

Result<ChangelogPositions> KafkaTransaction::commit(const Commit& commit) {
  if (Status opened = open(); !opened) return tl::unexpected<Error>(opened.error());
  if (behind_.empty()) behind_.resize(commit.partitions.size());
  FRESHET_CHECK(behind_.size() == commit.partitions.size());  // the same call as before
  Status done;
  if (done && step_ == Step::kChangelog) done = hand_over_changelog(commit);
  if (done && step_ == Step::kPositions) done = send_positions(commit);
  if (done && step_ == Step::kEnd) done = end();
  if (!done) return tl::unexpected<Error>(done.error());
  is_open_ = false;
  for (std::size_t i = 0; i < behind_.size(); ++i) {
    FRESHET_CHECK(behind_[i].has_value() != commit.partitions[i].changelog.empty());
  }
  return std::exchange(behind_, {});
}

Status KafkaTransaction::hand_over_changelog(const Commit& commit) {
  for (; partition_ < commit.partitions.size(); ++partition_) {
    const PartitionCommit& partition = commit.partitions[partition_];
    for (; entry_ < partition.changelog.size(); ++entry_) {
      FRESHET_CHECK(commit.changelog.has_value());
      const ChangelogEntry& entry = partition.changelog[entry_];
      KafkaMessage message;
      message.topic = *commit.changelog;
      message.partition = partition.partition;
      message.key = entry.key;
      message.value = entry.value;
      const bool is_last = entry_ + 1 == partition.changelog.size();
      if (is_last) message.behind = &behind_[partition_];
      Status sent = producer_->send(message);
      if (sent) continue;
      if (sent.error().code == ErrorCode::kUnavailable) return sent;
      // No input record can be blamed for it, and the next attempt would meet it again.
      if (sent.error().code == ErrorCode::kBadRecord) sent.error().code = ErrorCode::kFatal;
      return fail(sent.error());
    }
    entry_ = 0;
  }
  step_ = Step::kPositions;
  give_up_at_ = steady_clock::now() + timeout_;
  return {};
}

Status KafkaTransaction::send_positions(const Commit& commit) {
  crash_point("before_offsets");
  const PositionList positions = position_list(commit.input, commit.partitions);
  const ErrorPtr error(rd_kafka_send_offsets_to_transaction(
      producer_->client(), positions.get(), commit.member->metadata(), ms_of(kPositionsWait)));
  Status sent = status_of(error.get(), "committing positions of topic " + commit.input);
  if (sent) {
    step_ = Step::kEnd;
    return {};
  }
  const bool again =
      sent.error().code == ErrorCode::kUnavailable && steady_clock::now() < give_up_at_;
  return again ? sent : fail(sent.error());
}

Status KafkaTransaction::end() {
  crash_point("in_commit");
  const ErrorPtr error(rd_kafka_commit_transaction(producer_->client(), ms_of(kEndWait)));
  Status ended = status_of(error.get(), "committing a transaction");
  if (ended) return {};
  const bool again =
      ended.error().code == ErrorCode::kUnavailable && steady_clock::now() < give_up_at_;
  return again ? ended : fail(ended.error());
}

Status KafkaTransaction::abort() {
  if (!is_open_ || failed_) return {};
  const ErrorPtr error(rd_kafka_abort_transaction(producer_->client(), ms_of(kAbortWait)));
  if (Status aborted = status_of(error.get(), "aborting a transaction"); !aborted) {
    return fail(aborted.error());
  }
  producer_->forget_refused();
  is_open_ = false;
  return {};
}

// After a failure librdkafka still aborts, unless the brokers have a commit of it.
void KafkaTransaction::close() {
  if (!is_open_) return;
  const ErrorPtr error(rd_kafka_abort_transaction(producer_->client(), ms_of(kAbortWait)));
  if (error == nullptr) return;
  producer_->log(kKafkaLogWarning, std::string("leaving a transaction as it is: ") +
                                       rd_kafka_error_string(error.get()) +
                                       "; the next start ends it");
}

Status KafkaTransaction::status_of(const rd_kafka_error_t* error, const std::string& what) const {
  if (error == nullptr) return {};
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  Error failure =
      kafka_error(code, what + ": " + rd_kafka_error_string(error), right_to_transact(code));
  const bool may_repeat =
      rd_kafka_error_is_retriable(error) != 0 && rd_kafka_error_is_fatal(error) == 0;
  if (may_repeat) failure.code = ErrorCode::kUnavailable;
  // What might go through later, outside a transaction, is lost with this one.
  if (!may_repeat && failure.code == ErrorCode::kUnavailable) failure.code = ErrorCode::kFenced;
  return tl::unexpected<Error>(std::move(failure));
}

Status KafkaTransaction::fail(Error error) {
  error = reason_of(std::move(error));
  if (error.code == ErrorCode::kUnavailable) {
    error.code = ErrorCode::kFenced;
    error.message += "; whether it happened is not known, starting again tells";
  }
  if (error.code == ErrorCode::kBadRecord) error.code = ErrorCode::kFatal;
  failed_ = error;
  return tl::unexpected<Error>(std::move(error));
}

// Where a transaction has failed, beginning another is refused with the reason. librdkafka 2.0 may
// give an answer that an earlier call left behind, which knows none; nothing is begun then.
Error KafkaTransaction::reason_of(Error error) const {
  if (!is_open_) return error;
  const ErrorPtr refused(rd_kafka_begin_transaction(producer_->client()));
  if (refused == nullptr) return error;
  const bool knows = rd_kafka_error_is_fatal(refused.get()) != 0 ||
                     rd_kafka_error_txn_requires_abort(refused.get()) != 0;
  if (!knows) return error;
  return status_of(refused.get(), "the transaction has failed").error();
}

}  // namespace freshet::pipeline
