// OutputBuffer: the records that one input record gives, in memory that is used again.
//
// Of the first ones, that is: an input record may have thousands of examples, once.
// Errors: none. Threads: one. Cost: once it is warm no allocation and no move for the first ones
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pipeline/events/record.h"

namespace freshet::pipeline {

class OutputBuffer {
 public:
  void clear() {
    count_ = 0;
    if (records_.size() > kKept) records_.resize(kKept);
  }

  // One more record, to be written over: it holds what another one left. Valid until the next add.
  OutputRecord* add() {
    if (count_ == records_.size()) records_.emplace_back();
    return &records_[count_++];
  }

  std::span<const OutputRecord> records() const { return std::span(records_).first(count_); }

 private:
  static constexpr std::size_t kKept = 2;  // a score or dead letter, and the shadow's score

  std::vector<OutputRecord> records_;
  std::size_t count_ = 0;
};

}  // namespace freshet::pipeline
