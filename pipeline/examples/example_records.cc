#include "pipeline/examples/example_records.h"

#include <utility>

namespace freshet::pipeline {

void ExampleRecords::on_scored(const ScoredOn& scored) {
  if (scored.model != 0) return;
  rows_ = encoder_.rows_of(scored);
  if (rows_.empty()) return;
  features_ = std::make_shared<ExampleFeatures>(encoder_.features_of(scored));
}

void ExampleRecords::add_records(const InputRecord& record, std::vector<OutputRecord>* outputs) {
  if (rows_.empty()) return;
  encoder_.set_source(record, features_.get());
  for (Example& row : rows_) {
    row.features = features_;
    std::string value;
    append_example(row, &value);
    outputs->push_back({OutputTopic::kExamples, features_->user.str(), std::move(value), {}});
  }
  rows_.clear();
}

}  // namespace freshet::pipeline
