// The swap list: from which position on a partition's outputs are of which model. JSON Lines.
//
//   {"partition":0,"first_position":1234,"model":"shop@8"}
//
// Lines ascend by partition, then strictly by position; the fields stand in this order.
// Errors:  of reading: kInvalidConfig naming file, line and column; kFatal for a read fault
// Threads: free functions
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"

namespace freshet::pipeline {

struct ModelSwap {
  Partition partition;
  Position first_position;
  std::string model;  // "name@version"
  bool operator==(const ModelSwap&) const = default;
};

// No line end.
std::string swap_line(const ModelSwap& swap);

Result<std::vector<ModelSwap>> read_swap_list(const std::filesystem::path& file);

}  // namespace freshet::pipeline
