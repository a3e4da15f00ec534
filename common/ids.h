// User and item ids: byte strings of 1 to 128 bytes of valid UTF-8, compared as unsigned bytes.
//
// The two types do not convert into each other. Validation happens once, where events are decoded
// and where items.txt is read; holders of an id may rely on it.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace freshet {

inline constexpr std::size_t kIdBytesMax = 128;

// Returns true when `bytes` is a valid id: 1 to kIdBytesMax bytes of well-formed UTF-8
// (no surrogates, no overlong forms, nothing above U+10FFFF).
bool is_valid_id(std::string_view bytes);

// Returns true when `bytes` is well-formed UTF-8; the empty string is.
bool is_valid_utf8(std::string_view bytes);

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string bytes) : bytes_(std::move(bytes)) {}
  explicit Id(std::string_view bytes) : bytes_(bytes) {}
  explicit Id(const char* bytes) : bytes_(bytes) {}

  std::string_view view() const { return bytes_; }
  const std::string& str() const { return bytes_; }

  // std::string compares chars as unsigned bytes, which is the order the formats promise.
  std::strong_ordering operator<=>(const Id& other) const {
    return bytes_.compare(other.bytes_) <=> 0;
  }
  bool operator==(const Id& other) const = default;

 private:
  std::string bytes_;
};

using UserId = Id<struct UserIdTag>;
using ItemId = Id<struct ItemIdTag>;

}  // namespace freshet

template <class Tag>
struct std::hash<freshet::Id<Tag>> {
  std::size_t operator()(const freshet::Id<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.view());
  }
};
