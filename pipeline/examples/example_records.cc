#include "pipeline/examples/example_records.h"

#include <utility>

namespace freshet::pipeline {
namespace {

// What a row has room for beside the features that it shares, so that its text seldom grows.
constexpr std::size_t kRowBytesBeside = 512;

}  // namespace

void ExampleRecords::on_scored(const ScoredOn& scored) {
  if (scored.model != 0) return;
  rows_ = encoder_.rows_of(scored);
  if (rows_.empty()) return;
  features_ = std::make_shared<ExampleFeatures>(encoder_.features_of(scored));
}

std::size_t ExampleRecords::add_records(const InputRecord& record,
                                        std::vector<OutputRecord>* outputs) {
  if (rows_.empty()) return 0;
  encoder_.set_source(record, features_.get());
  std::size_t made = 0;
  std::size_t bytes = 0;
  for (Example& row : rows_) {
    row.features = features_;
    std::string value;
    value.reserve(features_->json.size() + kRowBytesBeside);
    append_example(row, &value);
    bytes += value.size();
    if (bytes > kEventBytes) break;
    outputs->push_back({OutputTopic::kExamples, features_->user.str(), std::move(value), {}});
    ++made;
  }
  const std::size_t left_out = rows_.size() - made;
  rows_.clear();
  return left_out;
}

}  // namespace freshet::pipeline
