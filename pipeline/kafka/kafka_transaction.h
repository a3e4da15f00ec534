// KafkaTransaction: the transactional half of KafkaTransport: records, changelog and positions of
// one commit at a time, visible together or never.
//
//   init -> ready --send or commit--> open --commit--> ready
//                                     open --abort---> ready
//   whatever fails, and whose outcome cannot be learnt, ends in `failed`: nothing is sent any more,
//   and the next client of the same transactional.id aborts or completes what was left
//
// A commit hands over the changelog, then the positions, then ends the transaction. Each step goes
// on where the last call left it, so nothing is handed over twice.
//
// Errors:  kUnavailable (the same call again); kFenced where the transaction is lost or its outcome
//          unknown, kInvalidConfig and kFatal where starting again would meet the same: as the
//          table of pipeline/kafka/kafka_errors.h; the message says what happened
// Threads: one
// Oracle:  tests/broker/kafka/kafka_transaction_test.cc,
//          tests/contract/kafka/transaction_errors_test.cc
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_group_member.h"
#include "pipeline/kafka/kafka_producer.h"
#include "pipeline/transport.h"

struct rd_kafka_error_s;

namespace freshet::pipeline {

class KafkaTransaction {
 public:
  static Result<std::unique_ptr<KafkaTransaction>> create(const WorkerConfig& config,
                                                          const KafkaTransportOptions& options);

  // As KafkaProducer::open_topic. Requires: before init().
  Result<KafkaTopic> open_topic(const std::string& name,
                                std::optional<std::size_t> known_bytes_max);
  // Ends what an earlier client of this transactional.id has left open. kUnavailable: again.
  Status init();

  // For questions to the brokers; changes until the last open_topic().
  rd_kafka_s* client() const { return producer_->client(); }
  void log(int level, std::string_view line) const { producer_->log(level, line); }

  bool is_open() const { return is_open_; }
  // As KafkaProducer's; the first record opens a transaction.
  Status send(const KafkaMessage& message);
  Status flush(std::chrono::milliseconds timeout);

  // Commits the open transaction, or one of its own, with these positions of `input` and changelog
  // entries, each to its partition of `changelog`; fenced by `member`. After kUnavailable the same
  // call must follow.
  struct Commit {
    std::string input;
    std::optional<KafkaTopic> changelog;  // none: no entries
    std::span<const PartitionCommit> partitions;
    const KafkaGroupMember* member = nullptr;
  };
  Result<ChangelogPositions> commit(const Commit& commit);

  // Ends an open transaction without a trace, within a second; else it is `failed`. One that had
  // failed before stays so.
  Status abort();
  // The same for the last time, after a failure, too: where it cannot be done the log says so.
  void close();

 private:
  enum class Step { kChangelog, kPositions, kEnd };

  explicit KafkaTransaction(std::unique_ptr<KafkaProducer> producer);

  Status open();
  Status hand_over_changelog(const Commit& commit);
  Status send_positions(const Commit& commit);
  Status end();
  // What the recovery of a failed call is; null is none.
  Status status_of(const rd_kafka_error_s* error, const std::string& what) const;
  Status fail(Error error);
  // `error`, or why the transaction had failed before, where librdkafka knows that.
  Error reason_of(Error error) const;

  std::unique_ptr<KafkaProducer> producer_;
  std::chrono::milliseconds timeout_{0};  // transaction.timeout.ms
  bool is_ready_ = false;
  bool is_open_ = false;
  std::optional<Error> failed_;

  // Of the commit under way.
  Step step_ = Step::kChangelog;
  std::size_t partition_ = 0;  // the next entry to hand over
  std::size_t entry_ = 0;
  ChangelogPositions behind_;  // [partition]: set by delivery reports
  std::chrono::steady_clock::time_point give_up_at_;
};

}  // namespace freshet::pipeline
