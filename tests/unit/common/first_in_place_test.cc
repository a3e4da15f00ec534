#include "common/first_in_place.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::first_in_place_test {

using Names = FirstInPlace<std::string>;

std::string name_of(std::uint64_t number) {
  return std::string(1 + number % 30, 'n') + std::to_string(number);
}

std::vector<std::string> all_of(const Names& names) { return {names.begin(), names.end()}; }

TEST(FirstInPlaceTest, HoldsWhatAVectorHoldsAfterAnyCalls) {
  Random random(test::test_seed());
  for (int round = 0; round < 50; ++round) {
    Names names;
    std::vector<std::string> expected;
    for (int step = 0; step < 40; ++step) {
      const std::uint64_t number = random.below(1'000);
      if (random.chance(0.2)) {
        const std::size_t count = random.below(expected.size() + 1);
        names.truncate(count);
        expected.resize(count);
      } else if (!expected.empty() && random.chance(0.2)) {
        const std::size_t at = random.below(expected.size());
        names[at] = name_of(number);
        expected[at] = name_of(number);
      } else {
        EXPECT_EQ(names.emplace_back(name_of(number)), name_of(number));
        expected.push_back(name_of(number));
      }
      if (random.chance(0.1)) names = Names(names);
      if (random.chance(0.1)) names = Names(std::move(names));
      ASSERT_EQ(names.size(), expected.size());
      ASSERT_EQ(names.empty(), expected.empty());
      ASSERT_EQ(all_of(names), expected);
    }
    Names same;
    same.reserve(expected.size());
    for (const std::string& name : expected) same.emplace_back(name);
    EXPECT_EQ(names, same);
    same.emplace_back("another");
    EXPECT_NE(names, same);
  }
}

TEST(FirstInPlaceTest, OneElementCostsNoHeapBlock) {
  Names names;
  names.reserve(1);
  names.emplace_back("one");
  EXPECT_EQ(names.heap_bytes(), 0U);
  names.emplace_back("two");
  EXPECT_EQ(names.heap_bytes(), heap_block_bytes(sizeof(std::string)));
}

}  // namespace freshet::first_in_place_test
