#include "pipeline/config/client_options.h"

#include <array>

namespace freshet::pipeline {
namespace {

struct RefusedOption {
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view kPositions =
    "the worker commits positions itself, after the outputs; nothing else may";
constexpr std::string_view kGroup = "the group is named by application_id";
constexpr std::string_view kBrokers = "set kafka.bootstrap";
constexpr std::string_view kReset =
    "a missing position must stop the worker by name, not move it silently";
constexpr std::string_view kAssignor =
    "the assignor is fixed, so that all workers of a group agree and tasks move one way";
constexpr std::string_view kProducer =
    "outputs must be acknowledged by all replicas, once each and in order";
constexpr std::string_view kPartitioner =
    "outputs and changelog are partitioned by murmur2, as the input is";
constexpr std::string_view kIdentity = "the worker keeps its own identity in the state folder";
constexpr std::string_view kReports = "every record's delivery report is needed before a commit";
constexpr std::string_view kGivingUp =
    "a record is never given up: an outage of any length is waited out and nothing is lost";
constexpr std::string_view kCallbacks = "it is a callback or pointer that only the program can set";
constexpr std::string_view kEvents = "the worker chooses which events it polls for";

constexpr std::array kRefusedOptions = std::to_array<RefusedOption>({
    {"acks", kProducer},
    {"allow.auto.create.topics",
     "a missing topic must stop the worker by name, not appear with other partitions"},
    {"auto.commit.enable", kPositions},
    {"auto.commit.interval.ms", kPositions},
    {"auto.offset.reset", kReset},
    {"background_event_cb", kCallbacks},
    {"bootstrap.servers", kBrokers},
    {"check.crcs", "a record that was damaged on its way must be seen"},
    {"closesocket_cb", kCallbacks},
    {"connect_cb", kCallbacks},
    {"consume_cb", kCallbacks},
    {"default_topic_conf", kCallbacks},
    {"delivery.report.only.error", kReports},
    {"delivery.timeout.ms", kGivingUp},
    {"dr_cb", kCallbacks},
    {"dr_msg_cb", kCallbacks},
    {"enable.auto.commit", kPositions},
    {"enable.auto.offset.store", kPositions},
    {"enable.gapless.guarantee", kProducer},
    {"enable.idempotence", kProducer},
    {"enable.partition.eof", kEvents},
    {"enabled_events", kEvents},
    {"error_cb", kCallbacks},
    {"group.id", kGroup},
    {"group.instance.id", kIdentity},
    {"group.protocol", kAssignor},
    {"group.protocol.type", kAssignor},
    {"group.remote.assignor", kAssignor},
    {"interceptors", kCallbacks},
    {"internal.termination.signal", "the worker takes signals itself"},
    {"isolation.level", "records of aborted transactions must never be read"},
    {"log.queue", "the worker takes librdkafka's log itself"},
    {"log_cb", kCallbacks},
    {"max.in.flight", kProducer},
    {"max.in.flight.requests.per.connection", kProducer},
    {"message.send.max.retries", kProducer},
    {"message.timeout.ms", kGivingUp},
    {"metadata.broker.list", kBrokers},
    {"msg_order_cmp", kCallbacks},
    {"oauthbearer_token_refresh_cb", kCallbacks},
    {"offset.store.method", kPositions},
    {"offset.store.path", kPositions},
    {"offset.store.sync.interval.ms", kPositions},
    {"offset_commit_cb", kCallbacks},
    {"opaque", kCallbacks},
    {"open_cb", kCallbacks},
    {"partition.assignment.strategy", kAssignor},
    {"partitioner", kPartitioner},
    {"partitioner_cb", kCallbacks},
    {"plugin.library.paths", "foreign code in the process could break every guarantee"},
    {"queuing.strategy", kProducer},
    {"rebalance_cb", kCallbacks},
    {"request.required.acks", kProducer},
    {"resolve_cb", kCallbacks},
    {"retries", kProducer},
    {"socket_cb", kCallbacks},
    {"ssl.certificate.verify_cb", kCallbacks},
    {"ssl_ca", kCallbacks},
    {"ssl_certificate", kCallbacks},
    {"ssl_engine_callback_data", kCallbacks},
    {"ssl_key", kCallbacks},
    {"stats_cb", kCallbacks},
    {"throttle_cb", kCallbacks},
    {"transactional.id", kIdentity},
});

}  // namespace

std::vector<std::string_view> refused_client_options() {
  std::vector<std::string_view> names;
  for (const RefusedOption& option : kRefusedOptions) names.push_back(option.name);
  return names;
}

std::optional<std::string_view> refusal_of_client_option(std::string_view name) {
  for (const RefusedOption& option : kRefusedOptions) {
    if (option.name == name) return option.reason;
  }
  return std::nullopt;
}

}  // namespace freshet::pipeline
