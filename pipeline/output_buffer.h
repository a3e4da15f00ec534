// OutputBuffer: the records that one input record gives, in memory that is used again.
//
// Errors: none. Threads: one. Cost: once it is warm no allocation and no move
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pipeline/events/record.h"

namespace freshet::pipeline {

class OutputBuffer {
 public:
  void clear() { count_ = 0; }

  // One more record, to be written over: it holds what another one left. Valid until the next add.
  OutputRecord* add() {
    if (count_ == records_.size()) records_.emplace_back();
    return &records_[count_++];
  }

  std::span<const OutputRecord> records() const { return std::span(records_).first(count_); }

 private:
  std::vector<OutputRecord> records_;
  std::size_t count_ = 0;
};

}  // namespace freshet::pipeline
