#include "scorer/pooling/click_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace click_kernels_test {

class ClickKernelsTest : public testing::Test {
 protected:
  std::vector<float> floats(std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random_.uniform(-1.0, 1.0));
    return values;
  }
  std::vector<double> weights(std::size_t count) {
    std::vector<double> values(count);
    for (double& value : values) value = double{static_cast<float>(random_.unit())};
    return values;
  }
  std::int64_t rte(double value) { return static_cast<std::int64_t>(std::nearbyint(value)); }
  // From so coarse that ties are common to as fine as the grid has it.
  double power() { return std::ldexp(1.0, static_cast<int>(random_.below(61))); }

  Random random_{test::test_seed()};
};

TEST_F(ClickKernelsTest, TermsComeAndLeaveRoundedOnceToTheNearestEvenInteger) {
  for (int k = 0; k < 500; ++k) {
    const std::size_t d = 1 + random_.below(70);
    const std::vector<float> x_in = floats(d);
    const std::vector<float> x_out = floats(d);
    const double in = weights(1)[0] * power();
    const double out = weights(1)[0] * power();
    std::vector<std::int64_t> values(d, 11);
    std::vector<Int128> wide(d, 11);
    swap_terms(x_in.data(), in, x_out.data(), out, values);
    swap_terms(x_in.data(), in, x_out.data(), out, wide);
    for (std::size_t c = 0; c < d; ++c) {
      ASSERT_EQ(values[c], 11 + rte(double{x_in[c]} * in) - rte(double{x_out[c]} * out));
      ASSERT_EQ(wide[c], Int128{values[c]});
    }
  }
}

TEST_F(ClickKernelsTest, EachChannelMayHaveAWeight) {
  for (int k = 0; k < 500; ++k) {
    const std::size_t d = 1 + random_.below(70);
    const std::vector<float> x = floats(d);
    const std::vector<double> w = weights(d);
    const double scale = random_.below(2) == 0 ? power() : -power();
    std::vector<std::int64_t> values(d, -5);
    std::vector<std::int64_t> sums(d, 5);
    std::vector<Int128> wide(d, -5);
    std::vector<Int128> wide_sums(d, 5);
    add_products(w, x.data(), scale, values);
    add_products(w, x.data(), scale, wide);
    add_channel_weights(w, scale, sums);
    add_channel_weights(w, scale, wide_sums);
    for (std::size_t c = 0; c < d; ++c) {
      ASSERT_EQ(values[c], -5 + rte(w[c] * double{x[c]} * scale));
      ASSERT_EQ(sums[c], 5 + rte(w[c] * scale));
      ASSERT_EQ(wide[c], Int128{values[c]});
      ASSERT_EQ(wide_sums[c], Int128{sums[c]});
    }
  }
}

TEST_F(ClickKernelsTest, WideTermsTakeAllBitsOfTheirGrid) {
  const auto wide_rte = [](double value) { return static_cast<Int128>(std::nearbyint(value)); };
  for (int k = 0; k < 1'000; ++k) {
    const std::size_t d = 1 + random_.below(70);
    const std::vector<float> x_in = floats(d);
    const std::vector<float> x_out = floats(d);
    const std::vector<double> w = weights(d);
    const double grid = std::ldexp(1.0, static_cast<int>(random_.below(112)));
    const double in = weights(1)[0] * grid;
    const double out = weights(1)[0] * grid;
    const Int128 before = (Int128{static_cast<std::int64_t>(random_.next())} << 32) + k;
    std::vector<Int128> values(d, before);
    std::vector<Int128> products(d, before);
    std::vector<Int128> sums(d, before);
    swap_terms(x_in.data(), in, x_out.data(), out, values);
    add_products(w, x_in.data(), -grid, products);
    add_channel_weights(w, grid, sums);
    for (std::size_t c = 0; c < d; ++c) {
      const Int128 change = wide_rte(double{x_in[c]} * in) - wide_rte(double{x_out[c]} * out);
      ASSERT_TRUE(values[c] == before + change) << "case " << k;
      ASSERT_TRUE(products[c] == before + wide_rte(w[c] * double{x_in[c]} * -grid)) << "case " << k;
      ASSERT_TRUE(sums[c] == before + wide_rte(w[c] * grid)) << "case " << k;
    }
  }
}

TEST_F(ClickKernelsTest, WideQuotientsAreThoseOfADivision) {
  for (int k = 0; k < 5'000; ++k) {
    const std::size_t d = 1 + random_.below(70);
    const auto integer = [&] {
      const Int128 upper = Int128{static_cast<std::int64_t>(random_.next())} << 48;
      return (upper + static_cast<std::int64_t>(random_.next() >> 16)) >> random_.below(110);
    };
    std::vector<Int128> values(d);
    std::vector<Int128> divisors(d);
    for (std::size_t c = 0; c < d; ++c) {
      values[c] = integer();
      const Int128 one = Int128{1} << random_.below(111);
      const Int128 some = integer();
      const Int128 cases[] = {(some < 0 ? -some : some) + 1, one, one + 1, (one - 1) | 1};
      divisors[c] = cases[random_.below(4)];
    }
    const double unit = std::ldexp(1.0, static_cast<int>(random_.below(40)) - 20);
    std::vector<float> u(d);
    write_quotients(values, {divisors.data(), 1}, unit, u);
    for (std::size_t c = 0; c < d; ++c) {
      const double quotient = static_cast<double>(values[c]) / static_cast<double>(divisors[0]);
      ASSERT_EQ(u[c], static_cast<float>(quotient * unit)) << "case " << k;
    }
    if (d == 1) continue;
    write_quotients(values, divisors, unit, u);
    for (std::size_t c = 0; c < d; ++c) {
      const double quotient = static_cast<double>(values[c]) / static_cast<double>(divisors[c]);
      ASSERT_EQ(u[c], static_cast<float>(quotient * unit)) << "case " << k;
    }
  }
}

TEST_F(ClickKernelsTest, QuotientsAreThoseOfADivision) {
  for (int k = 0; k < 5'000; ++k) {
    const std::size_t d = 1 + random_.below(70);
    const auto integer = [&] { return static_cast<std::int64_t>(random_.next()) >> 2; };
    std::vector<std::int64_t> values(d);
    std::vector<std::int64_t> divisors(d);
    for (std::size_t c = 0; c < d; ++c) {
      values[c] = integer() >> random_.below(62);
      // Ones alone, or a power of two and one: where a quotient is hardest to round.
      const std::int64_t one = std::int64_t{1} << random_.below(62);
      const std::int64_t cases[] = {std::abs(integer()) + 1, one, one + 1, (one - 1) | 1};
      divisors[c] = cases[random_.below(4)];
    }
    const double unit = std::ldexp(1.0, static_cast<int>(random_.below(40)) - 20);
    std::vector<float> u(d);
    write_quotients(values, {divisors.data(), 1}, unit, u);
    for (std::size_t c = 0; c < d; ++c) {
      const double quotient = static_cast<double>(values[c]) / static_cast<double>(divisors[0]);
      ASSERT_EQ(u[c], static_cast<float>(quotient * unit)) << values[c] << " / " << divisors[0];
    }
    if (d == 1) continue;
    write_quotients(values, divisors, unit, u);
    for (std::size_t c = 0; c < d; ++c) {
      const double quotient = static_cast<double>(values[c]) / static_cast<double>(divisors[c]);
      ASSERT_EQ(u[c], static_cast<float>(quotient * unit));
    }
  }
}

}  // namespace click_kernels_test
}  // namespace freshet::scorer
