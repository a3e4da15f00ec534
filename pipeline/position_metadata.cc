#include "pipeline/position_metadata.h"

#include <charconv>
#include <system_error>

namespace freshet::pipeline {
namespace {

constexpr std::string_view kFormat1 = "freshet/1";
constexpr std::string_view kFormat2 = "freshet/2";
constexpr std::string_view kNone = "-";
constexpr std::size_t kHashDigits = 16;

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

std::string hex(std::uint64_t value) {
  std::string digits(kHashDigits, '0');
  for (std::size_t i = kHashDigits; i-- > 0; value >>= 4)
    digits[i] = "0123456789abcdef"[value & 15];
  return digits;
}

std::string text_of(const std::optional<EventTime>& time) {
  return time ? std::to_string(time->ms) : std::string(kNone);
}

std::string text_of(const std::optional<stateful::LastRecord>& last) {
  if (!last) return std::string(kNone);
  return std::to_string(last->offset.value) + ":" + text_of(last->record_time) + ":" +
         hex(last->value_hash);
}

// Takes the text apart, and remembers whether each part was what it has to be.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) {}

  bool complete() const { return ok_ && at_end_; }

  std::string_view word(char separator) {
    if (at_end_) ok_ = false;
    const std::size_t end = rest_.find(separator);
    const std::string_view word = rest_.substr(0, end);
    at_end_ = end == std::string_view::npos;
    rest_ = at_end_ ? std::string_view{} : rest_.substr(end + 1);
    return word;
  }

  template <class Number>
  Number number(std::string_view word) {
    Number value = 0;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    ok_ &= code == std::errc{} && end == word.data() + word.size();
    return value;
  }

  bool flag(std::string_view word) {
    ok_ &= word == "on" || word == "off";
    return word == "on";
  }

  stateful::LineageId lineage(std::string_view digits) {
    stateful::LineageId lineage;
    ok_ &= digits.size() == 2 * lineage.bytes.size();
    for (std::size_t i = 0; ok_ && i < lineage.bytes.size(); ++i) {
      const int high = hex_value(digits[2 * i]);
      const int low = hex_value(digits[2 * i + 1]);
      ok_ &= high >= 0 && low >= 0;
      lineage.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return lineage;
  }

  std::uint64_t hash(std::string_view digits) {
    std::uint64_t value = 0;
    ok_ &= digits.size() == kHashDigits;
    for (const char digit : digits) {
      ok_ &= hex_value(digit) >= 0;
      value = value << 4 | static_cast<std::uint64_t>(hex_value(digit) & 15);
    }
    return value;
  }

  std::optional<EventTime> time(std::string_view word) {
    if (word == kNone) return std::nullopt;
    return EventTime{number<std::int64_t>(word)};
  }

  std::optional<stateful::LastRecord> last_record(std::string_view word) {
    if (word == kNone) return std::nullopt;
    Parts parts(word);
    stateful::LastRecord last;
    last.offset = {parts.number<std::int64_t>(parts.word(':'))};
    last.record_time = parts.time(parts.word(':'));
    last.value_hash = parts.hash(parts.word(':'));
    ok_ &= parts.complete() && last.offset.value >= 0;
    return last;
  }

 private:
  std::string_view rest_;
  bool at_end_ = false;
  bool ok_ = true;
};

}  // namespace

std::string encode_position_metadata(const PositionMetadata& metadata) {
  const MarkerRef& marker = metadata.marker;
  const std::string ref = " " + marker.lineage.hex() + " " + std::to_string(marker.number);
  if (!metadata.state) return std::string(kFormat1) + ref;
  const CommittedState& state = *metadata.state;
  return std::string(kFormat2) + ref + (state.changelog ? " on " : " off ") +
         hex(state.acceptance) + " " + text_of(state.stream_time) + " " +
         text_of(state.last_record);
}

Result<PositionMetadata> decode_position_metadata(std::string_view text) {
  Parts parts(text);
  PositionMetadata metadata;
  const std::string_view format = parts.word(' ');
  metadata.marker.lineage = parts.lineage(parts.word(' '));
  metadata.marker.number = parts.number<std::uint64_t>(parts.word(' '));
  if (format == kFormat2) {
    CommittedState& state = metadata.state.emplace();
    state.changelog = parts.flag(parts.word(' '));
    state.acceptance = parts.hash(parts.word(' '));
    state.stream_time = parts.time(parts.word(' '));
    state.last_record = parts.last_record(parts.word(' '));
  }
  if ((format == kFormat1 || format == kFormat2) && parts.complete()) return metadata;
  return error(ErrorCode::kInvalidConfig,
               "the committed position's metadata \"" + std::string(text.substr(0, 80)) +
                   "\" is not Freshet's; the consumer group belongs to another program or was "
                   "reset by hand: choose another application_id");
}

}  // namespace freshet::pipeline
