// Queries and keys of a table of vectors, once at load, as the scores of pairs read them.
//
// Shapes:  rows [n, d], weight [H, d], result [n, H]; all in double, widened first
// Errors:  exponentiate() returns kInvalidModel naming behaviour, tensor and item
// Cost:    O(n H d)
// Source:  docs/formats.md, "Self-attention" and "Target attention"
#pragma once

#include <cstddef>
#include <string>

#include "common/status.h"
#include "scorer/aligned_vector.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

// phi(W x) of `count` rows x, which lie one after the other.
AlignedVector<double> projected(const float* rows, std::size_t count, const Matrix& weight,
                                Activation activation);

// Replaces each term z [n, H] of an additive score by e^2z, as tanh(a + b) = 1 - 2 / (e^2a e^2b +
// 1) reads it. A term beyond 354, where tanh has long been 1, is refused: e^2z would leave double.
Status exponentiate(const Model& model, const std::string& behaviour, const char* tensor,
                    AlignedVector<double>* terms);

}  // namespace freshet::scorer
