#include "stateful/store_keys.h"

#include <limits>

#include "common/check.h"
#include "common/coding.h"
#include "stateful/sealed_value.h"

namespace freshet::stateful {
namespace {

constexpr std::uint8_t kMetaFormat = 1;
constexpr std::uint8_t kMetaFormatWithSlots = 2;
constexpr std::uint8_t kSlotFormat = 1;
constexpr std::size_t kPartitionBytes = 4;
constexpr std::uint8_t kLaterSlot = 0x80;
constexpr std::size_t kLaterSlotBytes = 9;

bool is_of_later_slot(std::string_view key) {
  return !key.empty() && static_cast<std::uint8_t>(key[0]) == kLaterSlot;
}

std::size_t slot_bytes(std::string_view key) {
  return is_of_later_slot(key) ? kLaterSlotBytes : kPartitionBytes;
}

std::uint32_t number_of(Partition partition) {
  FRESHET_CHECK(partition.value >= 0);
  return static_cast<std::uint32_t>(partition.value);
}

}  // namespace

std::string marker_key(Slot slot) {
  std::string key;
  if (slot.number > 0) put_u8(&key, kLaterSlot);
  put_u32_be(&key, number_of(slot.partition));
  if (slot.number > 0) put_u32_be(&key, slot.number);
  return key;
}

std::string user_key(Slot slot, const UserId& user) {
  FRESHET_CHECK(!user.view().empty());
  return marker_key(slot).append(user.view());
}

std::string slot_end(Slot slot) {
  std::string key;
  if (slot.number == 0) {
    put_u32_be(&key, number_of(slot.partition) + 1);
    return key;
  }
  FRESHET_CHECK(slot.number < std::numeric_limits<std::uint32_t>::max());
  return marker_key({slot.partition, slot.number + 1});
}

Slot slot_of_key(std::string_view key) {
  FRESHET_CHECK(key.size() >= slot_bytes(key) && key < kSlotsEnd);
  ByteReader reader(key);
  if (!is_of_later_slot(key)) return {{static_cast<std::int32_t>(reader.u32_be())}, 0};
  reader.u8();
  const Partition partition{static_cast<std::int32_t>(reader.u32_be())};
  return {partition, reader.u32_be()};
}

bool is_marker_key(std::string_view key) { return key.size() == slot_bytes(key); }

std::string_view user_of_key(std::string_view key) { return key.substr(slot_bytes(key)); }

std::string slot_key(Partition partition) {
  std::string key(kMetaKey);
  put_u32_be(&key, number_of(partition));
  return key;
}

bool is_slot_key(std::string_view key) {
  return key.size() == kMetaKey.size() + kPartitionBytes && key.starts_with(kMetaKey);
}

Partition partition_of_slot_key(std::string_view key) {
  FRESHET_CHECK(is_slot_key(key));
  return {static_cast<std::int32_t>(ByteReader(key.substr(kMetaKey.size())).u32_be())};
}

std::string encode_slot(std::uint32_t number) {
  std::string out;
  put_u8(&out, kSlotFormat);
  put_varint(&out, number);
  seal(&out);
  return out;
}

Result<std::uint32_t> decode_slot(std::string_view bytes, std::string_view what) {
  const Result<OpenedValue> opened = unseal(bytes, kSlotFormat, what);
  if (!opened) return tl::unexpected(opened.error());
  ByteReader reader(opened->body);
  const std::uint64_t number = reader.varint();
  if (!reader.ok() || !reader.at_end() || number == 0 ||
      number >= std::numeric_limits<std::uint32_t>::max()) {
    return error(ErrorCode::kCorruptState, std::string(what) + " is corrupt: its slot record is");
  }
  return static_cast<std::uint32_t>(number);
}

std::string encode_meta(std::string_view application_id, bool has_slots) {
  std::string out;
  put_u8(&out, has_slots ? kMetaFormatWithSlots : kMetaFormat);
  put_length_prefixed(&out, application_id);
  seal(&out);
  return out;
}

Result<std::string> decode_meta(std::string_view bytes, std::string_view what) {
  const Result<OpenedValue> opened = unseal(bytes, kMetaFormatWithSlots, what);
  if (!opened) return tl::unexpected(opened.error());
  ByteReader reader(opened->body);
  std::string application_id(reader.length_prefixed());
  if (!reader.ok() || !reader.at_end()) {
    return error(ErrorCode::kCorruptState, std::string(what) + " is corrupt: its meta value is");
  }
  return application_id;
}

}  // namespace freshet::stateful
