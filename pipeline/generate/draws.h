// Draws from the distributions that a generated log needs, with the same bits on every machine.
//
// Only IEEE additions, multiplications, divisions and square roots: no <random> distribution and
// none of the C library's logarithms, which differ from version to version.
// Errors:  none
// Threads: free functions on the caller's Random
// Cost:    exponential() one draw, normal() twelve, ZipfDraw one and a binary search
// Oracle:  moments and slopes in tests/unit/generate/draws_test.cc
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "common/random.h"

namespace freshet::pipeline {

// The natural logarithm of a finite x > 0, within 1e-14 of x's own.
double fixed_log(double x);

// With the given mean, never negative.
double exponential(double mean, Random* random);

// Mean 0, variance 1, within +-6: the sum of twelve uniforms (Irwin and Hall).
double normal(Random* random);

// Index drawn in proportion to a weight: what a cumulative table gives. Requires: some weight > 0.
std::size_t draw_cumulative(std::span<const double> cumulative, Random* random);

// Zipf's law with exponent 1 over `ranks`: the chance of entry i is proportional to 1 / ranks[i],
// ranks from 1 up.
class ZipfDraw {
 public:
  explicit ZipfDraw(std::span<const std::size_t> ranks);
  std::size_t draw(Random* random) const { return draw_cumulative(cumulative_, random); }

 private:
  std::vector<double> cumulative_;
};

// The latent space in which items and interests live.
inline constexpr std::size_t kLatentDim = 15;
using Latent = std::array<double, kLatentDim>;

double dot(const Latent& a, const Latent& b);
// a of length one. Requires: a is not zero.
Latent unit_length(const Latent& a);
// Any direction is as likely as any other.
Latent random_direction(Random* random);
// scale_a a + scale_b b, of length one.
Latent blended(double scale_a, const Latent& a, double scale_b, const Latent& b);

}  // namespace freshet::pipeline
