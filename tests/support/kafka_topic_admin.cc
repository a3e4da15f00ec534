#include "tests/support/kafka_topic_admin.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <functional>

#include "common/check.h"

namespace freshet::test {
namespace {

constexpr int kTimeoutMs = 20'000;

// Asks through a client of its own, and CHECKs the answer's error.
void ask(const std::string& bootstrap,
         const std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>& request) {
  std::array<char, 512> reason{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  FRESHET_CHECK(rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), reason.data(),
                                  reason.size()) == RD_KAFKA_CONF_OK);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
  FRESHET_CHECK(client != nullptr);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  request(client, queue);
  rd_kafka_event_t* answer = rd_kafka_queue_poll(queue, kTimeoutMs);
  FRESHET_CHECK(answer != nullptr);
  if (rd_kafka_event_error(answer) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    std::fprintf(stderr, "kafka: %s\n", rd_kafka_event_error_string(answer));
  }
  FRESHET_CHECK(rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(answer);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
}

}  // namespace

void set_topic_settings(const std::string& bootstrap, const std::string& topic,
                        const std::map<std::string, std::string>& settings) {
  rd_kafka_ConfigResource_t* resource =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  for (const auto& [name, value] : settings) {
    FRESHET_CHECK(rd_kafka_ConfigResource_set_config(resource, name.c_str(), value.c_str()) ==
                  RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  ask(bootstrap, [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_AlterConfigs(client, &resource, 1, nullptr, queue);
  });
  rd_kafka_ConfigResource_destroy(resource);
}

void delete_records(const std::string& bootstrap, const std::string& topic, Partition partition,
                    Position begin) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition.value)->offset = begin.value;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  ask(bootstrap, [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteRecords(client, &request, 1, nullptr, queue);
  });
  rd_kafka_DeleteRecords_destroy(request);
  rd_kafka_topic_partition_list_destroy(list);
}

}  // namespace freshet::test
