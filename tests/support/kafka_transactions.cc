#include "tests/support/kafka_transactions.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "tests/support/kafka_broker.h"

namespace freshet::test {
namespace {

constexpr int kTimeoutMs = 20'000;

void succeed(rd_kafka_error_t* error) {
  if (error != nullptr) std::fprintf(stderr, "kafka: %s\n", rd_kafka_error_string(error));
  FRESHET_CHECK(error == nullptr);
}

}  // namespace

TransactionalWriter::TransactionalWriter(const std::string& bootstrap) {
  std::array<char, 512> reason{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::string id = unique_name("writer");
  for (const auto& [name, value] :
       {std::pair{"bootstrap.servers", &bootstrap}, std::pair{"transactional.id", &id}}) {
    FRESHET_CHECK(rd_kafka_conf_set(conf, name, value->c_str(), reason.data(), reason.size()) ==
                  RD_KAFKA_CONF_OK);
  }
  producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
  FRESHET_CHECK(producer_ != nullptr);
  succeed(rd_kafka_init_transactions(producer_, kTimeoutMs));
}

TransactionalWriter::~TransactionalWriter() { rd_kafka_destroy(producer_); }

void TransactionalWriter::begin() { succeed(rd_kafka_begin_transaction(producer_)); }

void TransactionalWriter::write(const std::string& topic, Partition partition,
                                const std::string& value) {
  write(topic, partition, std::nullopt, value);
}

void TransactionalWriter::write(const std::string& topic, Partition partition,
                                const std::optional<std::string>& key,
                                const std::optional<std::string>& value) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(producer_, topic.c_str(), nullptr);
  std::string payload = value.value_or("");
  FRESHET_CHECK(rd_kafka_produce(handle, partition.value, RD_KAFKA_MSG_F_COPY,
                                 value ? payload.data() : nullptr, payload.size(),
                                 key ? key->data() : nullptr, key ? key->size() : 0, nullptr) == 0);
  rd_kafka_topic_destroy(handle);
  FRESHET_CHECK(rd_kafka_flush(producer_, kTimeoutMs) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void TransactionalWriter::send_position(const std::string& group, const std::string& topic,
                                        Partition partition, Position position,
                                        const std::string& metadata) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_t* entry =
      rd_kafka_topic_partition_list_add(list, topic.c_str(), partition.value);
  entry->offset = position.value;
  if (!metadata.empty()) {
    entry->metadata = strdup(metadata.c_str());  // the list's to free
    entry->metadata_size = metadata.size();
  }
  rd_kafka_consumer_group_metadata_t* nobody = rd_kafka_consumer_group_metadata_new(group.c_str());
  succeed(rd_kafka_send_offsets_to_transaction(producer_, list, nobody, kTimeoutMs));
  rd_kafka_consumer_group_metadata_destroy(nobody);
  rd_kafka_topic_partition_list_destroy(list);
}

void TransactionalWriter::commit() { succeed(rd_kafka_commit_transaction(producer_, kTimeoutMs)); }

void TransactionalWriter::abort() { succeed(rd_kafka_abort_transaction(producer_, kTimeoutMs)); }

}  // namespace freshet::test
