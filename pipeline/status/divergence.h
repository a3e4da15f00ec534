// Divergence: how far the scores that two models publish of the same events lie apart.
//
// Counts:  of events that both gave scores: whether the best item is the same one; how many items
//          they both published, of those that the longer list holds; of these the sum of
//          |score - score|. A reader of both topics can count the same.
// Errors:  none. Threads: one; a Divergence is plain data
// Cost:    O(k log k) an event
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/events/output_encoder.h"

namespace freshet::pipeline {

struct Divergence {
  std::uint64_t events = 0;        // compared
  std::uint64_t top_equal = 0;     // of these, those whose best item is the same
  std::uint64_t items = 0;         // of the longer list of each event
  std::uint64_t common_items = 0;  // of these, those that both published
  double score_difference = 0;     // absolute, added up over the common items

  Divergence& operator+=(const Divergence& other);
};

// A line for people, LF included.
std::string describe(const Divergence& divergence);

class DivergenceMeter {
 public:
  // Adds an event. One for which either has published no item says nothing and is not counted.
  void compare(const std::vector<PublishedScore>& primary, const std::vector<PublishedScore>& other,
               Divergence* divergence);

 private:
  std::vector<PublishedScore> primary_;  // by item; reused from event to event
  std::vector<PublishedScore> other_;
};

}  // namespace freshet::pipeline
