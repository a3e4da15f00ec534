#include "pipeline/kafka/topic_reader.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_record.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

constexpr std::chrono::seconds kSilenceMax{30};
constexpr int kPollMs = 100;

}  // namespace

Result<TopicReader> TopicReader::open(const WorkerConfig& config, const std::string& topic,
                                      const KafkaTransportOptions& options) {
  auto handle =
      KafkaHandle::create(KafkaHandle::Role::kConsumer, reader_options(config, options.client_id),
                          options.log, nullptr);
  if (!handle) return tl::unexpected<Error>(handle.error());
  TopicReader reader(topic, std::move(*handle));
  const Result<std::int32_t> count = topic_partition_count(reader.handle_.get(), topic);
  if (!count) return tl::unexpected<Error>(count.error());
  for (std::int32_t p = 0; p < *count; ++p) {
    const Result<PositionRange> range = position_range(reader.handle_->get(), topic, Partition{p});
    if (!range) return tl::unexpected<Error>(range.error());
    reader.ranges_.push_back(*range);
  }
  return reader;
}

std::string TopicReader::place(Partition partition) const {
  return "topic " + topic_ + " partition " + std::to_string(partition.value);
}

void TopicReader::end_before(Partition partition, Position end) {
  PositionRange& range = ranges_[static_cast<std::size_t>(partition.value)];
  range.end = std::max(range.begin, std::min(range.end, end));
}

std::uint64_t TopicReader::offset_count() const {
  std::int64_t count = 0;
  for (const PositionRange& range : ranges_) count += range.end.value - range.begin.value;
  return static_cast<std::uint64_t>(count);
}

Status TopicReader::read(const Visit& visit, const IsStopped& is_stopped) {
  for (std::int32_t p = 0; p < partition_count(); ++p) {
    const PositionRange& range = ranges_[static_cast<std::size_t>(p)];
    if (range.begin == range.end) continue;
    if (Status read = read_partition(Partition{p}, range, is_stopped, visit); !read) return read;
  }
  return {};
}

// The last offsets before the end may be control records, which never arrive: the end of the
// partition counts as the end of the range, too.
Status TopicReader::read_partition(Partition partition, const PositionRange& range,
                                   const IsStopped& is_stopped, const Visit& visit) {
  const PartitionList list = make_partition_list(topic_, {&partition, 1});
  elements_of(list.get())[0].offset = range.begin.value;
  const rd_kafka_resp_err_t assigned = rd_kafka_assign(handle_->get(), list.get());
  if (assigned != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>(kafka_error(assigned, place(partition)));
  }
  auto heard = std::chrono::steady_clock::now();
  while (!is_stopped || !is_stopped()) {
    const MessagePtr message(rd_kafka_consumer_poll(handle_->get(), kPollMs));
    const auto now = std::chrono::steady_clock::now();
    if (message == nullptr) {
      if (now - heard > kSilenceMax) {
        return error(ErrorCode::kUnavailable, place(partition) + ": nothing came for " +
                                                  std::to_string(kSilenceMax.count()) + " s");
      }
      continue;
    }
    // A reader neither needs its group nor may have a right to it.
    if (message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) continue;
    heard = now;
    if (message->partition != partition.value) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return {};
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return tl::unexpected<Error>(
          kafka_error(message->err, place(partition), "Read on the topic"));
    }
    const Offset offset{message->offset};
    if (!is_before(offset, range.end)) return {};
    if (Status visited = visit(dump_record_of(*message)); !visited) return visited;
    if (position_after(offset) == range.end) return {};
  }
  return {};
}

}  // namespace freshet::pipeline
