#include "common/flat_index.h"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(FlatIndexTest, NoInsertMovesMoreThanAFewOthers) {
  constexpr std::uint32_t kIds = 3'000;
  const Ids ids(kIds);
  FlatIndex<std::uint32_t> index;
  std::vector<const std::uint32_t*> places;
  std::size_t most = 0;
  std::size_t all = 0;
  for (std::uint32_t n = 0; n < kIds; ++n) {
    ASSERT_TRUE(index.insert(ids[n], n, ids));
    std::size_t moved = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t* place = index.find(ids[i], ids);
      ASSERT_NE(place, nullptr);
      if (place != places[i]) ++moved;
      places[i] = place;
    }
    places.push_back(index.find(ids[n], ids));
    most = std::max(most, moved);
    all += moved;
  }
  EXPECT_GT(all, kIds / 2);  // else it never grew
  // Those that an insert looks at, and the rest of the last one's run.
  EXPECT_LE(most, FlatIndex<std::uint32_t>::kMovedPerInsert + 100);
}

TEST(FlatIndexTest, WhatIsErasedWhileItGrowsIsGone) {
  constexpr std::uint32_t kIds = 2'300;
  const Ids ids(kIds);
  Random random(test::test_seed());
  FlatIndex<std::uint32_t> index;
  std::uint32_t inserted = 0;
  while (index.size() + 1 <= index.slots() * 2 / 3 || index.slots() < 1'024) {
    index.insert(ids[inserted], inserted, ids);
    ++inserted;
  }
  index.insert(ids[inserted], inserted, ids);  // the first one into a larger array
  ++inserted;
  ASSERT_GT(index.slots(), 2'048U) << "both arrays are there";
  std::vector<bool> erased(inserted);
  for (std::uint32_t i = 0; i < inserted; ++i) {
    erased[i] = random.chance(0.5);
    ASSERT_EQ(erased[i], erased[i] && index.erase(ids[i], ids));
  }
  for (std::uint32_t i = 0; i < inserted; ++i) {
    ASSERT_EQ(index.find(ids[i], ids) == nullptr, erased[i]);
    ASSERT_FALSE(erased[i] && index.erase(ids[i], ids));
  }
  for (std::uint32_t n = inserted; n < kIds; ++n) index.insert(ids[n], n, ids);
  for (std::uint32_t i = 0; i < inserted; ++i) {
    ASSERT_EQ(index.find(ids[i], ids) == nullptr, erased[i]);
  }
  EXPECT_EQ(index.slots() & (index.slots() - 1), 0U) << "the smaller array has gone";
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
