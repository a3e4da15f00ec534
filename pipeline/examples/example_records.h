// ExampleRecords: the rows of each event as records of `examples.topic`, as they are made.
//
// A record is a row as ExampleEncoder makes it, keyed by its user: the same bytes that
// `replay --export-examples` writes of it, but that nothing is joined. So its label is null where
// neither the event has one nor the user a visible click that follows it, and of rows with equal
// (user, item, ts) all are there. The rows of one event have its source and follow one another in
// the order of its candidates.
//
// Each row repeats the clicks of its event, so a long request of a user with many clicks would take
// hundreds of MiB. The first rows that take kEventBytes together are made, the others are left out:
// which ones depends on the event alone.
// Threads: one, its task's. Cost: encoding, per row linear in the clicks that its event saw
// Oracle:  ExampleExport over the same log (tests/property/examples)
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/examples/example_encoder.h"
#include "pipeline/scoring/side_output.h"

namespace freshet::pipeline {

class ExampleRecords final : public SideOutput {
 public:
  // Of one event's rows together, as their records' values.
  static constexpr std::size_t kEventBytes = std::size_t{4} << 20;

  explicit ExampleRecords(const WorkerConfig& config) : encoder_(config) {}

  void on_scored(const ScoredOn& scored) override;
  std::size_t add_records(const InputRecord& record, std::vector<OutputRecord>* outputs) override;

 private:
  ExampleEncoder encoder_;
  std::shared_ptr<ExampleFeatures> features_;  // of the last scored event; null where it has no row
  std::vector<Example> rows_;
};

}  // namespace freshet::pipeline
