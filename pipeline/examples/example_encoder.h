// ExampleEncoder: an impression or a request -> the rows that it gives, exactly as it was scored.
//
// Computes: the features that its rows share: context, the clicks of each behaviour that its scores
//           were computed on, newest first, the model; and a row per candidate: an impression's
//           item, each item of a request's own list (those that the model does not know, too), or
//           of a request without a list the items that are published.
//           An impression's row has the impression's label, where it has one; every other has none
//           yet, but where the user's visible clicks already hold one that follows it.
// Errors:   none. Threads: one
// Cost:     linear in the clicks that are seen, once per event; O(C log C) in the candidates
// Oracle:   tests/e2e/point_in_time.py, from the raw log
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/examples/example.h"
#include "pipeline/scoring/score_observer.h"

namespace freshet::pipeline {

class ExampleEncoder {
 public:
  explicit ExampleEncoder(const WorkerConfig& config);

  // The features of an event without their source, which only its record knows (set_source).
  // Requires: it is no click.
  ExampleFeatures features_of(const ScoredOn& scored) const;
  void set_source(const InputRecord& record, ExampleFeatures* features) const;

  // The rows of an event without their features, in the order of its candidates, each item once.
  // None for a click.
  std::vector<Example> rows_of(const ScoredOn& scored) const;

 private:
  std::vector<Example> published_rows(const ScoredOn& scored) const;
  bool was_clicked(const ScoredOn& scored, const ItemId& item) const;

  std::vector<std::string> context_fields_;
  std::vector<std::string> behaviours_;
  std::size_t label_behaviour_;
  std::size_t publish_;
  DurationMs label_age_max_;
  DurationMs label_wait_;
  std::string topic_;
};

// The row as one JSON object. Requires: its features are there.
void append_example(const Example& example, std::string* out);

}  // namespace freshet::pipeline
