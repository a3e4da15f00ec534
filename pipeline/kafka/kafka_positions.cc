#include "pipeline/kafka/kafka_positions.h"

#include <librdkafka/rdkafka.h>

#include <cstring>

#include "common/check.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_resources.h"
#include "pipeline/kafka/kafka_topics.h"

namespace freshet::pipeline {
namespace {

constexpr int kAnswerTimeoutMs = static_cast<int>(kKafkaQuestionTimeout.count());

tl::unexpected<Error> failed(int rd_error, const std::string& what) {
  return tl::unexpected<Error>(kafka_error(rd_error, what, right_to_read(rd_error)));
}

// The error of the first partition that has one.
Status first_failure(rd_kafka_topic_partition_list_t* list, const std::string& what) {
  for (const rd_kafka_topic_partition_t& element : elements_of(list)) {
    if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return failed(element.err, what + " partition " + std::to_string(element.partition));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<std::optional<CommittedPosition>>> committed_positions(
    rd_kafka_s* consumer, const std::string& topic, std::span<const Partition> partitions) {
  const std::string what = "committed positions of topic " + topic;
  const PartitionList list = make_partition_list(topic, partitions);
  const rd_kafka_resp_err_t asked = rd_kafka_committed(consumer, list.get(), kAnswerTimeoutMs);
  // librdkafka repeats the question while the answer is that a position is undecided.
  if (asked == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    return failed(asked,
                  what + ": no answer, or a transaction that holds one of them is undecided");
  }
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(asked, what);
  if (Status answered = first_failure(list.get(), what); !answered) {
    return tl::unexpected<Error>(answered.error());
  }
  std::vector<std::optional<CommittedPosition>> positions;
  for (const rd_kafka_topic_partition_t& element : elements_of(list.get())) {
    if (element.offset < 0) {
      positions.emplace_back();
      continue;
    }
    const auto* text = static_cast<const char*>(element.metadata);
    positions.push_back(CommittedPosition{
        Position{element.offset},
        text == nullptr ? std::string() : std::string(text, element.metadata_size)});
  }
  return positions;
}

void PositionListDeleter::operator()(rd_kafka_topic_partition_list_t* list) const {
  rd_kafka_topic_partition_list_destroy(list);
}

PositionList position_list(const std::string& topic, std::span<const PartitionCommit> positions) {
  PositionList list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const PartitionCommit& entry : positions) {
    rd_kafka_topic_partition_t* element =
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), entry.partition.value);
    const std::string& text = entry.committed.metadata;
    FRESHET_CHECK(text.find('\0') == std::string::npos);
    element->offset = entry.committed.position.value;
    element->metadata = strdup(text.c_str());  // the list frees it
    element->metadata_size = text.size();
  }
  return list;
}

// rd_kafka_commit would wait without bound and hide which partition failed, so the answer comes
// through a queue of its own.
Status commit_positions(rd_kafka_s* consumer, const std::string& topic,
                        std::span<const PartitionCommit> positions) {
  const PositionList list = position_list(topic, positions);
  const std::string what = "committing positions of topic " + topic;
  const QueuePtr answers(rd_kafka_queue_new(consumer));
  const rd_kafka_resp_err_t sent =
      rd_kafka_commit_queue(consumer, list.get(), answers.get(), nullptr, nullptr);
  if (sent != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(sent, what);
  const EventPtr answer(rd_kafka_queue_poll(answers.get(), kAnswerTimeoutMs));
  if (answer == nullptr) return failed(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
  if (Status each = first_failure(rd_kafka_event_topic_partition_list(answer.get()), what); !each) {
    return each;
  }
  const rd_kafka_resp_err_t committed = rd_kafka_event_error(answer.get());
  if (committed != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(committed, what);
  return {};
}

}  // namespace freshet::pipeline
