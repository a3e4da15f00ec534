#include "pipeline/kafka/kafka_errors.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "pipeline/kafka/kafka_error_table.h"

namespace freshet::pipeline {
ErrorCode kafka_error_code(int rd_error) {
  const KafkaErrorGroup* group = find_kafka_error(rd_error);
  return group == nullptr ? ErrorCode::kFatal : group->code;
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
  const KafkaErrorGroup* group = find_kafka_error(rd_error);
  if (is_missing_right(rd_error) && !right.empty()) {
    message.append("; grant the worker's principal ").append(right);
  } else if (group != nullptr && !group->remedy.empty()) {
    message.append("; ").append(group->remedy);
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
