#include "scorer/kernels.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace kernels_test {

std::vector<float> random_floats(std::size_t count, Random* random) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random->uniform(-1.0, 1.0));
  return values;
}

// The definition of docs/formats.md, word for word.
float dot_by_definition(const std::vector<float>& a, const std::vector<float>& b) {
  std::array<float, 16> lane{};
  for (std::size_t i = 0; i < a.size(); ++i) lane[i % 16] = std::fma(a[i], b[i], lane[i % 16]);
  for (const std::size_t width : {8U, 4U, 2U, 1U}) {
    for (std::size_t j = 0; j < width; ++j) lane[j] = lane[j] + lane[j + width];
  }
  return lane[0];
}

TEST(KernelsTest, FixedDotHasTheBitsOfItsDefinitionAtEveryLength) {
  Random random(test::test_seed());
  for (std::size_t n = 0; n <= 300; ++n) {
    const std::vector<float> a = random_floats(n, &random);
    const std::vector<float> b = random_floats(n, &random);
    ASSERT_EQ(std::bit_cast<std::uint32_t>(fixed_dot(a, b)),
              std::bit_cast<std::uint32_t>(dot_by_definition(a, b)))
        << "n = " << n;
  }
}

TEST(KernelsTest, DotOfNothingIsZero) { EXPECT_EQ(fixed_dot({}, {}), 0.0F); }

TEST(KernelsTest, DenseAddsInputsInOrderToTheBias) {
  const std::vector<float> x = {3.0F, -2.0F};
  const std::vector<float> wt = {1.0F, 10.0F, 100.0F, 2.0F, 20.0F, 200.0F};  // [in 2, out 3]
  const std::vector<float> bias = {0.5F, 0.25F, -1.0F};
  std::vector<float> y(3);
  dense(std::span<const float>(x), wt, bias, y);
  EXPECT_EQ(y, (std::vector<float>{-0.5F, -9.75F, -101.0F}));
}

TEST(KernelsTest, DenseRowsGivesEachRowTheBitsOfDenseAlone) {
  Random random(test::test_seed());
  for (int k = 0; k < 500; ++k) {
    const std::size_t in = 1 + random.below(40);
    const std::size_t out = 1 + random.below(70);
    const std::size_t rows = 1 + random.below(11);
    const std::vector<float> wt = random_floats(in * out, &random);
    const std::vector<float> bias = random_floats(out, &random);
    const std::vector<float> x = random_floats(rows * in, &random);
    std::vector<const float*> inputs;
    for (std::size_t r = 0; r < rows; ++r) inputs.push_back(&x[r * in]);
    std::vector<float> together(rows * out);
    dense_rows(inputs, in, {wt, bias}, together, inputs);
    for (std::size_t r = 0; r < rows; ++r) {
      std::vector<float> alone(out);
      dense(std::span(inputs[r], in), wt, bias, alone);
      for (std::size_t j = 0; j < out; ++j) ASSERT_EQ(together[r * out + j], alone[j]);
    }
  }
}

TEST(KernelsTest, DenseHasTheBitsOfItsDefinitionInDouble) {
  Random random(test::test_seed());
  for (std::size_t out = 1; out <= 70; ++out) {
    const std::size_t in = random.below(40);
    const auto values = [&](std::size_t count) {
      std::vector<double> result(count);
      for (double& value : result) value = random.uniform(-1.0, 1.0);
      return result;
    };
    const std::vector<double> x = values(in);
    const std::vector<double> wt = values(in * out);
    const std::vector<double> bias = values(out);
    std::vector<double> y(out);
    dense(x, wt, bias, y);
    for (std::size_t j = 0; j < out; ++j) {
      double sum = bias[j];
      for (std::size_t i = 0; i < in; ++i) sum = std::fma(x[i], wt[i * out + j], sum);
      ASSERT_EQ(y[j], sum);
    }
  }
}

TEST(KernelsTest, DotsOfManyRowsAreTheDotsOfEach) {
  Random random(test::test_seed());
  for (std::size_t n = 0; n <= 70; ++n) {
    const std::size_t count = random.below(12);
    const std::vector<float> b = random_floats(n, &random);
    const std::vector<float> rows = random_floats(count * n, &random);
    std::vector<const float*> places;
    for (std::size_t r = 0; r < count; ++r) places.push_back(rows.data() + r * n);
    std::vector<float> dots(count);
    fixed_dots(places, b, dots);
    for (std::size_t r = 0; r < count; ++r) ASSERT_EQ(dots[r], fixed_dot({places[r], n}, b));
  }
}

TEST(KernelsTest, ReluOfADenseLayerKeepsNaNAndMinusZero) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> sums = {-1.0F, 2.0F, nan, -std::numeric_limits<float>::infinity(),
                                   -0.0F};
  std::vector<float> y(sums.size());
  const float* const nothing = nullptr;
  dense_rows({&nothing, 1}, 0, DenseWeights<float>{{}, sums, true}, y);
  EXPECT_EQ(y[0], 0.0F);
  EXPECT_EQ(y[1], 2.0F);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[3], 0.0F);
  EXPECT_TRUE(std::signbit(y[4]));
}

TEST(KernelsTest, TransposedSwapsRowsAndColumns) {
  const Matrix weight{2, 3, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(transposed<double>(weight), (AlignedVector<double>{1, 4, 2, 5, 3, 6}));
}

}  // namespace kernels_test
}  // namespace freshet::scorer
