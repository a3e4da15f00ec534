#include "pipeline/kafka/kafka_group_member.h"

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

// librdkafka shows the generation only in what it would write of it:
//
//   metadata := "CGMDv2:" | generation: 4 bytes of the machine's order | group, member, instance
std::int32_t generation_of(const rd_kafka_consumer_group_metadata_t* metadata) {
  constexpr std::string_view kMagic = "CGMDv2:";
  void* bytes = nullptr;
  std::size_t size = 0;
  const ErrorPtr failed(rd_kafka_consumer_group_metadata_write(metadata, &bytes, &size));
  FRESHET_CHECK(failed == nullptr);
  std::int32_t generation = 0;
  FRESHET_CHECK(size > kMagic.size() + sizeof(generation));
  FRESHET_CHECK(std::memcmp(bytes, kMagic.data(), kMagic.size()) == 0);
  std::memcpy(&generation, static_cast<const char*>(bytes) + kMagic.size(), sizeof(generation));
  rd_kafka_mem_free(nullptr, bytes);
  return generation;
}

}  // namespace

std::optional<KafkaGroupMember> KafkaGroupMember::of(rd_kafka_s* consumer) {
  rd_kafka_consumer_group_metadata_t* metadata = rd_kafka_consumer_group_metadata(consumer);
  if (metadata == nullptr) return std::nullopt;
  KafkaGroupMember member(metadata);
  if (generation_of(metadata) < 0) return std::nullopt;
  return member;
}

KafkaGroupMember::KafkaGroupMember(KafkaGroupMember&& other) noexcept
    : metadata_(std::exchange(other.metadata_, nullptr)) {}

KafkaGroupMember& KafkaGroupMember::operator=(KafkaGroupMember&& other) noexcept {
  std::swap(metadata_, other.metadata_);
  return *this;
}

KafkaGroupMember::~KafkaGroupMember() {
  if (metadata_ != nullptr) rd_kafka_consumer_group_metadata_destroy(metadata_);
}

}  // namespace freshet::pipeline
