#include "scorer/pooling/row_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "common/random.h"
#include "scorer/exp64.h"
#include "scorer/simd/kernel_set.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace row_kernels_test {

template <class T>
std::vector<T> random_values(std::size_t count, double bound, Random* random) {
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(random->uniform(-bound, bound));
  return values;
}

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

double tree(std::array<double, 8> lane) {
  for (const std::size_t width : {4U, 2U, 1U}) {
    for (std::size_t j = 0; j < width; ++j) lane[j] = lane[j] + lane[j + width];
  }
  return lane[0];
}

TEST(RowKernelsTest, FixedDotInDoubleHasTheBitsOfItsDefinitionAtEveryLength) {
  Random random(test::test_seed());
  for (std::size_t n = 0; n <= 150; ++n) {
    const auto b = random_values<double>(n, 1.0, &random);
    const auto table = random_values<double>(6 * n, 1.0, &random);
    std::vector<const double*> rows;
    for (std::size_t r = 0; r < 6; ++r) rows.push_back(table.data() + r * n);
    std::vector<double> dots(rows.size());
    simd::kernels().dots64(rows.data(), rows.size(), b.data(), n, dots.data());
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::array<double, 8> lane{};
      for (std::size_t i = 0; i < n; ++i) lane[i % 8] = std::fma(rows[r][i], b[i], lane[i % 8]);
      ASSERT_EQ(bits(dots[r]), bits(tree(lane))) << "n = " << n;
    }
  }
}

TEST(RowKernelsTest, AdditiveScoreHasTheBitsOfItsDefinitionAndTheValueOfTanh) {
  Random random(test::test_seed());
  for (std::size_t n = 0; n <= 150; ++n) {
    const auto v = random_values<double>(n, 1.0, &random);
    const auto q = random_values<double>(n, n % 3 == 0 ? 354.0 : 2.0, &random);
    const auto k = random_values<double>(n, n % 2 == 0 ? 354.0 : 2.0, &random);
    std::vector<double> exp_q;
    std::vector<double> exp_k;
    std::array<double, 8> lane{};
    double exact = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      exp_q.push_back(exp64(2.0 * q[i]));
      exp_k.push_back(exp64(2.0 * k[i]));
      const double t = 1.0 - 2.0 / std::fma(exp_q[i], exp_k[i], 1.0);
      lane[i % 8] = std::fma(v[i], t, lane[i % 8]);
      exact += v[i] * std::tanh(q[i] + k[i]);
    }
    const double* const row = exp_q.data();
    double score = 0.0;
    simd::kernels().additive_scores(&row, 1, exp_k.data(), v.data(), n, &score);
    ASSERT_EQ(bits(score), bits(tree(lane))) << "n = " << n;
    ASSERT_NEAR(score, exact, 1e-13) << "n = " << n;
  }
}

TEST(RowKernelsTest, WeightsHaveTheBitsOfTheScalarDefinition) {
  Random random(test::test_seed());
  for (int k = 0; k < 300; ++k) {
    std::vector<double> scores = random_values<double>(1 + random.below(70), 60.0, &random);
    std::vector<double> shifts;
    std::vector<double> expected;
    for (const double score : scores) {
      const auto bucket = bucket_of_score(score) + static_cast<std::int32_t>(random.below(8));
      shifts.push_back(8.0 * bucket);
      const double shifted = score - shifts.back();
      expected.push_back(shifted < -45.0 ? 0.0 : double{static_cast<float>(exp64(shifted))});
    }
    weigh(shifts, scores);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      ASSERT_EQ(bits(scores[i]), bits(expected[i])) << "case " << k;
    }
  }
}

std::int64_t rte(double value) { return static_cast<std::int64_t>(std::nearbyint(value)); }

// A weight as a float's value, on a grid fine enough for ties or so coarse that they are common.
double random_scale(Random* random) {
  if (random->below(2) == 0) return std::ldexp(1.0, static_cast<int>(random->below(30)));
  return std::ldexp(double{static_cast<float>(random->unit())}, 51);
}

TEST(RowKernelsTest, TermsAreRoundedOnceToTheNearestEvenInteger) {
  Random random(test::test_seed());
  for (int k = 0; k < 300; ++k) {
    const std::size_t d = 1 + random.below(70);
    const std::size_t count = random.below(9);
    const auto x = random_values<float>(count * d, 1.0, &random);
    std::vector<const float*> rows;
    std::vector<double> scales;
    std::vector<std::int64_t> expected(d, -9);
    for (std::size_t t = 0; t < count; ++t) {
      rows.push_back(x.data() + t * d);
      scales.push_back(random_scale(&random));
      for (std::size_t c = 0; c < d; ++c) expected[c] += rte(double{rows[t][c]} * scales[t]);
    }
    std::vector<std::int64_t> sum(d, -9);
    std::vector<Int128> wide(d, -9);
    add_terms(rows, scales, sum);
    add_terms(rows, scales, wide);
    ASSERT_EQ(sum, expected) << "case " << k;
    for (std::size_t c = 0; c < d; ++c) ASSERT_EQ(wide[c], Int128{expected[c]}) << "case " << k;
  }
}

TEST(RowKernelsTest, AClickThatComesAndOneThatLeavesChangeEachRowAndTheTotal) {
  Random random(test::test_seed());
  for (int k = 0; k < 300; ++k) {
    const std::size_t d = 1 + random.below(70);
    const std::size_t rows = random.below(20);
    const auto x_in = random_values<float>(d, 1.0, &random);
    const auto x_out = random_values<float>(d, 1.0, &random);
    std::vector<double> in;
    std::vector<double> out;
    std::vector<double> share;
    std::vector<std::int64_t> values;
    std::vector<std::int64_t> expected;
    std::vector<std::int64_t> total(d, 7);
    std::vector<std::int64_t> expected_total(d, 7);
    for (std::size_t r = 0; r < rows; ++r) {
      in.push_back(random_scale(&random));
      out.push_back(random_scale(&random));
      share.push_back(std::ldexp(random.unit(), -5));
      for (std::size_t c = 0; c < d; ++c) {
        values.push_back(static_cast<std::int64_t>(random.next()) >> 9);
        expected.push_back(values.back() + rte(double{x_in[c]} * in[r]) -
                           rte(double{x_out[c]} * out[r]));
        expected_total[c] += rte(static_cast<double>(expected.back()) * share[r]);
      }
    }
    std::vector<Int128> wide(values.begin(), values.end());
    std::vector<Int128> wide_total(d, 7);
    swap_values({in, out}, x_in.data(), x_out.data(), share, values, total);
    swap_values({in, out}, x_in.data(), x_out.data(), share, wide, wide_total);
    ASSERT_EQ(values, expected) << "case " << k;
    ASSERT_EQ(total, expected_total) << "case " << k;
    ASSERT_TRUE(std::equal(wide.begin(), wide.end(), values.begin()));
    ASSERT_TRUE(std::equal(wide_total.begin(), wide_total.end(), total.begin()));
  }
}

TEST(RowKernelsTest, RowsWeightsChangeWithTheirShares) {
  Random random(test::test_seed());
  for (std::size_t rows = 0; rows < 40; ++rows) {
    const double scale = std::ldexp(1.0, 51);
    std::vector<double> in;
    std::vector<double> out;
    std::vector<std::int64_t> sum;
    std::vector<std::int64_t> expected;
    for (std::size_t r = 0; r < rows; ++r) {
      in.push_back(double{static_cast<float>(random.unit())});
      out.push_back(double{static_cast<float>(random.unit())});
      sum.push_back(static_cast<std::int64_t>(random.next() >> 3));
      expected.push_back(sum.back() + rte(in.back() * scale) - rte(out.back() * scale));
    }
    std::vector<Int128> wide(sum.begin(), sum.end());
    std::vector<double> share(rows);
    std::vector<double> wide_share(rows);
    swap_weights({in, out}, scale, sum, share);
    swap_weights({in, out}, scale, wide, wide_share);
    ASSERT_EQ(sum, expected);
    ASSERT_EQ(share, wide_share);
    std::int64_t added = 3;
    std::int64_t expected_sum = 3;
    add_weights(in, scale, &added);
    for (std::size_t r = 0; r < rows; ++r) {
      ASSERT_EQ(wide[r], Int128{expected[r]});
      ASSERT_EQ(share[r], 0.5 * scale / static_cast<double>(expected[r]));
      expected_sum += rte(in[r] * scale);
    }
    ASSERT_EQ(added, expected_sum);
  }
}

TEST(RowKernelsTest, WideTermsAreRoundedOnceToTheNearestEvenInteger) {
  Random random(test::test_seed());
  for (int k = 0; k < 2'000; ++k) {
    const std::vector<float> x = random_values<float>(3, 1.0, &random);
    const float* const row = x.data();
    const double scale =
        std::ldexp(double{static_cast<float>(random.unit())}, static_cast<int>(random.below(112)));
    std::vector<Int128> sum(3, 5);
    add_terms({&row, 1}, {&scale, 1}, sum);
    for (std::size_t c = 0; c < 3; ++c) {
      ASSERT_EQ(sum[c], Int128{5} + static_cast<Int128>(std::nearbyint(double{x[c]} * scale)));
    }
  }
}

Int128 wide_rte(double value) { return static_cast<Int128>(std::nearbyint(value)); }

// Of less than `bits` bits. Among them those that are hardest to round to a double: halfway between
// two, one or a few beside that, and about a power of two.
Int128 random_wide(unsigned bits, Random* random) {
  const auto small = [&] {
    return static_cast<Int128>(static_cast<std::int64_t>(random->next()) >> random->below(64));
  };
  const Int128 any = (Int128{static_cast<std::int64_t>(random->next())} << 64) + small();
  const auto shift = static_cast<unsigned>(random->below(bits - 1));
  const Int128 power = Int128{1} << shift;
  const Int128 half = shift > 53 ? power >> 53 : Int128{0};
  const Int128 beside = static_cast<Int128>(random->below(5)) - 2;
  Int128 value = 0;
  switch (random->below(4)) {
    case 0:
      value = any >> random->below(128);
      break;
    case 1:  // some multiple of half a unit in the last place
      value = power + half * static_cast<Int128>(random->below(1ULL << 53)) + beside;
      break;
    case 2:
      value = power + beside * half + static_cast<Int128>(random->below(5)) - 2;
      break;
    default:
      value = power + small();
  }
  if (random->below(2) == 0) value = -value;
  const Int128 bound = Int128{1} << bits;
  return -bound < value && value < bound ? value : value >> (128 - bits);
}

TEST(RowKernelsTest, WideRowsAreAddedAsTheNearestDoubleOfEachInteger) {
  Random random(test::test_seed());
  for (int k = 0; k < 20'000; ++k) {
    std::vector<Int128> row;
    for (int c = 0; c < 9; ++c) row.push_back(random_wide(111, &random));
    // Times 1 the double itself shows.
    const double scale = k % 2 == 0 ? 1.0 : std::ldexp(1.0 + random.unit(), -15);
    std::vector<Int128> total(row.size(), -3);
    add_row(row, scale, total);
    for (std::size_t c = 0; c < row.size(); ++c) {
      ASSERT_TRUE(total[c] == -3 + wide_rte(static_cast<double>(row[c]) * scale))
          << static_cast<std::int64_t>(row[c] >> 64) << " * 2^64 + "
          << static_cast<std::uint64_t>(row[c]);
    }
  }
}

TEST(RowKernelsTest, WideRowsChangeAsTheDefinitionSays) {
  Random random(test::test_seed());
  for (int k = 0; k < 1'000; ++k) {
    const std::size_t d = 1 + random.below(70);
    const std::size_t rows = random.below(20);
    // The finest grid, whose terms take all bits, and so coarse ones that ties are common.
    const double grid = std::ldexp(1.0, static_cast<int>(random.below(107)));
    const auto x_in = random_values<float>(d, 1.0, &random);
    const auto x_out = random_values<float>(d, 1.0, &random);
    std::vector<double> in;
    std::vector<double> out;
    std::vector<double> share;
    std::vector<Int128> weights;
    std::vector<Int128> values;
    std::vector<Int128> expected;
    std::vector<Int128> total(d, 7);
    std::vector<Int128> expected_total(d, 7);
    for (std::size_t r = 0; r < rows; ++r) {
      const auto weight = [&] {
        return random.below(4) == 0 ? 0.0 : double{static_cast<float>(random.unit())} * grid;
      };
      in.push_back(weight());
      out.push_back(weight());
      share.push_back(std::ldexp(random.unit(), -5));
      weights.push_back(random_wide(110, &random));
      for (std::size_t c = 0; c < d; ++c) {
        values.push_back(random_wide(110, &random));
        expected.push_back(values.back() + wide_rte(double{x_in[c]} * in[r]) -
                           wide_rte(double{x_out[c]} * out[r]));
        expected_total[c] += wide_rte(static_cast<double>(expected.back()) * share[r]);
      }
    }
    std::vector<Int128> changed = weights;
    std::vector<double> shares(rows);
    swap_weights({in, out}, 4.0, changed, shares);
    for (std::size_t r = 0; r < rows; ++r) {
      const Int128 sum = weights[r] + wide_rte(in[r] * 4.0) - wide_rte(out[r] * 4.0);
      ASSERT_TRUE(changed[r] == sum) << "case " << k;
      ASSERT_EQ(bits(shares[r]), bits(2.0 / static_cast<double>(sum))) << "case " << k;
    }
    swap_values({in, out}, x_in.data(), x_out.data(), share, values, total);
    ASSERT_TRUE(values == expected) << "case " << k;
    ASSERT_TRUE(total == expected_total) << "case " << k;
  }
}

TEST(RowKernelsTest, RowsAreAddedAsTheNearestDoubleOfEachInteger) {
  Random random(test::test_seed());
  for (int k = 0; k < 1'000; ++k) {
    std::vector<std::int64_t> row;
    for (int c = 0; c < 9; ++c) {
      row.push_back(static_cast<std::int64_t>(random.next()) >> random.below(64));
    }
    const double scale = std::ldexp(1.0 + random.unit(), -15);
    std::vector<std::int64_t> total(row.size(), -3);
    add_row(row, scale, total);
    for (std::size_t c = 0; c < row.size(); ++c) {
      const double product = static_cast<double>(row[c]) * scale;
      ASSERT_EQ(total[c], -3 + static_cast<std::int64_t>(std::nearbyint(product))) << row[c];
    }
  }
}

}  // namespace row_kernels_test
}  // namespace freshet::scorer
