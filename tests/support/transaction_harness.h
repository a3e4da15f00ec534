// What the contracts of transactions and of the changelog need of a broker beyond TransportHarness:
// workers that come back under their name, a changelog reader, and somebody else's transactions.
#pragma once

#include <memory>
#include <string>

#include "pipeline/restore/changelog_reader.h"
#include "tests/support/transport_harness.h"

namespace freshet::test {

// A transactional producer beside the transports, with an id of its own. A failure is a failed
// CHECK.
class ForeignWriter {
 public:
  virtual ~ForeignWriter() = default;
  virtual void begin() = 0;
  // The record is in the log when this returns; its key is there, its value may be none.
  virtual void write(const std::string& topic, Partition partition, const StoredRecord& record) = 0;
  // A position of the harness's group on the input topic, as nobody's member.
  virtual void send_offset(Partition partition, Position position) = 0;
  // Both return once the control records are in the logs.
  virtual void commit() = 0;
  virtual void abort() = 0;
};

class TransactionHarness : public TransportHarness {
 public:
  // A transport of the worker of this name: a static member, and the one user of its transactional
  // id. Opened again under one name, it is the same worker started again.
  virtual std::unique_ptr<pipeline::Transport> open_as(const pipeline::WorkerConfig& config,
                                                       const std::string& instance) = 0;
  virtual std::unique_ptr<pipeline::ChangelogReader> open_reader(
      const pipeline::WorkerConfig& config) = 0;
  virtual std::unique_ptr<ForeignWriter> open_writer() = 0;

  // The changelog of config(): it exists, with kContractPartitions, compacted.
  virtual std::string changelog_topic() const = 0;
  // Returns once the log cleaner has passed over all that the changelog's partition held.
  virtual void compact(Partition partition) = 0;
  // Retention: everything of the partition below `begin` is gone.
  virtual void trim(const std::string& topic, Partition partition, Position begin) = 0;

  // The same configuration, but for a short transaction.timeout.ms.
  virtual pipeline::WorkerConfig hasty(pipeline::WorkerConfig config) const = 0;
  // Makes that time pass for a transport of a hasty configuration.
  virtual void time_out(pipeline::Transport* transport) = 0;
};

}  // namespace freshet::test
