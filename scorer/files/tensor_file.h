// The data part of a safetensors file: what its header lists, checked against the file and the
// model.
//
// Format:  8 bytes little-endian header length, the JSON header, then the tensors' values without
//          holes. https://github.com/huggingface/safetensors; here F32 only
// Errors:  kInvalidModel naming file and tensor
// Cost:    one sequential read of the data, straight into the model's vectors
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "common/status.h"
#include "scorer/files/folder_files.h"
#include "scorer/model/model.h"
#include "scorer/model/model_tensors.h"

namespace freshet::scorer {

// One entry of the header, as it stands there; nothing of it is trusted yet.
struct TensorEntry {
  std::string name;
  std::string dtype;
  TensorShape shape;
  std::uint64_t begin = 0;  // data_offsets, in bytes after the header
  std::uint64_t end = 0;
};

// Checks that the entries are F32, have the bytes that their shapes need, and cover the data from 0
// to data_bytes without hole or overlap. Sorts them by place.
Status check_layout(const std::string& file, std::uint64_t data_bytes,
                    std::vector<TensorEntry>* entries);

// Reads what stands before the data of a file that was just opened, and checks it with the layout.
// The stream then stands at the first byte of the data.
Result<std::vector<TensorEntry>> read_tensor_header(const std::string& name, OpenFile* file);

// Checks that the entries are exactly the model's tensors, by name and shape, and reads them.
// Requires: check_layout passed; `stream` stands at the first byte after the header.
Status read_tensors(const std::string& file, const std::vector<TensorEntry>& entries,
                    std::ifstream* stream, Model* model);

}  // namespace freshet::scorer
