#include "pipeline/kafka/fetch_reminder.h"

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <utility>

namespace freshet::pipeline {
namespace {

constexpr int kAnswerWaitMs = 500;

}  // namespace

FetchReminder::FetchReminder(std::shared_ptr<KafkaHandle> consumer, std::string topic)
    : consumer_(std::move(consumer)),
      topic_(std::move(topic)),
      records_max_(static_cast<std::size_t>(consumer_->number_option("queued.min.messages")) / 2),
      bytes_max_(static_cast<std::size_t>(consumer_->number_option("queued.max.messages.kbytes")) *
                 512) {}

void FetchReminder::note_taken(const RecordBatch& batch) {
  records_ += batch.records.size();
  for (const InputRecord& record : batch.records) {
    bytes_ += record.value ? record.value->size() : 0;
  }
  if (batch.records.empty() || (records_ < records_max_ && bytes_ < bytes_max_)) return;
  records_ = 0;
  bytes_ = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  rd_kafka_query_watermark_offsets(consumer_->get(), topic_.c_str(),
                                   batch.records.back().partition.value, &begin, &end,
                                   kAnswerWaitMs);
}

}  // namespace freshet::pipeline
