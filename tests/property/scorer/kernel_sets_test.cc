// Every set of kernels that this machine can run gives the bits of the portable one.
//
// Inputs are of all sizes, with zeros of both signs, subnormal numbers, infinities and NaN among
// them; where the definition allows any NaN, any NaN is the same.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "common/random.h"
#include "scorer/simd/kernel_set.h"
#include "tests/support/seed.h"

namespace freshet::scorer::simd {
namespace kernel_sets_test {

// What a kernel wrote, as bits.
using Bits = std::vector<std::uint64_t>;

template <class T>
Bits bits_of(const std::vector<T>& values) {
  Bits bits;
  for (const T value : values) {
    if constexpr (std::is_floating_point_v<T>) {
      const double wide = value;
      bits.push_back(std::isnan(wide) ? ~0ULL : std::bit_cast<std::uint64_t>(wide));
    } else {
      bits.push_back(static_cast<std::uint64_t>(value));
      if constexpr (sizeof(T) == 16) bits.push_back(static_cast<std::uint64_t>(value >> 64));
    }
  }
  return bits;
}

// Room behind what a kernel writes, whose bits are compared as well: a store that goes beyond the
// end shows, whatever the sanitizers know of masked ones.
template <class T>
std::vector<T> guarded(std::vector<T> values) {
  constexpr std::size_t kRoom = 16;
  values.insert(values.end(), kRoom, T{77});
  return values;
}

Bits operator+(Bits left, const Bits& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Mostly plain numbers; `odd` adds what vector code gets wrong first.
template <class T>
std::vector<T> random_values(std::size_t count, double bound, bool odd, Random* random) {
  using Limits = std::numeric_limits<T>;
  const T oddities[] = {T{0},
                        -T{0},
                        Limits::min(),
                        -Limits::denorm_min(),
                        Limits::max(),
                        Limits::infinity(),
                        -Limits::infinity(),
                        Limits::quiet_NaN()};
  std::vector<T> values(count);
  for (T& value : values) {
    value = static_cast<T>(random->uniform(-bound, bound));
    if (odd && random->below(16) == 0) value = oddities[random->below(std::size(oddities))];
  }
  return values;
}

template <class T>
std::vector<const T*> rows_of(const std::vector<T>& table, std::size_t rows, std::size_t width) {
  std::vector<const T*> result;
  for (std::size_t r = 0; r < rows; ++r) result.push_back(table.data() + r * width);
  return result;
}

class KernelSetsTest : public testing::Test {
 protected:
  // `run` gives a kernel of the set fresh copies of one random case, and what it wrote.
  void expect_same(const std::string& what, const std::function<Bits(const KernelSet&)>& run) {
    const std::span<const KernelSet* const> sets = supported_kernels();
    const Bits oracle = run(*sets.back());
    for (const KernelSet* set : sets.first(sets.size() - 1)) {
      ASSERT_EQ(run(*set), oracle) << what << " of " << set->name;
    }
  }

  std::size_t cases() const { return static_cast<std::size_t>(test::case_count(500)); }
  bool odd() { return random_.below(2) == 0; }

  Random random_{test::test_seed()};
};

TEST_F(KernelSetsTest, LastIsThePortableOne) {
  EXPECT_STREQ(supported_kernels().back()->name, "portable");
}

TEST_F(KernelSetsTest, AllThreeAreComparedWhereTheMachineHasThem) {
  if (__builtin_cpu_supports("avx512f") == 0) {
    GTEST_SKIP() << "this machine has no AVX-512: that set is not compared here";
  }
  ASSERT_EQ(supported_kernels().size(), 3U);
  EXPECT_STREQ(supported_kernels()[0]->name, "avx512");
  EXPECT_STREQ(supported_kernels()[1]->name, "avx2");
}

TEST_F(KernelSetsTest, DotsHaveTheSameBits) {
  for (std::size_t k = 0; k < cases(); ++k) {
    const std::size_t n = random_.below(100);
    const std::size_t count = random_.below(10);
    // Products below what a number holds, which leave -0 in a lane.
    const double bound = random_.below(4) == 0 ? 1e-23 : 1.0;
    const auto table = random_values<float>(count * n, bound, odd(), &random_);
    const auto b = random_values<float>(n, bound, odd(), &random_);
    const auto rows = rows_of(table, count, n);
    expect_same("dots", [&](const KernelSet& set) {
      auto dots = guarded(std::vector<float>(count));
      set.dots(rows.data(), count, b.data(), n, dots.data());
      return bits_of(dots);
    });
    const double tiny = random_.below(4) == 0 ? 1e-162 : 1.0;
    const auto table64 = random_values<double>(count * n, tiny, odd(), &random_);
    const auto b64 = random_values<double>(n, tiny, odd(), &random_);
    const auto v = random_values<double>(n, 1.0, odd(), &random_);
    const auto rows64 = rows_of(table64, count, n);
    expect_same("dots64", [&](const KernelSet& set) {
      auto dots = guarded(std::vector<double>(count));
      auto scores = guarded(std::vector<double>(count));
      set.dots64(rows64.data(), count, b64.data(), n, dots.data());
      set.additive_scores(rows64.data(), count, b64.data(), v.data(), n, scores.data());
      return bits_of(dots) + bits_of(scores);
    });
  }
}

TEST_F(KernelSetsTest, DenseLayersHaveTheSameBits) {
  for (std::size_t k = 0; k < cases(); ++k) {
    const std::size_t in = random_.below(70);
    const std::size_t out = 1 + random_.below(150);
    const std::size_t count = random_.below(20);
    const bool strange = odd();
    const auto x = random_values<float>(count * in, 1.0, strange, &random_);
    const auto wt = random_values<float>(in * out, 1.0, strange, &random_);
    const auto bias = random_values<float>(out, 1.0, strange, &random_);
    const auto rows = rows_of(x, count, in);
    const std::size_t next = random_.below(count + 1);
    const bool relu = random_.below(2) == 0;
    const auto wide = [](const std::vector<float>& v) {
      return std::vector<double>(v.begin(), v.end());
    };
    const std::vector<double> x64 = wide(x);
    const auto rows64 = rows_of(x64, count, in);
    const bool has_bias = random_.below(2) == 0;
    const std::vector<double> wt64 = wide(wt);
    const std::vector<double> bias64 = wide(bias);
    expect_same("dense", [&](const KernelSet& set) {
      auto y = guarded(std::vector<float>(count * out));
      set.dense_rows(
          {rows.data(), count, in, wt.data(), bias.data(), out, y.data(), relu, rows.data(), next});
      auto y64 = guarded(std::vector<double>(count * out));
      set.dense_rows64({rows64.data(), count, in, wt64.data(), has_bias ? bias64.data() : nullptr,
                        out, y64.data(), relu, nullptr, 0});
      return bits_of(y) + bits_of(y64);
    });
  }
}

TEST_F(KernelSetsTest, ExponentialsAndWeightsHaveTheSameBits) {
  for (std::size_t k = 0; k < cases(); ++k) {
    const std::size_t n = random_.below(100);
    const double bound = k % 3 == 0 ? 0.2 : k % 3 == 1 ? 50.0 : 900.0;
    const auto arguments = random_values<double>(n, bound, odd(), &random_);
    const auto scores = random_values<double>(n, 60.0, false, &random_);
    std::vector<double> shifts;
    for (const double score : scores) {
      shifts.push_back(8.0 * (std::ceil(score / 8.0) + static_cast<double>(random_.below(7))));
    }
    expect_same("exp, tanh, weigh", [&](const KernelSet& set) {
      auto exp = guarded(arguments);
      auto tanh = guarded(arguments);
      auto weights = guarded(scores);
      set.exp_each(exp.data(), n);
      set.tanh_each(tanh.data(), n);
      set.weigh(shifts.data(), weights.data(), n);
      return bits_of(exp) + bits_of(tanh) + bits_of(weights);
    });
  }
}

TEST_F(KernelSetsTest, RowsHaveTheSameIntegers) {
  const double grid = std::ldexp(1.0, 51);
  for (std::size_t k = 0; k < cases(); ++k) {
    const std::size_t rows = random_.below(20);
    const std::size_t dim = 1 + random_.below(140);
    const auto weights = [&](double scale) {
      std::vector<double> result(rows);
      for (double& weight : result) {
        weight = random_.below(4) == 0 ? 0.0 : double{static_cast<float>(random_.unit())} * scale;
      }
      return result;
    };
    const auto integers = [&](std::size_t count, std::uint64_t bits) {
      std::vector<std::int64_t> result(count);
      for (std::int64_t& value : result) value = static_cast<std::int64_t>(random_.next() >> bits);
      return result;
    };
    const std::vector<double> in = weights(1.0);
    const std::vector<double> out = weights(1.0);
    const std::vector<double> in_scaled = weights(grid);
    const std::vector<double> out_scaled = weights(grid);
    const std::vector<double> shares = weights(0x1p-8);
    const auto x = random_values<float>((rows + 2) * dim, 1.0, false, &random_);
    const auto x_rows = rows_of(x, rows + 2, dim);
    const auto row_weights = integers(rows, 3);
    const auto row_values = integers(rows * dim, 5);
    const auto total = integers(dim, 3);
    expect_same("rows", [&](const KernelSet& set) {
      auto l = guarded(row_weights);
      auto share = guarded(std::vector<double>(rows));
      set.swap_weights({in.data(), out.data(), rows, grid, l.data(), share.data()});
      auto a = guarded(row_values);
      auto sum = guarded(total);
      set.swap_values({x_rows[0], x_rows[1], in_scaled.data(), out_scaled.data(), shares.data(),
                       rows, dim, a.data(), sum.data()});
      auto terms = guarded(total);
      set.add_terms(x_rows.data() + 2, in_scaled.data(), rows, dim, terms.data());
      auto added = guarded(total);
      if (rows > 0) set.add_row(row_values.data(), 0x1p-9, dim, added.data());
      return bits_of(l) + bits_of(share) + bits_of(a) + bits_of(sum) + bits_of(terms) +
             bits_of(added);
    });
  }
}

TEST_F(KernelSetsTest, WideSumsHaveTheSameIntegersAndQuotients) {
  for (std::size_t k = 0; k < cases(); ++k) {
    const std::size_t rows = random_.below(20);
    const std::size_t dim = 1 + random_.below(140);
    const double grid = std::ldexp(1.0, static_cast<int>(random_.below(107)));
    const auto weights = [&](std::size_t count, double scale) {
      std::vector<double> result(count);
      for (double& weight : result) {
        weight = random_.below(4) == 0 ? 0.0 : double{static_cast<float>(random_.unit())} * scale;
      }
      return result;
    };
    // Of all sizes below 2^110; close to what a word holds, where the two ways to a double meet.
    const auto integers = [&](std::size_t count) {
      std::vector<Int128> result(count);
      for (Int128& value : result) {
        const auto word = [&] { return Int128{static_cast<std::int64_t>(random_.next())}; };
        value = ((word() << 46) + (word() >> 20)) >> random_.below(111);
        if (random_.below(8) == 0) value = (Int128{1} << 63) + (word() >> random_.below(64));
        if (random_.below(2) == 0) value = -value;
      }
      return result;
    };
    const std::vector<double> in = weights(rows, grid);
    const std::vector<double> out = weights(rows, grid);
    const std::vector<double> shares = weights(rows, 0x1p-8);
    const std::vector<double> by_channel = weights(dim, 1.0);
    const auto x = random_values<float>((rows + 2) * dim, 1.0, false, &random_);
    const auto x_rows = rows_of(x, rows + 2, dim);
    const std::vector<Int128> row_weights = integers(rows);
    const std::vector<Int128> row_values = integers(rows * dim);
    const std::vector<Int128> total = integers(dim);
    std::vector<Int128> divisors = integers(dim);
    for (Int128& divisor : divisors) divisor |= 1;
    expect_same("wide rows", [&](const KernelSet& set) {
      auto l = guarded(row_weights);
      auto share = guarded(std::vector<double>(rows));
      set.swap_weights128({in.data(), out.data(), rows, 4.0, l.data(), share.data()});
      auto a = guarded(row_values);
      auto sum = guarded(total);
      set.swap_values128({x_rows[0], x_rows[1], in.data(), out.data(), shares.data(), rows, dim,
                          a.data(), sum.data()});
      auto terms = guarded(total);
      set.add_terms128(x_rows.data() + 2, in.data(), rows, dim, terms.data());
      auto added = guarded(total);
      if (rows > 0) set.add_row128(row_values.data(), 0x1p-9, dim, added.data());
      return bits_of(l) + bits_of(share) + bits_of(a) + bits_of(sum) + bits_of(terms) +
             bits_of(added);
    });
    expect_same("wide clicks", [&](const KernelSet& set) {
      auto a = guarded(total);
      set.swap_terms128(x_rows[0], 0.75 * grid, x_rows[1], 0.3125 * grid, dim, a.data());
      auto b = guarded(total);
      set.add_products128(by_channel.data(), x_rows[0], -grid, dim, b.data());
      auto c = guarded(total);
      set.add_weights128(by_channel.data(), grid, dim, c.data());
      auto u = guarded(std::vector<float>(dim));
      set.quotients128(total.data(), divisors[0], 1.0, dim, u.data());
      auto each = guarded(std::vector<float>(dim));
      set.channel_quotients128(total.data(), divisors.data(), 0x1p-9, dim, each.data());
      return bits_of(a) + bits_of(b) + bits_of(c) + bits_of(u) + bits_of(each);
    });
  }
}

TEST_F(KernelSetsTest, ClicksHaveTheSameIntegersAndQuotients) {
  for (std::size_t k = 0; k < cases(); ++k) {
    const std::size_t dim = 1 + random_.below(140);
    const auto x = random_values<float>(2 * dim, 1.0, false, &random_);
    const auto rows = rows_of(x, 2, dim);
    const double grid = std::ldexp(1.0, static_cast<int>(random_.below(61)));
    const auto weight = [&] { return double{static_cast<float>(random_.unit())}; };
    const double in = weight() * grid;
    const double out = weight() * grid;
    std::vector<double> weights;
    std::vector<std::int64_t> values;
    std::vector<std::int64_t> divisors;
    for (std::size_t c = 0; c < dim; ++c) {
      weights.push_back(weight());
      values.push_back(static_cast<std::int64_t>(random_.next()) >> (2 + random_.below(60)));
      divisors.push_back(static_cast<std::int64_t>(random_.next() >> (2 + random_.below(60))) | 1);
    }
    expect_same("clicks", [&](const KernelSet& set) {
      auto a = guarded(std::vector<std::int64_t>(dim, 1));
      set.swap_terms(rows[0], in, rows[1], out, dim, a.data());
      auto b = guarded(std::vector<std::int64_t>(dim, 1));
      set.add_products(weights.data(), rows[0], -grid, dim, b.data());
      auto c = guarded(std::vector<std::int64_t>(dim, 1));
      set.add_weights(weights.data(), grid, dim, c.data());
      auto u = guarded(std::vector<float>(dim));
      set.quotients(values.data(), divisors[0], 1.0, dim, u.data());
      auto by_channel = guarded(std::vector<float>(dim));
      set.channel_quotients(values.data(), divisors.data(), 0x1p-9, dim, by_channel.data());
      return bits_of(a) + bits_of(b) + bits_of(c) + bits_of(u) + bits_of(by_channel);
    });
  }
}

}  // namespace kernel_sets_test
}  // namespace freshet::scorer::simd
