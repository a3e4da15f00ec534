// exp, tanh and sigmoid with fixed bits: the C library's differ from version to version.
//
// Computes: exp64 by range reduction with k ln 2 and the Taylor polynomial of degree 13;
//           tanh64 by an odd Taylor polynomial below 1/8 and by exp64 above. Every coefficient and
//           the order of the operations stand in docs/formats.md, "Arithmetic".
// Bounds:   exp64 within 1 unit in the last place, tanh64 within 4
// Errors:   none; NaN gives NaN
// Oracle:   std::exp and std::tanh in long double (tests/unit/scorer/exp64_test.cc)
#pragma once

#include <span>

namespace freshet::scorer {

// e^y for y in [-708, 709]; 0 below, +infinity above.
double exp64(double y);

// exp64 and tanh64 of each value, the same bits.
void exp64_each(std::span<double> values);
void tanh64_each(std::span<double> values);

double tanh64(double z);

// 1 / (1 + exp(-x)) in double.
double sigmoid64(double x);

}  // namespace freshet::scorer
