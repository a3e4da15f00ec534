// The one table of librdkafka's error codes: what each means, and the recovery that it leads to.
// docs/operations.md shows the same.
//
// Threads: constants
// Oracle:  tests/unit/kafka/kafka_error_table_test.cc: every code is there once, and the document
//          is equal
#pragma once

#include <span>
#include <string_view>

#include "common/status.h"

namespace freshet::pipeline {

struct KafkaErrorGroup {
  std::string_view meaning;
  ErrorCode code;               // the recovery
  std::string_view remedy;      // what the operator can do; empty: nothing
  std::span<const int> errors;  // rd_kafka_resp_err_t
};

std::span<const KafkaErrorGroup> kafka_error_table();

// Null for a code that the table lacks.
const KafkaErrorGroup* find_kafka_error(int rd_error);

}  // namespace freshet::pipeline
