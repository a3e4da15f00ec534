// SwapFinder: which record of a run was scored with which model, from what the run published.
//
// Each output names its source and its model, and so does each dead letter that a model decided
// (unknown_item, non_finite_score). No other record depends on the model, as what it changes in a
// user's sequences does not, but the dead letter `too_large` of an output that its topic did not
// take: it names none, and a replay, whose files take every size, has the output in its place. So a
// swap lies before the first record that names the new model, and a replay that goes over there
// repeats every other byte, wherever between the two records it was.
//
// Errors:  kInvalidConfig naming file and line: no dump, or not of such a topic; kFatal for a read
//          fault
// Threads: one. Cost: two passes or more; memory for each run of records of one model, not for each
//          record
// Oracle:  tests/e2e/model_swap_test.py, tests/sim
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
#include "pipeline/events/output_decoder.h"
#include "pipeline/files/dump_format.h"
#include "pipeline/files/swap_list.h"

namespace freshet::pipeline {

class SwapFinder {
 public:
  // A pass: every record that names a model is noted, the dumps in any order, each in its own.
  // `place` is a partition of a topic; in each the offsets of a source partition ascend, but where
  // outputs were repeated.
  Status add_scores(const std::filesystem::path& dump);
  Status add_dead_letters(const std::filesystem::path& dump);
  void note(const std::string& place, const OutputSource& source);

  // Ends the pass. True where it found swaps that the passes before did not: then another has to
  // follow, as a place whose records know nothing of a swap may hide one behind it.
  bool found_more();

  // The list, once a pass has found no more.
  std::vector<ModelSwap> swaps() const;
  std::uint64_t records() const { return records_; }  // that name a model
  // Of them those whose model is not the one that the list has there: with at_least_once a record
  // may be published twice, with two models, and no replay repeats both.
  std::uint64_t contradicted() const { return contradicted_; }

 private:
  // Records that follow one another in their place.
  struct Run {
    Offset first;
    Offset last;
    std::string model;
  };
  using Models = std::map<Position, std::string>;  // by the first position
  using Decode = std::function<Result<std::optional<OutputSource>>(const DumpRecord&)>;
  Status add(const std::filesystem::path& dump, const Decode& decode);

  std::map<std::pair<std::string, Partition>, std::vector<Run>> runs_;  // by place and source
  std::map<Partition, std::set<Position>> boundaries_;                  // of all passes so far
  std::map<Partition, Models> found_;                                   // by the last pass
  std::uint64_t records_ = 0;
  std::uint64_t contradicted_ = 0;
};

}  // namespace freshet::pipeline
