// Writes records in Kafka transactions, for tests of what read_committed shows of them.
//
// Errors:  a failed CHECK
// Threads: one
#pragma once

#include <optional>
#include <string>

#include "common/log_position.h"

struct rd_kafka_s;

namespace freshet::test {

class TransactionalWriter {
 public:
  explicit TransactionalWriter(const std::string& bootstrap);
  ~TransactionalWriter();
  TransactionalWriter(const TransactionalWriter&) = delete;
  TransactionalWriter& operator=(const TransactionalWriter&) = delete;

  void begin();
  // The record is in the log when this returns, and visible only once the transaction commits.
  void write(const std::string& topic, Partition partition, const std::string& value);
  void write(const std::string& topic, Partition partition, const std::optional<std::string>& key,
             const std::optional<std::string>& value);
  // A position of the group, committed with the transaction, as from outside the group.
  void send_position(const std::string& group, const std::string& topic, Partition partition,
                     Position position, const std::string& metadata = {});
  void commit();
  void abort();

 private:
  rd_kafka_s* producer_ = nullptr;
};

}  // namespace freshet::test
