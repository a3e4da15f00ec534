// The sets of kernels that are compiled, whether or not this machine can run them.
#pragma once

#include "scorer/simd/kernel_set.h"

namespace freshet::scorer::simd {

extern const KernelSet avx512_kernels;  // AVX-512 F, DQ, VL, BW: one register a block
extern const KernelSet avx2_kernels;    // AVX2 and FMA: two registers a block
extern const KernelSet portable_kernels;

}  // namespace freshet::scorer::simd
