// MockBroker: librdkafka's mock cluster in this process: a broker for a demo, on a free local port.
//
// It carries topics, groups and idempotent producers, and no more: no transactions that could be
// trusted, no compaction, nothing on disk. A partition keeps kMockPartitionBytes and then forgets
// its oldest records, so who feeds it must keep what is not yet read below that. The first join of
// a group takes three seconds.
//
// Errors:  kFatal where the cluster cannot be started or a topic not be made
// Threads: any; the cluster has a thread of its own. Destroy it after every client of it
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/status.h"
#include "pipeline/kafka/kafka_client_config.h"

namespace freshet::pipeline {

inline constexpr std::size_t kMockPartitionBytes = std::size_t{5} << 20;
// For KafkaTransportOptions::topic_bytes_max: the mock does not answer when asked.
inline constexpr std::size_t kMockTopicBytesMax = 1'000'000;

class MockBroker {
 public:
  static Result<std::unique_ptr<MockBroker>> start(KafkaLog log);
  ~MockBroker();
  MockBroker(const MockBroker&) = delete;
  MockBroker& operator=(const MockBroker&) = delete;

  // For kafka.bootstrap: "127.0.0.1:port".
  std::string bootstrap() const;
  Status create_topic(const std::string& topic, std::int32_t partition_count);

 private:
  struct Cluster;
  explicit MockBroker(std::unique_ptr<Cluster> cluster);
  std::unique_ptr<Cluster> cluster_;
};

}  // namespace freshet::pipeline
