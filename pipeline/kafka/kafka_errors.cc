#include "pipeline/kafka/kafka_errors.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <iterator>

namespace freshet::pipeline {
namespace {

struct Row {
  rd_kafka_resp_err_t error;
  ErrorCode code;
  std::string_view remedy;
};

constexpr std::string_view kBrokersRemedy =
    "check kafka.bootstrap and that the brokers run; `freshet check --connect` tells more";
constexpr std::string_view kTopicRemedy =
    "create the topic (freshet create-topics -c FILE --partitions N, or with Kafka's own tools)";
constexpr std::string_view kRightsRemedy =
    "`freshet check --connect` names the right that the worker's principal lacks";
constexpr std::string_view kSecurityRemedy = "check the security options under kafka.client";
constexpr std::string_view kFencedRemedy = "another instance owns the partitions; rejoining";
constexpr std::string_view kInstanceRemedy =
    "another worker runs under this one's instance id: give each worker a state directory of its "
    "own, and delete the file `instance` in one that was copied";
constexpr std::string_view kSizeRemedy =
    "raise message.max.bytes under kafka.client and max.message.bytes of the topic";
constexpr std::string_view kOffsetRemedy =
    "the committed position is not in the log any more: raise the topic's retention, and reset the "
    "group's positions by hand";

constexpr Row kTable[] = {
    // Nobody answers, or not now: the same call may go through later.
    {RD_KAFKA_RESP_ERR__TRANSPORT, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__RESOLVE, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__WAIT_CACHE, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR__RETRY, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR__IN_PROGRESS, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR__INTR, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR__DESTROY, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR__BAD_MSG, ErrorCode::kUnavailable, "a response could not be read"},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, ErrorCode::kUnavailable, kBrokersRemedy},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, ErrorCode::kUnavailable, ""},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, ErrorCode::kUnavailable, "too few replicas in sync"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, ErrorCode::kUnavailable,
     "too few replicas in sync"},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, ErrorCode::kUnavailable, "a broker's disk failed"},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, ErrorCode::kUnavailable, ""},

    // The generation is over, or the producer has a new owner.
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, ErrorCode::kFenced, kFencedRemedy},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, ErrorCode::kFenced, kFencedRemedy},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, ErrorCode::kFenced, kFencedRemedy},
    {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, ErrorCode::kFenced, kFencedRemedy},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, ErrorCode::kFenced, kFencedRemedy},
    {RD_KAFKA_RESP_ERR__FENCED, ErrorCode::kFenced, kFencedRemedy},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, ErrorCode::kFenced, kFencedRemedy},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, ErrorCode::kFenced, kFencedRemedy},

    // The operator must change something. Rejoining under the same identity would only fence the
    // other worker in turn.
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, ErrorCode::kInvalidConfig, kInstanceRemedy},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ErrorCode::kInvalidConfig, kTopicRemedy},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ErrorCode::kInvalidConfig, kTopicRemedy},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ErrorCode::kInvalidConfig, kTopicRemedy},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ErrorCode::kInvalidConfig, "give a valid topic name"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ErrorCode::kInvalidConfig, kRightsRemedy},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ErrorCode::kInvalidConfig, kRightsRemedy},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ErrorCode::kInvalidConfig, kRightsRemedy},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, ErrorCode::kInvalidConfig,
     kRightsRemedy},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, ErrorCode::kInvalidConfig,
     "set session.timeout.ms within the broker's bounds"},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, ErrorCode::kInvalidConfig,
     "other members of the group use another assignment strategy"},
    {RD_KAFKA_RESP_ERR__INCONSISTENT, ErrorCode::kInvalidConfig, ""},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, ErrorCode::kInvalidConfig, kSecurityRemedy},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ErrorCode::kInvalidConfig, kSecurityRemedy},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, ErrorCode::kInvalidConfig, kSecurityRemedy},
    {RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, ErrorCode::kInvalidConfig, kSecurityRemedy},
    {RD_KAFKA_RESP_ERR_SECURITY_DISABLED, ErrorCode::kInvalidConfig, kSecurityRemedy},
    {RD_KAFKA_RESP_ERR__SSL, ErrorCode::kInvalidConfig, kSecurityRemedy},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, ErrorCode::kInvalidConfig, ""},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ErrorCode::kInvalidConfig,
     "the brokers are older than 2.5"},
    {RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, ErrorCode::kInvalidConfig,
     "raise the brokers' offset.metadata.max.bytes"},

    // The record itself cannot be taken.
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ErrorCode::kBadRecord, kSizeRemedy},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ErrorCode::kBadRecord, kSizeRemedy},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, ErrorCode::kBadRecord,
     "the topic refuses the record: it may be compacted, or check its timestamps"},

    // Going on would lose something.
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, ErrorCode::kFatal, kOffsetRemedy},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, ErrorCode::kFatal, kOffsetRemedy},
    {RD_KAFKA_RESP_ERR__FATAL, ErrorCode::kFatal, ""},
};

}  // namespace

ErrorCode kafka_error_code(int rd_error) {
  const auto* row = std::find_if(std::begin(kTable), std::end(kTable),
                                 [&](const Row& r) { return r.error == rd_error; });
  return row == std::end(kTable) ? ErrorCode::kFatal : row->code;
}

bool is_missing_right(int rd_error) {
  return rd_error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         rd_error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         rd_error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
         rd_error == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

std::string_view right_to_read(int rd_error) {
  return rd_error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ? "Read on the group"
                                                                  : "Read on the topic";
}

std::string_view right_to_transact(int rd_error) {
  switch (rd_error) {
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "Write on the transactional id";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return "Read on the group";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return "Read on kafka.input, Write on every topic that the worker writes to";
    default:
      return "";
  }
}

Error kafka_error(int rd_error, std::string_view what, std::string_view right) {
  const auto code = static_cast<rd_kafka_resp_err_t>(rd_error);
  std::string message(what);
  message.append(": ").append(rd_kafka_err2str(code));
  message.append(" (").append(rd_kafka_err2name(code)).append(")");
  const auto* row = std::find_if(std::begin(kTable), std::end(kTable),
                                 [&](const Row& r) { return r.error == code; });
  if (is_missing_right(rd_error) && !right.empty()) {
    message.append("; grant the worker's principal ").append(right);
  } else if (row != std::end(kTable) && !row->remedy.empty()) {
    message.append("; ").append(row->remedy);
  }
  return {kafka_error_code(rd_error), std::move(message)};
}

MessageAndRemedy split_remedy(std::string_view message) {
  constexpr std::string_view kBetween = "); ";
  const std::size_t end = message.find(kBetween);
  if (end == std::string_view::npos) return {std::string(message), ""};
  return {std::string(message.substr(0, end + 1)),
          std::string(message.substr(end + kBetween.size()))};
}

}  // namespace freshet::pipeline
