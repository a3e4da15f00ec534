// MemoryProducer: the writing half of MemoryTransport: outputs, changelog, transactions.
//
//   delivery, changelog        outputs             positions and changelog
//   exactly_once               in the transaction  in the transaction
//   at_least_once, on          plain               in the transaction
//   at_least_once, off         plain               positions, by themselves
//
// A commit remembers how far it came: repeated after kUnavailable it goes on there, so that nothing
// is written twice. try_commit goes so far with one request a call, where outputs are plain. After
// kFenced every further call says kFenced.
//
// Errors:  as pipeline/transport.h
// Threads: one; several producers may use one broker from several threads
// Oracle:  tests/contract/pipeline
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/support/memory_broker.h"

namespace freshet::test {

class MemoryProducer {
 public:
  // `who` is its name at the hooks and the end of its transactional id.
  MemoryProducer(MemoryBroker* broker, const pipeline::WorkerConfig& config, std::string who);

  // Initialises the transactional id, if this way of delivery has one: whoever used it before is
  // fenced. kUnavailable until that one's last transaction is complete.
  Status init_transactions();

  Status send(const pipeline::OutputRecord& record);
  Status flush();
  Result<pipeline::ChangelogPositions> commit(std::span<const pipeline::PartitionCommit> partitions,
                                              const GroupMetadata& as);
  Result<std::optional<pipeline::ChangelogPositions>> try_commit(
      std::span<const pipeline::PartitionCommit> partitions, const GroupMetadata& as);
  // Drops what was sent into a transaction and not committed. Outside one it stays.
  Status abort();
  // The same for the last time, after kFenced, too: the transaction may be open still where the
  // generation was over and not the epoch, and would hold readers back until its time is over.
  void close();

  const std::string& transactional_id() const { return transactional_id_; }

 private:
  // How far a commit has come.
  struct Progress {
    bool begun = false;
    std::size_t entries = 0;  // of all its changelog entries in their order
    bool offsets_sent = false;
    bool ended = false;
    pipeline::ChangelogPositions positions;
  };

  bool is_transactional() const { return outputs_in_transaction_ || changelog_; }
  // One request between the two moments at which it can be made to fail.
  Status step(BrokerCall call, const std::function<Status()>& request);
  Status deliver(const pipeline::OutputRecord& record);
  Status deliver_unflushed();
  // Commits with at most so many requests; none where that was not enough.
  Result<std::optional<pipeline::ChangelogPositions>> go_on(
      std::span<const pipeline::PartitionCommit> partitions, const GroupMetadata& as,
      std::size_t requests_max);
  Status go_on_with_transaction(std::span<const pipeline::PartitionCommit> partitions,
                                const GroupMetadata& as, std::size_t requests_max);
  Status end_open_transaction();
  // Counts what it needs of the requests that are left.
  Status write_changelog(std::span<const pipeline::PartitionCommit> partitions,
                         std::size_t* requests_left);

  MemoryBroker* broker_;
  std::string who_;
  std::string group_;
  std::string transactional_id_;
  std::array<std::string, pipeline::kOutputTopics> outputs_;  // [OutputTopic]; empty: off
  std::string changelog_topic_;
  bool outputs_in_transaction_;
  bool changelog_;
  std::optional<ProducerEpoch> epoch_;  // none before it is initialised
  std::deque<pipeline::OutputRecord> unflushed_;
  bool open_ = false;  // the broker knows of the transaction
  Progress progress_;
  std::optional<Error> fenced_;
};

}  // namespace freshet::test
