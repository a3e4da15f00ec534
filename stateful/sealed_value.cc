#include "stateful/sealed_value.h"

#include <xxhash.h>

#include "common/coding.h"

namespace freshet::stateful {
namespace {

constexpr std::size_t kVersionBytes = 1;
constexpr std::size_t kCheckBytes = 8;

std::string corrupt(std::string_view what, const std::string& finding) {
  return std::string(what) + " is corrupt: " + finding;
}

}  // namespace

std::uint64_t xxh3_64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

void seal(std::string* value) { put_u64_le(value, xxh3_64(*value)); }

Result<OpenedValue> unseal(std::string_view bytes, std::uint8_t version_max,
                           std::string_view what) {
  if (bytes.size() < kVersionBytes + kCheckBytes) {
    return error(ErrorCode::kCorruptState,
                 corrupt(what, "it has only " + std::to_string(bytes.size()) + " bytes"));
  }
  const std::string_view content = bytes.substr(0, bytes.size() - kCheckBytes);
  if (ByteReader(bytes.substr(content.size())).u64_le() != xxh3_64(content)) {
    return error(ErrorCode::kCorruptState,
                 corrupt(what, "its " + std::to_string(bytes.size()) + " bytes fail their check"));
  }
  const auto version = static_cast<std::uint8_t>(content[0]);
  if (version == 0) return error(ErrorCode::kCorruptState, corrupt(what, "it has format 0"));
  if (version > version_max) {
    return error(ErrorCode::kInvalidConfig,
                 std::string(what) + " was written by a newer Freshet (format " +
                     std::to_string(version) + "; this one reads up to " +
                     std::to_string(version_max) + "): run that version or newer");
  }
  return OpenedValue{version, content.substr(kVersionBytes)};
}

}  // namespace freshet::stateful
