// Straight loops in double that the parts of the reference share.
//
// Nothing here may be shared with the fast side: the C library's exp and tanh, no fma, no fixed
// order. Errors: none.
#pragma once

#include <cstddef>
#include <vector>

#include "scorer/model/attention.h"

namespace freshet::scorer::reference {

using Vector = std::vector<double>;

Vector activated(Activation activation, Vector z);

// W x, and W x + b.
Vector product(const Matrix& weight, const Vector& x);
Vector affine(const Matrix& weight, const std::vector<float>& bias, const Vector& x);

double dot(const Vector& left, const Vector& right);

// Softmax over the entries first, first + step, ... of values; those of -infinity get 0.
void softmax(std::size_t first, std::size_t step, std::size_t count, Vector* values);

// Adds factor * row to sum.
void add(double factor, const Vector& row, Vector* sum);

}  // namespace freshet::scorer::reference
