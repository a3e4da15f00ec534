#include "scorer/aligned_vector.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>

#include "common/heap_bytes.h"

namespace freshet::scorer::aligned_vector_test {

TEST(AlignedVectorTest, EveryBlockBeginsAtALineAndKeepsItsValues) {
  std::vector<AlignedVector<float>> all;
  for (std::size_t size = 1; size < 300; ++size) {
    AlignedVector<float>& values = all.emplace_back(size);
    std::iota(values.begin(), values.end(), static_cast<float>(size));
  }
  for (const AlignedVector<float>& values : all) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(values.data()) % 64, 0U);
    EXPECT_EQ(values.front(), static_cast<float>(values.size()));
    EXPECT_EQ(values.back(), static_cast<float>(2 * values.size() - 1));
  }
}

TEST(AlignedVectorTest, ItsLineIsCountedWithItsBlock) {
  EXPECT_EQ(vector_heap_bytes(AlignedVector<double>()), 0U);
  EXPECT_EQ(vector_heap_bytes(AlignedVector<double>(10)), heap_block_bytes(80 + 64));
  EXPECT_EQ(vector_heap_bytes(std::vector<double>(10)), heap_block_bytes(80));
}

}  // namespace freshet::scorer::aligned_vector_test
