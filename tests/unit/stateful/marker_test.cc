#include "stateful/marker.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "common/coding.h"
#include "stateful/sealed_value.h"

namespace freshet::stateful {
namespace marker_test {

Marker full_marker() {
  Marker marker;
  for (std::size_t i = 0; i < marker.lineage.bytes.size(); ++i) {
    marker.lineage.bytes[i] = static_cast<std::uint8_t>(0xF0 + i);
  }
  marker.number = 300;
  marker.position = {1000};
  marker.applied_from = {990};
  marker.stream_time = EventTime{1'602'633'600'123};
  marker.digest = {2, 1};
  marker.user_count = 7;
  marker.fingerprint = "a=1\nb=2\n";
  marker.last_record = LastRecord{Offset{999}, EventTime{1'602'633'600'200}, 0xABCDEF};
  marker.model = MarkedModel{{990}, "shop@8", "c0ffee", "d00d"};
  return marker;
}

std::string sealed(std::string value) {
  seal(&value);
  return value;
}

// The encoding without its check.
std::string unsealed(const Marker& marker) {
  std::string bytes = encode_marker(marker);
  bytes.resize(bytes.size() - 8);
  return bytes;
}

TEST(MarkerTest, EncodingHasTheBytesOfTheGrammar) {
  Marker marker;
  marker.number = 300;
  marker.position = {1000};
  marker.applied_from = {990};
  marker.digest = {2, 1};
  marker.user_count = 7;
  marker.fingerprint = "a=1";
  std::string expected(1, '\1');
  expected.append(16, '\0');                    // lineage
  expected.append("\xAC\x02\xE8\x07\xDE\x07");  // number, position, applied_from
  expected.append(1, '\0');                     // no stream time
  expected.append(1, '\2').append(7, '\0');     // digest, low half
  expected.append(1, '\1').append(7, '\0');     // digest, high half
  expected.append(
      "\x07\x03"
      "a=1");                // users, fingerprint
  expected.append(1, '\0');  // no last record
  EXPECT_EQ(encode_marker(marker), sealed(expected));
}

TEST(MarkerTest, AModelMakesItFormatTwo) {
  Marker marker;
  marker.position = {300};
  const std::string without = encode_marker(marker);
  marker.model = MarkedModel{{298}, "m@2", "ab", ""};
  std::string expected(1, '\2');
  expected.append(without.substr(1, without.size() - 9));
  expected.append("\xAA\x02\x03m@2\x02");
  expected.append("ab").append(1, '\0');
  EXPECT_EQ(encode_marker(marker), sealed(expected));
}

TEST(MarkerTest, FormatOneNamesNoModel) {
  Marker marker = full_marker();
  marker.model.reset();
  const std::string bytes = encode_marker(marker);
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(decode_marker(bytes).value(), marker);
}

TEST(MarkerTest, AModelFromBeyondThePositionIsCorrupt) {
  std::string bytes = unsealed(full_marker());
  const std::size_t model = bytes.rfind(std::string("\xDE\x07\x06", 3));
  ASSERT_NE(model, std::string::npos);
  bytes[model] = '\xE8';  // 1000, the position: still sound
  EXPECT_TRUE(decode_marker(sealed(bytes)).has_value());
  bytes[model] = '\xE9';
  EXPECT_EQ(decode_marker(sealed(bytes)).error().code, ErrorCode::kCorruptState);
}

TEST(MarkerTest, EveryFieldComesBack) {
  const Result<Marker> decoded = decode_marker(encode_marker(full_marker()));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, full_marker());
}

TEST(MarkerTest, OptionalFieldsMayBeMissing) {
  Marker marker = full_marker();
  marker.last_record->record_time.reset();
  EXPECT_EQ(decode_marker(encode_marker(marker)).value(), marker);
  marker.last_record.reset();
  marker.stream_time.reset();
  EXPECT_EQ(decode_marker(encode_marker(marker)).value(), marker);
  EXPECT_EQ(decode_marker(encode_marker(Marker{})).value(), Marker{});
}

TEST(MarkerTest, ExtremesComeBack) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  Marker marker = full_marker();
  marker.number = std::numeric_limits<std::uint64_t>::max();
  marker.position = {kLargest};
  marker.applied_from = {kLargest};
  marker.stream_time = EventTime{-1};
  marker.fingerprint = std::string(5000, 'x');
  EXPECT_EQ(decode_marker(encode_marker(marker)).value(), marker);
}

TEST(MarkerTest, EveryDamageIsCorrupt) {
  const std::string bytes = encode_marker(full_marker());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const Result<Marker> decoded = decode_marker(damaged);
    ASSERT_FALSE(decoded.has_value()) << "bit " << bit;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorruptState);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_marker(bytes.substr(0, size)).has_value()) << size << " bytes";
  }
}

TEST(MarkerTest, FieldsThatNoEncoderWritesAreCorrupt) {
  const std::string good = unsealed(full_marker());
  ASSERT_TRUE(decode_marker(sealed(good)).has_value());
  EXPECT_FALSE(decode_marker(sealed(good + "x")).has_value());
  EXPECT_FALSE(decode_marker(sealed(good.substr(0, good.size() - 1))).has_value());

  std::string flag = unsealed(Marker{});
  flag.back() = '\2';  // neither there nor missing
  EXPECT_EQ(decode_marker(sealed(flag)).error().code, ErrorCode::kCorruptState);

  std::string beyond(1, '\1');
  beyond.append(16, '\0');
  put_varint(&beyond, 0);
  put_varint(&beyond, std::uint64_t{1} << 63);  // a position that no int64 holds
  put_varint(&beyond, 0);
  beyond.append(1, '\0').append(16, '\0').append(3, '\0');
  EXPECT_EQ(decode_marker(sealed(beyond)).error().code, ErrorCode::kCorruptState);
}

TEST(MarkerTest, AppliedFromBeyondThePositionIsCorrupt) {
  std::string bytes = unsealed(Marker{});
  bytes[19] = '\1';  // after format, lineage, number and position
  const Result<Marker> decoded = decode_marker(sealed(bytes));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, ErrorCode::kCorruptState);
}

TEST(MarkerTest, NewerFormatIsRefusedByName) {
  std::string bytes = unsealed(full_marker());
  bytes[0] = '\3';
  const Result<Marker> decoded = decode_marker(sealed(bytes));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(decoded.error().message.find("marker was written by a newer Freshet (format 3"),
            std::string::npos);
}

TEST(MarkerTest, StoredMarkerComesBack) {
  StoredMarker stored{full_marker(), Position{77}, EventTime{1'602'633'600'999}, std::nullopt};
  EXPECT_EQ(decode_stored_marker(encode_stored_marker(stored)).value(), stored);
  stored.changelog_position.reset();
  EXPECT_EQ(decode_stored_marker(encode_stored_marker(stored)).value(), stored);
  stored.restored = RestoredSoFar{{1, 2}, 3};
  EXPECT_EQ(decode_stored_marker(encode_stored_marker(stored)).value(), stored);
}

TEST(MarkerTest, DamagedOrNewerStoredMarkerIsRefused) {
  const StoredMarker stored{full_marker(), Position{77}, EventTime{5}, std::nullopt};
  std::string bytes = encode_stored_marker(stored);
  bytes.resize(bytes.size() - 8);
  EXPECT_EQ(decode_stored_marker(sealed(bytes + "x")).error().code, ErrorCode::kCorruptState);
  std::string newer = bytes;
  newer[0] = '\3';
  EXPECT_EQ(decode_stored_marker(sealed(newer)).error().code, ErrorCode::kInvalidConfig);
  std::string damaged_inside = bytes;
  damaged_inside[10] = static_cast<char>(damaged_inside[10] ^ 1);
  EXPECT_EQ(decode_stored_marker(sealed(damaged_inside)).error().code, ErrorCode::kCorruptState);
}

TEST(MarkerTest, MarkerOfARestoreHasFormatTwoAndComesBack) {
  const StoredMarker stored{full_marker(), Position{77}, EventTime{5}, RestoredSoFar{{1, 2}, 300}};
  const std::string bytes = encode_stored_marker(stored);
  EXPECT_EQ(bytes[0], 2);
  EXPECT_EQ(decode_stored_marker(bytes).value(), stored);
  std::string cut = bytes.substr(0, bytes.size() - 8);
  cut.pop_back();
  EXPECT_EQ(decode_stored_marker(sealed(cut)).error().code, ErrorCode::kCorruptState);
}

TEST(MarkerTest, LineagePrintsAs32Digits) {
  EXPECT_EQ(full_marker().lineage.hex(), "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
}

TEST(MarkerTest, HashOfAValueIsXxh3) { EXPECT_EQ(hash_of_value(""), 0x2d06800538d394c2U); }

}  // namespace marker_test
}  // namespace freshet::stateful
