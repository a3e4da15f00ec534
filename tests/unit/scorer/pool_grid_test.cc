#include "scorer/pooling/pool_grid.h"

#include <gtest/gtest.h>

#include <cmath>

namespace freshet::scorer {
namespace {

Matrix table_of(std::vector<float> values) {
  Matrix table;
  table.rows = values.size();
  table.cols = 1;
  table.data = std::move(values);
  return table;
}

TEST(PoolGridTest, WeightPlacesLeaveRoomForTheLongestSequence) {
  const Matrix table = table_of({1.0F});
  EXPECT_EQ(choose_grid(table, 1)->weight_places, 62);
  EXPECT_EQ(choose_grid(table, 2)->weight_places, 61);
  EXPECT_EQ(choose_grid(table, 3)->weight_places, 60);
  EXPECT_EQ(choose_grid(table, 50)->weight_places, 56);
  EXPECT_EQ(choose_grid(table, 64)->weight_places, 56);
  EXPECT_EQ(choose_grid(table, 65)->weight_places, 55);
}

TEST(PoolGridTest, RowsOfSelfAttentionHaveAtMost51Places) {
  const Matrix table = table_of({1.0F});
  EXPECT_EQ(choose_grid(table, 1, kRowPlacesMax)->weight_places, 51);
  EXPECT_EQ(choose_grid(table, 2048, kRowPlacesMax)->weight_places, 51);
  EXPECT_EQ(choose_grid(table, 4096, kRowPlacesMax)->weight_places, 50);
}

TEST(PoolGridTest, ValueExponentIsTheSmallestPowerOfTwoAboveTheTable) {
  EXPECT_EQ(choose_grid(table_of({1.0F}), 64)->value_exponent, 0);
  EXPECT_EQ(choose_grid(table_of({-1.5F}), 64)->value_exponent, 1);
  EXPECT_EQ(choose_grid(table_of({2.0F}), 64)->value_exponent, 1);
  EXPECT_EQ(choose_grid(table_of({0.1F, -0.25F}), 64)->value_exponent, -2);
  EXPECT_EQ(choose_grid(table_of({0.3F}), 64)->value_places, 57);
}

TEST(PoolGridTest, AnAllZeroTableHasTheGridOfOne) {
  const auto grid = choose_grid(table_of({0.0F, 0.0F}), 64);
  ASSERT_TRUE(grid);
  EXPECT_EQ(grid->value_exponent, 0);
  EXPECT_FALSE(grid->wide);
}

// N (R + 1) <= 2^(g_w - 32) with N = 64, g_w = 56: R = 2^18 is the first power of two beyond.
TEST(PoolGridTest, Int64ServesUntilTheStatedRange) {
  const auto last = choose_grid(table_of({1.0F, 0x1p-17F}), 64);
  ASSERT_TRUE(last);
  EXPECT_FALSE(last->wide);
  const auto beyond = choose_grid(table_of({1.0F, 0x1p-18F}), 64);
  ASSERT_TRUE(beyond);
  EXPECT_TRUE(beyond->wide);
  EXPECT_EQ(beyond->weight_places, 106);
  EXPECT_EQ(beyond->value_places, 106);
}

TEST(PoolGridTest, TheLongestSequencesUseTheWideGrid) {
  const auto grid = choose_grid(table_of({1.0F}), 65536);
  ASSERT_TRUE(grid);
  EXPECT_TRUE(grid->wide);
  EXPECT_EQ(grid->weight_places, 96);
}

TEST(PoolGridTest, ZeroRowsDoNotCountAsSmall) {
  const auto grid = choose_grid(table_of({1.0F, 0.0F, 0.5F}), 64);
  ASSERT_TRUE(grid);
  EXPECT_FALSE(grid->wide);
}

TEST(PoolGridTest, AnUnholdableRangeIsRefusedWithItsRemedy) {
  const auto grid = choose_grid(table_of({1.0F, 1e-30F}), 64);
  ASSERT_FALSE(grid);
  EXPECT_EQ(grid.error().code, ErrorCode::kInvalidModel);
  EXPECT_NE(grid.error().message.find("zero the vanishing rows"), std::string::npos);
}

TEST(PoolGridTest, LengthsOutsideTheirBoundsAreRefused) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{65537}}) {
    const auto grid = choose_grid(table_of({1.0F}), length);
    ASSERT_FALSE(grid);
    EXPECT_EQ(grid.error().code, ErrorCode::kInvalidConfig);
    EXPECT_NE(grid.error().message.find("1 to 65536"), std::string::npos);
  }
}

}  // namespace
}  // namespace freshet::scorer
