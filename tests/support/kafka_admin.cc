#include "tests/support/kafka_admin.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>

#include "common/check.h"

namespace freshet::test {
namespace {

constexpr int kAdminTimeoutMs = 20'000;

// A client, and the queue that its answers come to.
class Admin {
 public:
  explicit Admin(const std::string& bootstrap) {
    std::array<char, 512> reason{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    FRESHET_CHECK(rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), reason.data(),
                                    reason.size()) == RD_KAFKA_CONF_OK);
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
    FRESHET_CHECK(client_ != nullptr);
    answers_ = rd_kafka_queue_new(client_);
  }
  ~Admin() {
    rd_kafka_queue_destroy(answers_);
    rd_kafka_destroy(client_);
  }
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  rd_kafka_t* client() const { return client_; }
  rd_kafka_queue_t* answers() const { return answers_; }
  rd_kafka_event_t* wait() {
    rd_kafka_event_t* event = rd_kafka_queue_poll(answers_, kAdminTimeoutMs);
    FRESHET_CHECK(event != nullptr);
    FRESHET_CHECK(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    return event;
  }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* answers_ = nullptr;
};

}  // namespace

void alter_topic(const std::string& bootstrap, const std::string& topic,
                 const std::map<std::string, std::string>& settings) {
  Admin admin(bootstrap);
  rd_kafka_ConfigResource_t* resource =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  for (const auto& [name, value] : settings) {
    rd_kafka_ConfigResource_set_config(resource, name.c_str(), value.c_str());
  }
  rd_kafka_AlterConfigs(admin.client(), &resource, 1, nullptr, admin.answers());
  rd_kafka_event_t* event = admin.wait();
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** altered =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
  FRESHET_CHECK(count == 1 &&
                rd_kafka_ConfigResource_error(altered[0]) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(event);
  rd_kafka_ConfigResource_destroy(resource);
}

void delete_records_below(const std::string& bootstrap, const std::string& topic,
                          Partition partition, Position begin) {
  Admin admin(bootstrap);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition.value)->offset = begin.value;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_DeleteRecords(admin.client(), &request, 1, nullptr, admin.answers());
  rd_kafka_event_t* event = admin.wait();
  const rd_kafka_topic_partition_list_t* deleted =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
  FRESHET_CHECK(deleted->cnt == 1 && deleted->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(event);
  rd_kafka_DeleteRecords_destroy(request);
}

}  // namespace freshet::test
