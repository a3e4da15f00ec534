// Marker: what a checkpoint of a partition says of itself. Written last in every commit.
//
// A state of marker m holds everything below applied_from and nothing at or past position; users
// changed in between may or may not be saved, which re-reading [applied_from, position) repairs,
// because inserts are idempotent.
// Bytes: docs/formats.md, "Marker"; the grammar stands in marker.cc.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"
#include "stateful/digest.h"

namespace freshet::stateful {

// Random, made with a partition's first marker; tells one history of a partition from another.
struct LineageId {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const LineageId&) const = default;
  std::string hex() const;  // 32 lower-case digits
};

// The last record that the state has applied; tells a recreated topic from the old one.
struct LastRecord {
  Offset offset;
  std::optional<EventTime> record_time;
  std::uint64_t value_hash = 0;  // XXH3-64 of the record's value bytes
  auto operator<=>(const LastRecord&) const = default;
};

// The model that outputs are of, from a position on to the marker's own.
struct MarkedModel {
  Position first_position;    // the first that is known to be this model's
  std::string label;          // "name@version"
  std::string checksum;       // of the model, as its reader has it
  std::string pool_checksum;  // of the file of candidates; empty where they come from none
  bool operator==(const MarkedModel&) const = default;
};

struct Marker {
  LineageId lineage;
  std::uint64_t number = 0;
  Position position;
  Position applied_from;
  std::optional<EventTime> stream_time;  // none until the first accepted event
  Digest digest;                         // of all saved users, this commit's slice included
  std::uint64_t user_count = 0;
  std::string fingerprint;  // "name=value" lines, sorted; compared name by name
  std::optional<LastRecord> last_record;
  std::optional<MarkedModel> model;  // none in format 1, and where nothing was served
  bool operator==(const Marker&) const = default;
};

// What a store holds that is being restored: users of commits after its marker's, up to the
// changelog position, and no later marker yet.
struct RestoredSoFar {
  Digest digest;  // of all users
  std::uint64_t user_count = 0;
  bool operator==(const RestoredSoFar&) const = default;
};

// The marker as the local store keeps it.
struct StoredMarker {
  Marker marker;  // a restore from nothing begins with an empty one, of the changelog's lineage
  std::optional<Position> changelog_position;  // the next to read; none without a changelog
  EventTime commit_time;                       // wall clock of the commit
  std::optional<RestoredSoFar> restored;       // none where users and marker belong together
  bool operator==(const StoredMarker&) const = default;
};

std::string encode_marker(const Marker& marker);
Result<Marker> decode_marker(std::string_view bytes);
std::string encode_stored_marker(const StoredMarker& marker);
Result<StoredMarker> decode_stored_marker(std::string_view bytes);

// The 64-bit hash of LastRecord::value_hash.
std::uint64_t hash_of_value(std::string_view value);

}  // namespace freshet::stateful
