// A matrix of float32 in a file: .npy of NumPy, or safetensors with one tensor.
//
//   npy  = "\x93NUMPY" major minor length header data
//   length = u16 (version 1) or u32, little-endian, of the header
//   header = {'descr': '<f4', 'fortran_order': False, 'shape': (n, d), } and spaces
//   data   = n d values, little-endian, row-major
//
// Errors:  kInvalidModel naming file and remedy
// Cost:    one sequential read
// Source:  numpy.lib.format; https://github.com/huggingface/safetensors
#pragma once

#include <filesystem>

#include "common/status.h"
#include "scorer/model/attention.h"

namespace freshet::scorer {

Result<Matrix> read_matrix(const std::filesystem::path& path);

}  // namespace freshet::scorer
