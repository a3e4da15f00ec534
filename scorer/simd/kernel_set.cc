#include "scorer/simd/kernel_set.h"

#include <vector>

#include "scorer/simd/targets.h"

namespace freshet::scorer::simd {
namespace {

std::vector<const KernelSet*> supported() {
  std::vector<const KernelSet*> sets;
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
      __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512bw") != 0) {
    sets.push_back(&avx512_kernels);
  }
  // The whole program is compiled for these, as cmake/FreshetTargets.cmake says.
  sets.push_back(&avx2_kernels);
  sets.push_back(&portable_kernels);
  return sets;
}

const KernelSet*& in_use() {
  static const KernelSet* set = supported_kernels().front();
  return set;
}

}  // namespace

std::span<const KernelSet* const> supported_kernels() {
  static const std::vector<const KernelSet*> sets = supported();
  return sets;
}

const KernelSet& kernels() { return *in_use(); }

void use_kernels(const KernelSet& set) { in_use() = &set; }

}  // namespace freshet::scorer::simd
