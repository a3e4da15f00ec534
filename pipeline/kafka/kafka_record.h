// A librdkafka message as a record that outlives it: key, value, time and headers copied.
#pragma once

#include "pipeline/files/dump_format.h"

struct rd_kafka_message_s;

namespace freshet::pipeline {

DumpRecord dump_record_of(const rd_kafka_message_s& message);

}  // namespace freshet::pipeline
