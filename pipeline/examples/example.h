// Example: one row of training data: what a candidate was scored on, and what became of it.
//
// The file's grammar stands in docs/formats.md, "Examples". Threads: plain data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/ids.h"
#include "common/time.h"
#include "scorer/candidates/candidate_scorer.h"

namespace freshet::pipeline {

// What all rows of one impression or request share.
struct ExampleFeatures {
  UserId user;
  EventTime ts;
  std::string json;    // "context":{...},"sequences":{...},"model":S
  std::string source;  // "source":{...}
};

struct Example {
  std::shared_ptr<const ExampleFeatures> features;
  ItemId item;
  std::optional<scorer::CandidateLogit> served;  // none: the model does not know the item
  std::optional<bool> label;                     // none: not known, or not known yet
  std::uint64_t ticket = 0;                      // its maker's own, handed back with the label
};

// How many rows were written with which label, and how many were left out.
struct ExampleCounts {
  std::uint64_t clicked = 0;
  std::uint64_t not_clicked = 0;
  std::uint64_t unlabelled = 0;  // the log ended before their wait did
  std::uint64_t repeated = 0;    // left out: (user, item, ts) was there before
  std::uint64_t late = 0;        // left out: older than the wait when they came

  std::uint64_t written() const { return clicked + not_clicked + unlabelled; }
  bool operator==(const ExampleCounts&) const = default;
};

}  // namespace freshet::pipeline
