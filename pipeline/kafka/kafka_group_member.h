// KafkaGroupMember: who a consumer is in its group, in one generation: what fences a transaction.
//
// Taken once, under the assignment that it serves, and never again: brokers compare it with the
// group's present generation, so what is asked of them in its name is refused once the group has
// gone on. A consumer without an assignment has the generation -1, which brokers do not fence;
// such a one is never made.
//
// Errors:  none; none is the answer where the generation is over
// Threads: one; asking takes some ten microseconds
#pragma once

#include <optional>

struct rd_kafka_s;
struct rd_kafka_consumer_group_metadata_s;

namespace freshet::pipeline {

class KafkaGroupMember {
 public:
  static std::optional<KafkaGroupMember> of(rd_kafka_s* consumer);

  KafkaGroupMember(KafkaGroupMember&& other) noexcept;
  KafkaGroupMember& operator=(KafkaGroupMember&& other) noexcept;
  ~KafkaGroupMember();

  const rd_kafka_consumer_group_metadata_s* metadata() const { return metadata_; }

 private:
  explicit KafkaGroupMember(rd_kafka_consumer_group_metadata_s* metadata) : metadata_(metadata) {}

  rd_kafka_consumer_group_metadata_s* metadata_;
};

}  // namespace freshet::pipeline
