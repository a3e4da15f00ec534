// Stored values: they come back, equal states have equal bytes, and no damage goes unseen.
#include <gtest/gtest.h>

#include "tests/property/stateful/naive_sequence.h"
#include "tests/support/seed.h"

namespace freshet::stateful {
namespace stored_value_property_test {

using namespace naive;

constexpr int kCases = 10'000;

// Any valid id: digits of every length, words, bytes of every kind of UTF-8.
ItemId any_item(Random* random) {
  constexpr std::string_view kPieces[] = {
      "0", "7", "42", "v", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "-"};
  const bool digits_only = random->chance(0.5);
  std::string item;
  for (std::size_t pieces = 1 + random->below(20); pieces > 0; --pieces) {
    item += kPieces[random->below(digits_only ? 3 : std::size(kPieces))];
  }
  return ItemId(item);
}

UserState random_state(Random* random, const std::vector<BehaviourLimits>& behaviours,
                       std::size_t clicks_max) {
  const std::uint64_t span = random->chance(0.5) ? 50 : 3'000'000'000'000;
  const std::int64_t first = random->chance(0.5) ? 0 : 1'000'000'000'000;
  UserState state(behaviours);
  for (Sequence& sequence : state.sequences) {
    for (std::size_t i = random->below(clicks_max + 1); i > 0; --i) {
      sequence.insert(
          {EventTime{first + static_cast<std::int64_t>(random->below(span))}, any_item(random)});
    }
  }
  return state;
}

void expect_corrupt(const std::vector<BehaviourLimits>& behaviours, std::string_view bytes,
                    std::string_view damage) {
  const Result<UserState> decoded = decode_user_state(behaviours, bytes);
  ASSERT_FALSE(decoded.has_value()) << damage;
  ASSERT_EQ(decoded.error().code, ErrorCode::kCorruptState) << damage;
}

TEST(StoredValuePropertyTest, EveryStateComesBack) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const auto behaviours = random_behaviours(&random);
    const UserState state = random_state(&random, behaviours, 10);
    const std::string bytes = encode_user_state(state);
    const Result<UserState> decoded = decode_user_state(behaviours, bytes);
    ASSERT_TRUE(decoded.has_value()) << "case " << i << ": " << decoded.error().message;
    ASSERT_EQ(*decoded, state) << "case " << i;
    ASSERT_EQ(encode_user_state(*decoded), bytes) << "case " << i;
  }
}

TEST(StoredValuePropertyTest, AnyOrderOfTheSameClicksGivesTheSameBytes) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const auto behaviours = random_behaviours(&random);
    UserState in_order(behaviours);
    UserState shuffled(behaviours);
    for (std::size_t b = 0; b < behaviours.size(); ++b) {
      std::vector<Click> clicks = random_clicks(&random, 15, 30);
      for (const Click& click : clicks) in_order.sequences[b].insert(click);
      shuffle(&clicks, &random);
      for (const Click& click : clicks) shuffled.sequences[b].insert(click);
    }
    ASSERT_EQ(encode_user_state(shuffled), encode_user_state(in_order)) << "case " << i;
  }
}

TEST(StoredValuePropertyTest, EveryTruncationAndEveryFlippedBitIsDetected) {
  Random random(test::test_seed());
  // Each case tries every prefix and every bit of one value, so values are kept small.
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const auto behaviours = random_behaviours(&random);
    const std::string bytes = encode_user_state(random_state(&random, behaviours, 2));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      expect_corrupt(behaviours, std::string_view(bytes).substr(0, size), "truncated");
    }
    std::string damaged = bytes;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      const auto mask = static_cast<char>(1 << (bit % 8));
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ mask);
      expect_corrupt(behaviours, damaged, "flipped");
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ mask);
    }
    if (HasFatalFailure()) return;
  }
}

TEST(StoredValuePropertyTest, ShorterLengthKeepsTheNewestAsIfItHadAlwaysBeenShort) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    std::vector<BehaviourLimits> behaviours = {{"click", 2 + random.below(10), DurationMs{40}}};
    const std::vector<Click> clicks = random_clicks(&random, 20, 40);
    UserState stored(behaviours);
    for (const Click& click : clicks) stored.sequences[0].insert(click);
    behaviours[0].length_max = 1 + random.below(behaviours[0].length_max);
    UserState always_short(behaviours);
    for (const Click& click : clicks) always_short.sequences[0].insert(click);
    ASSERT_EQ(decode_user_state(behaviours, encode_user_state(stored)).value(), always_short)
        << "case " << i;
  }
}

}  // namespace stored_value_property_test
}  // namespace freshet::stateful
