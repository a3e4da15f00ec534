#include "stateful/store_keys.h"

#include "common/check.h"
#include "common/coding.h"
#include "stateful/sealed_value.h"

namespace freshet::stateful {
namespace {

constexpr std::uint8_t kMetaFormat = 1;
constexpr std::size_t kPartitionBytes = 4;

}  // namespace

std::string marker_key(Partition partition) {
  FRESHET_CHECK(partition.value >= 0);
  std::string key;
  put_u32_be(&key, static_cast<std::uint32_t>(partition.value));
  return key;
}

std::string user_key(Partition partition, const UserId& user) {
  FRESHET_CHECK(!user.view().empty());
  return marker_key(partition).append(user.view());
}

std::string partition_end(Partition partition) {
  FRESHET_CHECK(partition.value >= 0);
  std::string key;
  put_u32_be(&key, static_cast<std::uint32_t>(partition.value) + 1);
  return key;
}

Partition partition_of_key(std::string_view key) {
  FRESHET_CHECK(key.size() >= kPartitionBytes && key < kPartitionsEnd);
  return {static_cast<std::int32_t>(ByteReader(key).u32_be())};
}

bool is_marker_key(std::string_view key) { return key.size() == kPartitionBytes; }

std::string_view user_of_key(std::string_view key) { return key.substr(kPartitionBytes); }

std::string encode_meta(std::string_view application_id) {
  std::string out;
  put_u8(&out, kMetaFormat);
  put_length_prefixed(&out, application_id);
  seal(&out);
  return out;
}

Result<std::string> decode_meta(std::string_view bytes, std::string_view what) {
  const Result<OpenedValue> opened = unseal(bytes, kMetaFormat, what);
  if (!opened) return tl::unexpected(opened.error());
  ByteReader reader(opened->body);
  std::string application_id(reader.length_prefixed());
  if (!reader.ok() || !reader.at_end()) {
    return error(ErrorCode::kCorruptState, std::string(what) + " is corrupt: its meta value is");
  }
  return application_id;
}

}  // namespace freshet::stateful
