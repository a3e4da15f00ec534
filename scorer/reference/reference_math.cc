#include "scorer/reference/reference_math.h"

#include <algorithm>
#include <cmath>

namespace freshet::scorer::reference {

Vector activated(Activation activation, Vector z) {
  for (double& value : z) {
    if (activation == Activation::kRelu) value = std::max(value, 0.0);
    if (activation == Activation::kTanh) value = std::tanh(value);
  }
  return z;
}

Vector product(const Matrix& weight, const Vector& x) {
  return affine(weight, std::vector<float>(weight.rows, 0.0F), x);
}

Vector affine(const Matrix& weight, const std::vector<float>& bias, const Vector& x) {
  Vector y(weight.rows);
  for (std::size_t j = 0; j < weight.rows; ++j) {
    y[j] = double{bias[j]};
    for (std::size_t i = 0; i < weight.cols; ++i) y[j] += double{weight.at(j, i)} * x[i];
  }
  return y;
}

double dot(const Vector& left, const Vector& right) {
  double sum = 0.0;
  for (std::size_t i = 0; i < left.size(); ++i) sum += left[i] * right[i];
  return sum;
}

void softmax(std::size_t first, std::size_t step, std::size_t count, Vector* values) {
  double max = -INFINITY;
  for (std::size_t i = 0; i < count; ++i) max = std::max(max, (*values)[first + i * step]);
  if (max == -INFINITY) {
    for (std::size_t i = 0; i < count; ++i) (*values)[first + i * step] = 0.0;
    return;
  }
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    double& value = (*values)[first + i * step];
    value = std::exp(value - max);
    sum += value;
  }
  for (std::size_t i = 0; i < count; ++i) (*values)[first + i * step] /= sum;
}

void add(double factor, const Vector& row, Vector* sum) {
  for (std::size_t c = 0; c < row.size(); ++c) (*sum)[c] += factor * row[c];
}

}  // namespace freshet::scorer::reference
