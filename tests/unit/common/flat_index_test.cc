#include "common/flat_index.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet {
namespace flat_index_test {

// Value n leads to the n-th id.
class Ids {
 public:
  explicit Ids(std::uint32_t count) {
    for (std::uint32_t n = 0; n < count; ++n) ids_.push_back("id" + std::to_string(n));
  }
  const std::string& operator[](std::uint32_t n) const { return ids_[n]; }
  std::string_view operator()(std::uint32_t n) const { return ids_[n]; }

 private:
  std::vector<std::string> ids_;
};

TEST(FlatIndexTest, AnEmptyOneFindsNothing) {
  const Ids ids(1);
  FlatIndex<std::uint32_t> index;
  EXPECT_EQ(index.find("id0", ids), nullptr);
  EXPECT_FALSE(index.erase("id0", ids));
  index.prefetch(FlatIndex<std::uint32_t>::hash_of("id0"));
  EXPECT_EQ(index.slots(), 0U);
}

TEST(FlatIndexTest, TheFirstOfTwoStays) {
  const Ids ids(2);
  FlatIndex<std::uint32_t> index;
  EXPECT_TRUE(index.insert(ids[1], 1, ids));
  EXPECT_FALSE(index.insert(ids[1], 1, ids));
  EXPECT_EQ(index.size(), 1U);
}

TEST(FlatIndexTest, AgreesWithAMap) {
  constexpr std::uint32_t kIds = 300;
  const Ids ids(kIds);
  Random random(test::test_seed());
  for (int round = 0; round < 20; ++round) {
    FlatIndex<std::uint32_t> index;
    std::map<std::string, std::uint32_t> naive;
    const std::uint64_t few = 1 + random.below(kIds);
    for (int i = 0; i < 2'000; ++i) {
      const auto n = static_cast<std::uint32_t>(random.below(few));
      if (random.chance(0.5)) {
        ASSERT_EQ(index.insert(ids[n], n, ids), naive.emplace(ids[n], n).second);
      } else {
        ASSERT_EQ(index.erase(ids[n], ids), naive.erase(ids[n]) == 1);
      }
      const auto asked = static_cast<std::uint32_t>(random.below(few));
      const std::uint32_t* found = index.find(ids[asked], ids);
      ASSERT_EQ(found != nullptr, naive.contains(ids[asked]));
      if (found != nullptr) {
        ASSERT_EQ(*found, asked);
      }
      ASSERT_TRUE(found == nullptr ||
                  index.guess(FlatIndex<std::uint32_t>::hash_of(ids[asked])) != nullptr);
      ASSERT_EQ(index.size(), naive.size());
    }
    std::size_t seen = 0;
    for (std::size_t place = 0; place < index.slots(); ++place) {
      if (index.at_place(place) != nullptr) ++seen;
    }
    EXPECT_EQ(seen, naive.size());
  }
}

TEST(FlatIndexTest, RoomThatWasReservedIsNotMadeAgain) {
  const Ids ids(1'000);
  FlatIndex<std::uint32_t> index;
  index.reserve(1'000);
  const std::size_t slots = index.slots();
  for (std::uint32_t n = 0; n < 1'000; ++n) index.insert(ids[n], n, ids);
  EXPECT_EQ(index.slots(), slots);
  EXPECT_LE(index.heap_bytes(), 1'000 * 3 * 2 * sizeof(std::uint32_t));
}

}  // namespace flat_index_test
}  // namespace freshet
