// SideOutput: what a task publishes for another topic beside the output of each record.
//
// Made of what the event was scored on by the task's first model, whichever serves by then.
// Errors:  none: nothing that stands beside the main output may keep it back
// Threads: one, its task's
#pragma once

#include <cstddef>
#include <vector>

#include "pipeline/events/record.h"
#include "pipeline/scoring/score_observer.h"

namespace freshet::pipeline {

class SideOutput : public ScoreObserver {
 public:
  // Called once for each record that is published, behind on_scored() where it was scored.
  // Appends what it gives to `outputs`. Returns how many it left out, because a record's outputs
  // stand in memory together.
  virtual std::size_t add_records(const InputRecord& record,
                                  std::vector<OutputRecord>* outputs) = 0;

  void on_output(const InputRecord&, const OutputRecord&) final {}
};

}  // namespace freshet::pipeline
