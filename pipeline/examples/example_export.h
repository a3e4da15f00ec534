// ExampleExport: writes the examples of a replay, as `replay --export-examples` asks for them.
//
// Each partition's rows are joined with their labels by a LabelJoiner of its own (label_joiner.h
// has when a row is written, and so the order). Impressions and requests on items that the model
// does not know give rows, too: what is scored first has to be trained first.
// Errors:  the first one is kept, ends the writing and is what finish() returns: kFatal from
//          `write`; kInvalidConfig where the rows that wait outgrow `bytes_max`. `on_failure` is
//          called once, at that moment
// Threads: the task's. Cost: encoding, linear in the clicks that a row sees
// Oracle:  tests/e2e/point_in_time.py, from the raw log
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/examples/example_encoder.h"
#include "pipeline/examples/label_joiner.h"
#include "pipeline/scoring/score_observer.h"

namespace freshet::pipeline {

class ExampleExport final : public ScoreObserver {
 public:
  struct Sink {
    std::function<Status(std::string_view lines)> write;
    std::function<void()> on_failure;
  };
  // `bytes_max` bounds what waits for labels, of all partitions together.
  ExampleExport(const WorkerConfig& config, std::size_t bytes_max, Sink sink);

  void on_scored(const ScoredOn& scored) override;
  void on_output(const InputRecord& record, const OutputRecord& output) override;

  // Writes what still waits, without a label. Nothing comes after it.
  Status finish();

  ExampleCounts counts() const;  // of all partitions

 private:
  // What on_scored keeps of an event until its record is told.
  struct Scored {
    EventTime stream_time;
    std::shared_ptr<ExampleFeatures> features;  // none for a click
    std::vector<Example> rows;
    std::optional<UserId> clicked_by;  // it is a click of the label behaviour
    std::optional<ItemId> clicked;
    EventTime ts;
  };

  LabelJoiner& joiner_of(Partition partition);
  void fail(Error failure);
  void bound_memory();  // fails where bytes_ is beyond bytes_max_

  std::size_t label_behaviour_;
  DurationMs label_wait_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;  // of all joiners
  ExampleEncoder encoder_;
  Sink sink_;
  std::map<Partition, LabelJoiner> joiners_;
  std::optional<Scored> scored_;
  std::optional<Error> failure_;
  std::string line_;
};

// The line that a replay says at its end.
std::string describe(const ExampleCounts& counts);

}  // namespace freshet::pipeline
