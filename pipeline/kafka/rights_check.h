// Whether the client's principal may read and write the topics, tried without leaving a trace.
//
// librdkafka 2.0 cannot ask for its rights, so each is tried with a request that the brokers judge
// by rights first and then refuse, or that changes nothing:
//   read a topic        one fetch at its end
//   write to a topic    a record whose `acks` no broker takes
//   transactions        a producer whose time-out no broker takes
// Errors:  none; each question has a finding. kError names the missing right as Kafka's tools do
// Threads: free functions
// Cost:    one client each; `timeout` at most
#pragma once

#include <chrono>
#include <string>

#include "pipeline/config/config.h"
#include "pipeline/kafka/finding.h"

namespace freshet::pipeline {

Finding check_read(const WorkerConfig& config, const std::string& topic,
                   std::chrono::milliseconds timeout);
Finding check_write(const WorkerConfig& config, const std::string& topic,
                    std::chrono::milliseconds timeout);
// Under a transactional id that begins as the workers' do.
Finding check_transactions(const WorkerConfig& config, std::chrono::milliseconds timeout);

}  // namespace freshet::pipeline
