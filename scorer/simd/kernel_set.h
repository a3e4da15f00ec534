// The kernels of one instruction set as a table of functions; the machine's best is chosen at
// start.
//
// Computes: each function does the IEEE operations that docs/formats.md, "Arithmetic", promises, in
//           that order, so all sets give the same bits. (Of several NaN operands the surviving
//           payload may differ.)
// Shapes:   stated at each function; any length, nothing assumes a multiple of anything
// Errors:   none; NaN and infinity pass through
// Threads:  the functions are pure; use_kernels() belongs before other threads start
// Source:   scorer/simd/*_bodies.h hold the one text, avx512.cc, avx2.cc and portable.cc what a
//           block of lanes is (docs/decisions/0005-vector-kernels.md)
// Oracle:   the portable set is that of the others (tests/property/scorer/kernel_sets_test.cc); its
//           own is the definition, in tests/unit/scorer
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scorer/simd/int128.h"

namespace freshet::scorer::simd {

// y[r][j] = bias[j] + sum_i x[r][i] * wt[i][j] by fma, i ascending. T is float or double.
template <class T>
struct DenseRows {
  const T* const* x;  // [rows], each to [in] values
  std::size_t rows;
  std::size_t in;
  const T* wt;    // [in, out]
  const T* bias;  // [out]; null for +0
  std::size_t out;
  T* y;       // [rows, out]
  bool relu;  // y = relu(y)
  // Rows of the same size that are read next: they are fetched while these are computed.
  const T* const* next;
  std::size_t next_rows;
};

// The weights L of the rows of self-attention as one click comes and one leaves.
template <class Int>
struct SwapWeights {
  const double* in;   // [rows], the weight of the click that comes in each row; 0 for none
  const double* out;  // [rows], of the one that leaves
  std::size_t rows;
  double scale;    // 2^g_w; requires |weight * scale| <= 2^51, with Int128 < 2^112
  Int* weights;    // [rows]; += rte(in * scale) - rte(out * scale)
  double* shares;  // [rows]; then scale / 2 / double(weights)
};

// The values A of those rows, and the total of all rows.
template <class Int>
struct SwapValues {
  const float* x_in;   // [dim]
  const float* x_out;  // [dim]
  const double* in;    // [rows]: weight * 2^g_x; requires |x * in| <= 2^51, with Int128 < 2^112
  const double* out;
  const double* shares;  // [rows], of SwapWeights
  std::size_t rows;      // with Int128 at most 2^13
  std::size_t dim;
  Int* values;  // [rows, dim]; += rte(x_in * in) - rte(x_out * out)
  Int* total;   // [dim]; then += rte(double(values) * share), within 2^51; with Int128 below 2^112
};

struct KernelSet {
  const char* name;

  // dots[r] = the fixed dot of rows[r] [n] and b [n], in 16 lanes.
  void (*dots)(const float* const* rows, std::size_t count, const float* b, std::size_t n,
               float* dots);
  // The same in double, in 8 lanes.
  void (*dots64)(const double* const* rows, std::size_t count, const double* b, std::size_t n,
                 double* dots);
  // scores[r] = sum_h v[h] (1 - 2 / fma(rows[r][h], b[h], 1)) in those 8 lanes.
  void (*additive_scores)(const double* const* rows, std::size_t count, const double* b,
                          const double* v, std::size_t n, double* scores);

  void (*dense_rows)(const DenseRows<float>& job);
  void (*dense_rows64)(const DenseRows<double>& job);

  // Each value's exp64 and tanh64, any value.
  void (*exp_each)(double* values, std::size_t n);
  void (*tanh_each)(double* values, std::size_t n);
  // scores[i] = the float, held as double, of exp64(scores[i] - shifts[i]); 0 below -45, and at
  // most 1.
  void (*weigh)(const double* shifts, double* scores, std::size_t n);

  void (*swap_weights)(const SwapWeights<std::int64_t>& job);
  void (*swap_values)(const SwapValues<std::int64_t>& job);
  // sum[c] += rte(x[k][c] * scale[k]) of each k < count. Requires each product within 2^51.
  void (*add_terms)(const float* const* x, const double* scale, std::size_t count, std::size_t dim,
                    std::int64_t* sum);
  // sum[c] += rte(x_in[c] * in) - rte(x_out[c] * out). Requires each product within 2^62.
  void (*swap_terms)(const float* x_in, double in, const float* x_out, double out, std::size_t dim,
                     std::int64_t* sum);
  // sum[c] += rte((weights[c] * x[c]) * scale), and the same without x. Within 2^62 as well.
  void (*add_products)(const double* weights, const float* x, double scale, std::size_t dim,
                       std::int64_t* sum);
  void (*add_weights)(const double* weights, double scale, std::size_t dim, std::int64_t* sum);
  // u[c] = the float of (double(values[c]) / double(weight)) * unit; weight is not 0.
  void (*quotients)(const std::int64_t* values, std::int64_t weight, double unit, std::size_t dim,
                    float* u);
  // The same with a weight for each c.
  void (*channel_quotients)(const std::int64_t* values, const std::int64_t* weights, double unit,
                            std::size_t dim, float* u);
  // total[c] += rte(double(row[c]) * scale). Requires each product within 2^51.
  void (*add_row)(const std::int64_t* row, double scale, std::size_t dim, std::int64_t* total);

  // The same on a wide grid: sums of less than 2^112, of terms whose sizes add up to less.
  void (*swap_weights128)(const SwapWeights<Int128>& job);
  void (*swap_values128)(const SwapValues<Int128>& job);
  void (*add_terms128)(const float* const* x, const double* scale, std::size_t count,
                       std::size_t dim, Int128* sum);  // count at most 2^13
  void (*swap_terms128)(const float* x_in, double in, const float* x_out, double out,
                        std::size_t dim, Int128* sum);
  void (*add_products128)(const double* weights, const float* x, double scale, std::size_t dim,
                          Int128* sum);
  void (*add_weights128)(const double* weights, double scale, std::size_t dim, Int128* sum);
  void (*quotients128)(const Int128* values, Int128 weight, double unit, std::size_t dim, float* u);
  void (*channel_quotients128)(const Int128* values, const Int128* weights, double unit,
                               std::size_t dim, float* u);
  void (*add_row128)(const Int128* row, double scale, std::size_t dim, Int128* total);
};

// Those that this machine can run, the best first; the last is the portable one.
std::span<const KernelSet* const> supported_kernels();

// The set in use: the best, unless a test or a bench chose another.
const KernelSet& kernels();
void use_kernels(const KernelSet& set);

}  // namespace freshet::scorer::simd
