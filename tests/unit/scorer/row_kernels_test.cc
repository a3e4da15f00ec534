#include "scorer/row_kernels.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "common/random.h"
#include "scorer/exp64.h"
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
    const auto a = random_values<double>(n, 1.0, &random);
    const auto b = random_values<double>(n, 1.0, &random);
    std::array<double, 8> lane{};
    for (std::size_t i = 0; i < n; ++i) lane[i % 8] = std::fma(a[i], b[i], lane[i % 8]);
    ASSERT_EQ(bits(fixed_dot64(a, b)), bits(tree(lane))) << "n = " << n;
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
    const double score = additive_score(exp_q, exp_k, v);
    ASSERT_EQ(bits(score), bits(tree(lane))) << "n = " << n;
    ASSERT_NEAR(score, exact, 1e-13) << "n = " << n;
  }
}

TEST(RowKernelsTest, WeightsHaveTheBitsOfTheScalarDefinition) {
  Random random(test::test_seed());
  for (int k = 0; k < 300; ++k) {
    std::vector<double> scores = random_values<double>(1 + random.below(70), 60.0, &random);
    std::vector<std::int32_t> buckets;
    std::vector<double> expected;
    for (const double score : scores) {
      buckets.push_back(bucket_of_score(score) + static_cast<std::int32_t>(random.below(8)));
      const double shifted = score - 8.0 * buckets.back();
      expected.push_back(shifted < -45.0 ? 0.0 : double{static_cast<float>(exp64(shifted))});
    }
    weigh(buckets, scores);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      ASSERT_EQ(bits(scores[i]), bits(expected[i])) << "case " << k;
    }
  }
}

TEST(RowKernelsTest, ExponentialOfManyHasTheBitsOfEachAlone) {
  Random random(test::test_seed());
  std::vector<double> values = random_values<double>(10'000, 708.0, &random);
  for (const double edge : {-708.0, 709.0, 0.0, -0.0, -45.0, 1e-300}) values.push_back(edge);
  const std::vector<double> arguments = values;
  exp64_each(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(bits(values[i]), bits(exp64(arguments[i]))) << arguments[i];
  }
}

TEST(RowKernelsTest, TermsAreRoundedOnceToTheNearestEvenInteger) {
  Random random(test::test_seed());
  for (int k = 0; k < 300; ++k) {
    const std::size_t d = 1 + random.below(70);
    const auto in = random_values<float>(d, 1.0, &random);
    const auto out = random_values<float>(d, 1.0, &random);
    const double scale_in = std::ldexp(double{static_cast<float>(random.unit())}, 51);
    // Coarse enough that ties occur.
    const double scale_out = std::ldexp(1.0, static_cast<int>(random.below(30)));
    std::vector<std::int64_t> sum(d, 7);
    std::vector<Int128> wide(d, 7);
    std::vector<std::int64_t> swapped(d, 7);
    add_term(in, scale_in, sum);
    add_term(out, -scale_out, sum);
    add_term(in, scale_in, wide);
    add_term(out, -scale_out, wide);
    swap_term(in, scale_in, out, scale_out, swapped);
    for (std::size_t c = 0; c < d; ++c) {
      const std::int64_t expected =
          7 + static_cast<std::int64_t>(std::nearbyint(double{in[c]} * scale_in)) -
          static_cast<std::int64_t>(std::nearbyint(double{out[c]} * scale_out));
      ASSERT_EQ(sum[c], expected);
      ASSERT_EQ(wide[c], Int128{expected});
      ASSERT_EQ(swapped[c], expected);
    }
  }
}

TEST(RowKernelsTest, FourTermsAtOnceAreFourTerms) {
  Random random(test::test_seed());
  for (int k = 0; k < 300; ++k) {
    const std::size_t d = 1 + random.below(70);
    std::vector<std::vector<float>> x;
    std::vector<const float*> rows;
    std::vector<double> scales;
    std::vector<std::int64_t> expected(d, -9);
    for (std::size_t t = 0; t < kTerms; ++t) {
      x.push_back(random_values<float>(d, 1.0, &random));
      scales.push_back(std::ldexp(double{static_cast<float>(random.unit())}, 51));
      add_term(x.back(), scales.back(), expected);
    }
    for (const auto& row : x) rows.push_back(row.data());
    std::vector<std::int64_t> sum(d, -9);
    std::vector<Int128> wide(d, -9);
    const auto four = std::span<const float* const>(rows).first<kTerms>();
    add_terms(four, std::span<const double>(scales).first<kTerms>(), sum);
    add_terms(four, std::span<const double>(scales).first<kTerms>(), wide);
    ASSERT_EQ(sum, expected) << "case " << k;
    for (std::size_t c = 0; c < d; ++c) ASSERT_EQ(wide[c], Int128{expected[c]}) << "case " << k;
  }
}

TEST(RowKernelsTest, WideTermsAreRoundedOnceToTheNearestEvenInteger) {
  Random random(test::test_seed());
  for (int k = 0; k < 2'000; ++k) {
    const std::vector<float> x = random_values<float>(3, 1.0, &random);
    const double scale =
        std::ldexp(double{static_cast<float>(random.unit())}, static_cast<int>(random.below(112)));
    std::vector<Int128> sum(3, 5);
    add_term(x, scale, sum);
    for (std::size_t c = 0; c < 3; ++c) {
      ASSERT_EQ(sum[c], Int128{5} + static_cast<Int128>(std::nearbyint(double{x[c]} * scale)));
    }
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
