// Kafka's default partitioner for keyed records: murmur2, the sign bit masked off, modulo.
//
// Source: the Apache Kafka clients' DefaultPartitioner; librdkafka calls it murmur2.
// Oracle: known values of Kafka's own client (tests/unit/pipeline), and the real broker's tests.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/log_position.h"

namespace freshet::pipeline {

std::uint32_t murmur2(std::string_view key);

// Requires partition_count > 0.
Partition partition_of(std::string_view key, std::int32_t partition_count);

}  // namespace freshet::pipeline
