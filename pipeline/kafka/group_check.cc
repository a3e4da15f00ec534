#include "pipeline/kafka/group_check.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

constexpr std::string_view kAssignor = "range";

Finding missing_right(const std::string& where) {
  return {FindingLevel::kError, where, "the right Read is missing",
          "grant the client's principal Read on " + where};
}

Finding untried(int rd_error, const std::string& where) {
  const auto [message, remedy] = split_remedy(kafka_error(rd_error, "not asked").message);
  return {FindingLevel::kWarning, where, message, remedy};
}

Finding describe(const rd_kafka_ConsumerGroupDescription_t* group, const std::string& where) {
  const rd_kafka_error_t* refused = rd_kafka_ConsumerGroupDescription_error(group);
  if (refused != nullptr) {
    const int code = rd_kafka_error_code(refused);
    return is_missing_right(code) ? missing_right(where) : untried(code, where);
  }
  const std::size_t members = rd_kafka_ConsumerGroupDescription_member_count(group);
  const char* assignor = rd_kafka_ConsumerGroupDescription_partition_assignor(group);
  if (members > 0 && assignor != nullptr && *assignor != '\0' && kAssignor != assignor) {
    return {FindingLevel::kError, where,
            "its members share partitions by `" + std::string(assignor) + "`, Freshet by `range`",
            "give application_id a name of its own: another application uses this group"};
  }
  return {FindingLevel::kOk, where, "it has " + std::to_string(members) + " members now", ""};
}

Finding check_members(rd_kafka_t* client, const WorkerConfig& config, const std::string& where,
                      int wait_ms) {
  const AdminOptionsPtr options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  std::array<char, 512> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), wait_ms, reason.data(), reason.size());
  const QueuePtr queue(rd_kafka_queue_new(client));
  const char* names[] = {config.application_id.c_str()};
  rd_kafka_DescribeConsumerGroups(client, names, 1, options.get(), queue.get());
  const EventPtr event(rd_kafka_queue_poll(queue.get(), wait_ms));
  const int asked =
      event == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event.get());
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return untried(asked, where);
  std::size_t count = 0;
  const rd_kafka_ConsumerGroupDescription_t** groups =
      rd_kafka_DescribeConsumerGroups_result_groups(
          rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  return count == 1 ? describe(groups[0], where) : untried(RD_KAFKA_RESP_ERR__BAD_MSG, where);
}

// A name that no topic has.
std::string made_up_topic() {
  std::random_device entropy;
  std::string name = "freshet-check";
  for (int i = 0; i < 4; ++i) name += "-" + std::to_string(entropy());
  return name;
}

// The brokers judge the group before the topic, and a topic that is not there has no positions.
Finding check_commit(rd_kafka_t* client, const std::string& where, int wait_ms) {
  const Partition first{0};
  const PartitionList list = make_partition_list(made_up_topic(), {&first, 1});
  elements_of(list.get())[0].offset = 0;
  const QueuePtr answers(rd_kafka_queue_new(client));
  const int sent = rd_kafka_commit_queue(client, list.get(), answers.get(), nullptr, nullptr);
  if (sent != RD_KAFKA_RESP_ERR_NO_ERROR) return untried(sent, where);
  const EventPtr answer(rd_kafka_queue_poll(answers.get(), wait_ms));
  if (answer == nullptr) return untried(RD_KAFKA_RESP_ERR__TIMED_OUT, where);
  const int outcome = rd_kafka_event_error(answer.get());
  if (outcome == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) return missing_right(where);
  if (outcome == RD_KAFKA_RESP_ERR__WAIT_COORD) return untried(outcome, where);
  return {FindingLevel::kOk, where, "the right Read is there", ""};
}

}  // namespace

Findings check_group(rd_kafka_s* client, const WorkerConfig& config,
                     std::chrono::milliseconds timeout) {
  const std::string where = "group " + config.application_id;
  const int wait_ms = static_cast<int>(timeout.count());
  Findings findings = {check_members(client, config, where, wait_ms)};
  // Who may not even describe the group finds no coordinator to commit to.
  if (findings[0].level == FindingLevel::kOk) {
    findings.push_back(check_commit(client, where, wait_ms));
  }
  return findings;
}

}  // namespace freshet::pipeline
