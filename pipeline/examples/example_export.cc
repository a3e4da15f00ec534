#include "pipeline/examples/example_export.h"

#include <utility>

namespace freshet::pipeline {
ExampleExport::ExampleExport(const WorkerConfig& config, std::size_t bytes_max, Sink sink)
    : label_behaviour_(config.events.label_behaviour),
      label_wait_(config.examples.label_wait),
      bytes_max_(bytes_max),
      encoder_(config),
      sink_(std::move(sink)) {}

void ExampleExport::fail(Error failure) {
  if (failure_) return;
  failure_ = std::move(failure);
  if (sink_.on_failure) sink_.on_failure();
}

LabelJoiner& ExampleExport::joiner_of(Partition partition) {
  const auto found = joiners_.find(partition);
  if (found != joiners_.end()) return found->second;
  const auto write = [this](const Example& row) {
    if (failure_) return;
    line_.clear();
    append_example(row, &line_);
    line_.push_back('\n');
    if (Status written = sink_.write(line_); !written) fail(std::move(written.error()));
  };
  return joiners_.emplace(partition, LabelJoiner(label_wait_, write)).first->second;
}

void ExampleExport::on_scored(const ScoredOn& scored) {
  if (scored.model != 0) return;
  scored_.reset();
  if (failure_) return;
  const Event& event = scored.event;
  scored_.emplace();
  scored_->stream_time = scored.stream_time;
  scored_->ts = event.ts;
  if (event.kind != EventKind::kClick) {
    scored_->features = std::make_shared<ExampleFeatures>(encoder_.features_of(scored));
    scored_->rows = encoder_.rows_of(scored);
  }
  const bool clicked = event.kind == EventKind::kClick
                           ? event.behaviour == label_behaviour_
                           : event.kind == EventKind::kImpression && event.label;
  if (!clicked) return;
  scored_->clicked_by = event.user;
  scored_->clicked = event.item;
}

void ExampleExport::on_output(const InputRecord& record, const OutputRecord&) {
  if (!scored_ || failure_) return;
  LabelJoiner& joiner = joiner_of(record.partition);
  const std::size_t bytes_before = joiner.bytes();
  joiner.advance(scored_->stream_time);
  if (scored_->features != nullptr) {
    encoder_.set_source(record, scored_->features.get());
    joiner.add(std::move(scored_->features), std::move(scored_->rows));
  }
  if (scored_->clicked) joiner.click(*scored_->clicked_by, *scored_->clicked, scored_->ts);
  scored_.reset();
  bytes_ = bytes_ - bytes_before + joiner.bytes();
  bound_memory();
}

void ExampleExport::bound_memory() {
  if (bytes_ <= bytes_max_) return;
  fail({ErrorCode::kInvalidConfig,
        "the examples of the last " + std::to_string(label_wait_.value) + " ms take more than " +
            std::to_string(bytes_max_ >> 20) +
            " MiB, a quarter of state.memory_budget_mb; raise it, or lower "
            "examples.label_wait_ms"});
}

Status ExampleExport::finish() {
  for (auto& [partition, joiner] : joiners_) joiner.finish();
  if (failure_) return tl::unexpected(*failure_);
  return {};
}

ExampleCounts ExampleExport::counts() const {
  ExampleCounts all;
  for (const auto& [partition, joiner] : joiners_) {
    const ExampleCounts& one = joiner.counts();
    all.clicked += one.clicked;
    all.not_clicked += one.not_clicked;
    all.unlabelled += one.unlabelled;
    all.repeated += one.repeated;
    all.late += one.late;
  }
  return all;
}

std::string describe(const ExampleCounts& counts) {
  return "examples: " + std::to_string(counts.written()) +
         " rows: " + std::to_string(counts.clicked) + " with label 1, " +
         std::to_string(counts.not_clicked) + " with label 0, " +
         std::to_string(counts.unlabelled) +
         " without one (the log ended before their wait); left out: " +
         std::to_string(counts.repeated) + " repeated, " + std::to_string(counts.late) +
         " older than examples.label_wait_ms when they came\n";
}

}  // namespace freshet::pipeline
