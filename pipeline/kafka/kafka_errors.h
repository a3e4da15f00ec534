// librdkafka's error codes -> the recovery that the worker's loop performs, by the one table
// (kafka_error_table.h).
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
// code. Where a right is missing, the remedy names `right`, "Read on the topic" and the like.
Error kafka_error(int rd_error, std::string_view what, std::string_view right = "");

// True where the brokers refuse the principal, not the request.
bool is_missing_right(int rd_error);

// The right that a member of a group lacks where it may not read: "Read on the group" or "...
// topic".
std::string_view right_to_read(int rd_error);

// The same of a transaction: it writes to topics, as a transactional id, and commits as a group.
std::string_view right_to_transact(int rd_error);

// The two halves of such a message; the remedy is empty where it has none.
struct MessageAndRemedy {
  std::string message;
  std::string remedy;
};
MessageAndRemedy split_remedy(std::string_view message);

}  // namespace freshet::pipeline
