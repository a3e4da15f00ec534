// Marker, formats 1 and 2. Integers are LEB128 varints in their shortest form unless they say
// otherwise.
//
//   marker        := version:u8 | body | check:u64 le          check = XXH3-64 of all before it
//   body          := lineage:bytes{16} | number:varint | position:varint | applied_from:varint
//                    | optional(time) | digest_low:u64 le | digest_high:u64 le
//                    | user_count:varint | fingerprint_length:varint | fingerprint:bytes
//                    | optional(last_record) | model
//   model         := nothing, in version 1
//                  | first_position:varint | text | text | text, in version 2: label, checksum and
//                    pool checksum
//   text          := length:varint | bytes
//   last_record   := offset:varint | optional(time) | value_hash:u64 le
//   time          := zigzag varint of ms since the epoch
//   optional(x)   := 0:u8 | 1:u8 x
//
//   stored_marker := version:u8 | marker_length:varint | marker | optional(position:varint)
//                    | commit_time:time | restored | check:u64 le
//   restored      := nothing, in version 1
//                  | digest_low:u64 le | digest_high:u64 le | user_count:varint, in version 2
#include "stateful/marker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/check.h"
#include "common/coding.h"
#include "stateful/sealed_value.h"

namespace freshet::stateful {
namespace {

constexpr std::uint8_t kMarkerFormat = 1;
constexpr std::uint8_t kModelMarkerFormat = 2;
constexpr std::uint8_t kStoredMarkerFormat = 1;
constexpr std::uint8_t kRestoringMarkerFormat = 2;

void put_place(std::string* out, std::int64_t place) {
  FRESHET_CHECK(place >= 0);
  put_varint(out, static_cast<std::uint64_t>(place));
}

template <class T, class Put>
void put_optional(std::string* out, const std::optional<T>& value, const Put& put) {
  put_u8(out, value ? 1 : 0);
  if (value) put(*value);
}

void put_time(std::string* out, const std::optional<EventTime>& time) {
  put_optional(out, time, [out](EventTime value) { put_zigzag(out, value.ms); });
}

// Reads fields and remembers whether each was in its range.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : reader_(bytes) {}

  ByteReader& bytes() { return reader_; }

  std::int64_t place() {
    const std::uint64_t value = reader_.varint();
    in_range_ &= value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    return static_cast<std::int64_t>(value);
  }

  bool present() {
    const std::uint8_t flag = reader_.u8();
    in_range_ &= flag <= 1;
    return flag == 1;
  }

  std::optional<EventTime> time() {
    if (!present()) return std::nullopt;
    return EventTime{reader_.zigzag()};
  }

  bool complete() const { return in_range_ && reader_.ok() && reader_.at_end(); }

 private:
  ByteReader reader_;
  bool in_range_ = true;
};

tl::unexpected<Error> not_a(std::string_view what) {
  return error(ErrorCode::kCorruptState,
               std::string(what) + " is corrupt: its check is right but its fields are not");
}

}  // namespace

std::string LineageId::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 0xF]);
  }
  return out;
}

std::string encode_marker(const Marker& marker) {
  FRESHET_CHECK(marker.applied_from <= marker.position);
  std::string out;
  put_u8(&out, marker.model ? kModelMarkerFormat : kMarkerFormat);
  for (const std::uint8_t byte : marker.lineage.bytes) put_u8(&out, byte);
  put_varint(&out, marker.number);
  put_place(&out, marker.position.value);
  put_place(&out, marker.applied_from.value);
  put_time(&out, marker.stream_time);
  put_u64_le(&out, marker.digest.low);
  put_u64_le(&out, marker.digest.high);
  put_varint(&out, marker.user_count);
  put_length_prefixed(&out, marker.fingerprint);
  put_optional(&out, marker.last_record, [&out](const LastRecord& last) {
    put_place(&out, last.offset.value);
    put_time(&out, last.record_time);
    put_u64_le(&out, last.value_hash);
  });
  if (marker.model) {
    FRESHET_CHECK(marker.model->first_position <= marker.position);
    put_place(&out, marker.model->first_position.value);
    put_length_prefixed(&out, marker.model->label);
    put_length_prefixed(&out, marker.model->checksum);
    put_length_prefixed(&out, marker.model->pool_checksum);
  }
  seal(&out);
  return out;
}

Result<Marker> decode_marker(std::string_view bytes) {
  const Result<OpenedValue> opened = unseal(bytes, kModelMarkerFormat, "marker");
  if (!opened) return tl::unexpected(opened.error());
  FieldReader fields(opened->body);
  Marker marker;
  const std::string_view lineage = fields.bytes().bytes(marker.lineage.bytes.size());
  std::copy(lineage.begin(), lineage.end(), marker.lineage.bytes.begin());
  marker.number = fields.bytes().varint();
  marker.position = {fields.place()};
  marker.applied_from = {fields.place()};
  marker.stream_time = fields.time();
  marker.digest.low = fields.bytes().u64_le();
  marker.digest.high = fields.bytes().u64_le();
  marker.user_count = fields.bytes().varint();
  marker.fingerprint = fields.bytes().length_prefixed();
  if (fields.present()) {
    LastRecord last;
    last.offset = {fields.place()};
    last.record_time = fields.time();
    last.value_hash = fields.bytes().u64_le();
    marker.last_record = last;
  }
  if (opened->version == kModelMarkerFormat) {
    MarkedModel& model = marker.model.emplace();
    model.first_position = {fields.place()};
    model.label = fields.bytes().length_prefixed();
    model.checksum = fields.bytes().length_prefixed();
    model.pool_checksum = fields.bytes().length_prefixed();
    if (model.first_position > marker.position) return not_a("marker");
  }
  if (!fields.complete() || marker.applied_from > marker.position) return not_a("marker");
  return marker;
}

std::string encode_stored_marker(const StoredMarker& stored) {
  std::string out;
  put_u8(&out, stored.restored ? kRestoringMarkerFormat : kStoredMarkerFormat);
  put_length_prefixed(&out, encode_marker(stored.marker));
  put_optional(&out, stored.changelog_position,
               [&out](Position position) { put_place(&out, position.value); });
  put_zigzag(&out, stored.commit_time.ms);
  if (stored.restored) {
    put_u64_le(&out, stored.restored->digest.low);
    put_u64_le(&out, stored.restored->digest.high);
    put_varint(&out, stored.restored->user_count);
  }
  seal(&out);
  return out;
}

Result<StoredMarker> decode_stored_marker(std::string_view bytes) {
  constexpr std::string_view kWhat = "stored marker";
  const Result<OpenedValue> opened = unseal(bytes, kRestoringMarkerFormat, kWhat);
  if (!opened) return tl::unexpected(opened.error());
  FieldReader fields(opened->body);
  Result<Marker> marker = decode_marker(fields.bytes().length_prefixed());
  if (!marker) return tl::unexpected(marker.error());
  StoredMarker stored;
  stored.marker = std::move(*marker);
  if (fields.present()) stored.changelog_position = Position{fields.place()};
  stored.commit_time = {fields.bytes().zigzag()};
  if (opened->version == kRestoringMarkerFormat) {
    RestoredSoFar restored;
    restored.digest.low = fields.bytes().u64_le();
    restored.digest.high = fields.bytes().u64_le();
    restored.user_count = fields.bytes().varint();
    stored.restored = restored;
  }
  if (!fields.complete()) return not_a(kWhat);
  return stored;
}

std::uint64_t hash_of_value(std::string_view value) { return xxh3_64(value); }

}  // namespace freshet::stateful
