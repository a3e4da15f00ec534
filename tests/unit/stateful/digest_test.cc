#include "stateful/digest.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace freshet::stateful {
namespace digest_test {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
const std::vector<BehaviourLimits> kBehaviours = {{"click", 2, DurationMs{1000}}};

TEST(DigestTest, SumCarriesIntoTheHighHalfAndWraps) {
  Digest sum{kMax, 1};
  sum += Digest{1, 2};
  EXPECT_EQ(sum, (Digest{0, 4}));
  Digest largest{kMax, kMax};
  largest += Digest{1, 0};
  EXPECT_EQ(largest, Digest{});
}

TEST(DigestTest, SubtractionUndoesAddition) {
  Digest sum{};
  sum -= Digest{1, 0};
  EXPECT_EQ(sum, (Digest{kMax, kMax}));
  sum += Digest{1, 0};
  EXPECT_EQ(sum, Digest{});
}

TEST(DigestTest, HexHasTheHighHalfFirst) {
  EXPECT_EQ(Digest{}.hex(), "00000000000000000000000000000000");
  EXPECT_EQ((Digest{0xFE, 0x1}.hex()), "000000000000000100000000000000fe");
}

TEST(DigestTest, TermHasItsFixedValue) {
  // The value that docs/formats.md gives: it must never change.
  EXPECT_EQ(digest_of_user(UserId("u1"), "value").hex(), "869a00970b42db38aa09c7fc1c282f15");
}

TEST(DigestTest, LengthKeepsUserAndValueApart) {
  EXPECT_NE(digest_of_user(UserId("u1"), "2"), digest_of_user(UserId("u"), "12"));
  EXPECT_NE(digest_of_user(UserId("u1"), "a"), digest_of_user(UserId("u2"), "a"));
  EXPECT_NE(digest_of_user(UserId("u1"), ""), Digest{});
}

TEST(DigestTest, UserWithoutVisibleClicksHasNoLogicalTerm) {
  UserState state(kBehaviours);
  EXPECT_EQ(logical_digest_of_user(UserId("u1"), state, kBehaviours, EventTime{5000}), Digest{});
  state.sequences[0].insert({EventTime{1000}, ItemId("v1")});
  EXPECT_NE(logical_digest_of_user(UserId("u1"), state, kBehaviours, EventTime{2000}), Digest{});
  EXPECT_EQ(logical_digest_of_user(UserId("u1"), state, kBehaviours, EventTime{2001}), Digest{});
}

TEST(DigestTest, LogicalTermIsThatOfTheVisibleState) {
  UserState stored(kBehaviours);
  UserState shown(kBehaviours);
  for (const std::int64_t ms : {1000, 2000, 3000}) {
    stored.sequences[0].insert({EventTime{ms}, ItemId("v1")});
    if (ms > 1000) shown.sequences[0].insert({EventTime{ms}, ItemId("v1")});
  }
  EXPECT_EQ(logical_digest_of_user(UserId("u1"), stored, kBehaviours, EventTime{3000}),
            digest_of_user(UserId("u1"), encode_user_state(shown)));
}

}  // namespace digest_test
}  // namespace freshet::stateful
