#include "pipeline/kafka/client_option_check.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <string>

#include "pipeline/config/client_options.h"
#include "pipeline/config/client_secrets.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

using Problems = std::vector<ConfigProblem>;

void discard_log(const rd_kafka_t*, int, const char*, const char*) {}

void add(const std::string& path, const std::string& message, Problems* problems) {
  const auto is_there = [&](const ConfigProblem& problem) { return problem.path == path; };
  if (std::any_of(problems->begin(), problems->end(), is_there)) return;
  problems->push_back({path, message});
}

void check_each(const KafkaOptions& options, Problems* problems) {
  std::array<char, 512> reason{};
  const ConfPtr conf(rd_kafka_conf_new());
  for (const auto& [name, value] : options) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK) {
      add("kafka.client." + name, without_secrets(options, reason.data()), problems);
    }
  }
}

void check_together(rd_kafka_type_t type, const KafkaOptions& options, Problems* problems) {
  std::array<char, 512> reason{};
  ConfPtr conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), discard_log);
  for (const auto& [name, value] : options) {
    if (name == "bootstrap.servers") continue;  // nobody to connect to
    rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size());
  }
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), reason.data(), reason.size());
  if (client == nullptr) {
    add("kafka.client",
        "librdkafka refuses the options: " + without_secrets(options, reason.data()), problems);
    return;
  }
  static_cast<void>(conf.release());  // rd_kafka_new took it
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

}  // namespace

std::vector<ConfigProblem> check_client_options(const WorkerConfig& config) {
  WorkerConfig checked = config;
  std::erase_if(checked.kafka.client,
                [](const auto& option) { return refusal_of_client_option(option.first); });
  const KafkaOptions consumer = consumer_options(checked, {});
  const KafkaOptions producer = producer_options(checked, {});
  Problems problems;
  check_each(consumer, &problems);
  check_each(producer, &problems);
  if (!problems.empty()) return problems;
  check_together(RD_KAFKA_CONSUMER, consumer, &problems);
  check_together(RD_KAFKA_PRODUCER, producer, &problems);
  return problems;
}

}  // namespace freshet::pipeline
