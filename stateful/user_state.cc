// Stored value, format 1. Integers are LEB128 varints in their shortest form.
//
//   value     := version:u8 = 1 | body | check:u64 le       check = XXH3-64 of all before it
//   body      := behaviour_count:varint | behaviour{behaviour_count}
//   behaviour := click_count:varint | click{click_count}    newest first, strictly descending
//   click     := age:varint | item                          by (ts, item as unsigned bytes)
//   item      := header:varint | bytes{header / 2 where header is odd}
//
// `age` is the first click's ts itself (ms since the epoch), and ts(previous) - ts(this) for the
// others. An even header is a numeric id, header / 2; an odd one is the length of the bytes that
// follow. Ids of 1 to 18 digits without a leading zero (and "0") are always numeric: there is one
// encoding of each state.
#include "stateful/user_state.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/coding.h"
#include "stateful/sealed_value.h"

namespace freshet::stateful {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kNumericDigitsMax = 18;
constexpr std::uint64_t kNumericEnd = 1'000'000'000'000'000'000;  // 10^18
constexpr std::string_view kWhat = "stored value";

// The number that prints as exactly these bytes, none where no such number is below 10^18.
std::optional<std::uint64_t> numeric_id(std::string_view id) {
  if (id.empty() || id.size() > kNumericDigitsMax) return std::nullopt;
  if (id[0] == '0' && id.size() > 1) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : id) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

std::string printed(std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  return std::string(std::begin(digits), end);
}

void put_item(std::string* out, const ItemId& item) {
  if (const std::optional<std::uint64_t> number = numeric_id(item.view())) {
    put_varint(out, *number * 2);
    return;
  }
  put_varint(out, item.view().size() * 2 + 1);
  out->append(item.view());
}

void put_clicks(std::string* out, const Sequence& sequence, Window window) {
  put_varint(out, window.count);
  for (std::size_t i = 0; i < window.count; ++i) {
    const Click& click = sequence[window.first + i];
    FRESHET_CHECK(click.ts.ms >= 0 && click.ts < kEventTimeEnd);
    const std::int64_t age =
        i == 0 ? click.ts.ms : sequence[window.first + i - 1].ts.ms - click.ts.ms;
    put_varint(out, static_cast<std::uint64_t>(age));
    put_item(out, click.item);
  }
}

tl::unexpected<Error> corrupt(std::size_t behaviour, const std::string& finding) {
  return error(ErrorCode::kCorruptState, std::string(kWhat) + " is corrupt: behaviour " +
                                             std::to_string(behaviour) + ": " + finding);
}

// Reads one item; none where the bytes are not the canonical form of a valid id.
std::optional<ItemId> read_item(ByteReader* reader) {
  const std::uint64_t header = reader->varint();
  if (!reader->ok()) return std::nullopt;
  if (header % 2 == 0) {
    if (header / 2 >= kNumericEnd) return std::nullopt;
    return ItemId(printed(header / 2));
  }
  const std::string_view bytes = reader->bytes(header / 2);
  if (!is_valid_id(bytes) || numeric_id(bytes)) return std::nullopt;
  return ItemId(bytes);
}

Status read_clicks(ByteReader* reader, std::size_t behaviour, Sequence* sequence) {
  const std::uint64_t count = reader->varint();
  sequence->reserve(std::min<std::uint64_t>(count, reader->remaining()));
  std::optional<Click> previous;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t age = reader->varint();
    std::optional<ItemId> item = read_item(reader);
    if (!reader->ok())
      return corrupt(behaviour, "it ends within a click or a varint is not shortest");
    if (!item) return corrupt(behaviour, "an item id is not valid or not in its canonical form");
    const std::int64_t limit = previous ? previous->ts.ms : kEventTimeEnd.ms - 1;
    if (age > static_cast<std::uint64_t>(limit))
      return corrupt(behaviour, "a time is out of range");
    const auto ms = static_cast<std::int64_t>(age);
    Click click{{previous ? previous->ts.ms - ms : ms}, std::move(*item)};
    if (previous && !(click < *previous)) return corrupt(behaviour, "clicks are not in order");
    sequence->insert_oldest(click);
    previous = std::move(click);
  }
  return {};
}

template <class WindowOf>
std::string encode_windows(const UserState& state, const WindowOf& window_of) {
  std::string out;
  put_u8(&out, kFormat);
  put_varint(&out, state.sequences.size());
  for (std::size_t b = 0; b < state.sequences.size(); ++b) {
    put_clicks(&out, state.sequences[b], window_of(b));
  }
  seal(&out);
  return out;
}

}  // namespace

UserState::UserState(std::span<const BehaviourLimits> behaviours) {
  sequences.reserve(behaviours.size());
  for (const BehaviourLimits& limits : behaviours) sequences.emplace_back(limits.length_max);
}

bool UserState::empty() const {
  return std::all_of(sequences.begin(), sequences.end(),
                     [](const Sequence& sequence) { return sequence.size() == 0; });
}

std::size_t UserState::heap_bytes() const {
  std::size_t bytes = sequences.heap_bytes();
  for (const Sequence& sequence : sequences) bytes += sequence.heap_bytes();
  return bytes;
}

bool has_invisible(std::span<const BehaviourLimits> behaviours, EventTime stream_time,
                   const UserState& state) {
  FRESHET_CHECK(behaviours.size() == state.sequences.size());
  for (std::size_t b = 0; b < behaviours.size(); ++b) {
    if (state.sequences[b].invisible_count(stream_time, behaviours[b].age_max) > 0) return true;
  }
  return false;
}

std::size_t collect_invisible(std::span<const BehaviourLimits> behaviours, EventTime stream_time,
                              UserState* state) {
  FRESHET_CHECK(behaviours.size() == state->sequences.size());
  std::size_t dropped = 0;
  for (std::size_t b = 0; b < behaviours.size(); ++b) {
    Sequence& sequence = state->sequences[b];
    const std::size_t count = sequence.invisible_count(stream_time, behaviours[b].age_max);
    sequence.drop_oldest(count);
    dropped += count;
  }
  return dropped;
}

std::string encode_user_state(const UserState& state) {
  return encode_windows(state, [&](std::size_t b) { return Window{0, state.sequences[b].size()}; });
}

std::string encode_visible(const UserState& state, std::span<const BehaviourLimits> behaviours,
                           EventTime stream_time) {
  FRESHET_CHECK(behaviours.size() == state.sequences.size());
  return encode_windows(state, [&](std::size_t b) {
    return state.sequences[b].visible(stream_time, behaviours[b].age_max);
  });
}

Result<UserState> decode_user_state(std::span<const BehaviourLimits> behaviours,
                                    std::string_view bytes) {
  const Result<OpenedValue> opened = unseal(bytes, kFormat, kWhat);
  if (!opened) return tl::unexpected(opened.error());
  ByteReader reader(opened->body);
  const std::uint64_t count = reader.varint();
  if (!reader.ok() || count != behaviours.size()) {
    return error(ErrorCode::kCorruptState,
                 std::string(kWhat) + " is corrupt: it has " + std::to_string(count) +
                     " behaviours where " + std::to_string(behaviours.size()) + " are configured");
  }
  UserState state(behaviours);
  for (std::size_t b = 0; b < behaviours.size(); ++b) {
    if (Status read = read_clicks(&reader, b, &state.sequences[b]); !read) {
      return tl::unexpected(read.error());
    }
  }
  if (!reader.ok() || !reader.at_end()) {
    return error(ErrorCode::kCorruptState,
                 std::string(kWhat) + " is corrupt: " + std::to_string(reader.remaining()) +
                     " bytes too many or too few");
  }
  return state;
}

}  // namespace freshet::stateful
