// Reads a score event back from its bytes: for those who check what was published.
//
// Errors:  kBadRecord naming the field that is missing or of another type
// Threads: free functions. Cost: linear, with a parser of its own for each call
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"

namespace freshet::pipeline {

struct ReadScore {
  std::string item_id;
  float score = 0;
  bool operator==(const ReadScore&) const = default;
};

// The parts of an output that follow from the state and the model.
struct ReadOutput {
  std::string user_id;
  std::size_t sequence_length = 0;
  bool late = false;
  bool duplicate = false;
  std::vector<ReadScore> scores;
};

Result<ReadOutput> decode_score_event(std::string_view json);

// Which record an output is of, and whose scores it has.
struct OutputSource {
  Partition partition;
  Offset offset;
  std::string model;  // "name@version"
  bool operator==(const OutputSource&) const = default;
};

Result<OutputSource> decode_output_source(std::string_view json);

}  // namespace freshet::pipeline
