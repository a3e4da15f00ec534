#include "pipeline/kafka/group_positions.h"

#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/kafka/kafka_positions.h"
#include "pipeline/kafka/kafka_topics.h"

namespace freshet::pipeline {

Result<std::vector<std::optional<CommittedPosition>>> group_positions(
    const WorkerConfig& config, const KafkaTransportOptions& options) {
  // A dynamic member's options; without a subscription it never becomes one.
  KafkaTransportOptions asking = options;
  asking.instance_id.reset();
  auto handle = KafkaHandle::create(KafkaHandle::Role::kConsumer, consumer_options(config, asking),
                                    options.log, nullptr);
  if (!handle) return tl::unexpected<Error>(handle.error());
  const Result<std::int32_t> count = topic_partition_count((*handle)->get(), config.kafka.input);
  if (!count) return tl::unexpected<Error>(count.error());
  std::vector<Partition> partitions;
  for (std::int32_t p = 0; p < *count; ++p) partitions.push_back({p});
  return committed_positions((*handle)->get(), config.kafka.input, partitions);
}

}  // namespace freshet::pipeline
