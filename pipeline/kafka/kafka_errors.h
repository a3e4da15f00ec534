// librdkafka's error codes -> the recovery that the worker's loop performs. One table.
//
// An error code stands here as a plain int, so that no header of the project needs librdkafka's.
// Errors:  none; a code that the table lacks is kFatal: what nobody thought about stops by name
// Threads: free functions
#pragma once

#include <string>
#include <string_view>

#include "common/status.h"

namespace freshet::pipeline {

// `rd_error` is an rd_kafka_resp_err_t other than RD_KAFKA_RESP_ERR_NO_ERROR.
ErrorCode kafka_error_code(int rd_error);

// "<what>: <librdkafka's text> (<name>); <remedy, where the table has one>", under the table's
// code.
Error kafka_error(int rd_error, std::string_view what);

}  // namespace freshet::pipeline
