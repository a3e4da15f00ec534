// RowCollector: sees a replay, and keeps what is judged of it: rows, labels, each model's logits.
//
// Judged are impressions (and, where asked for, each candidate of a request that names its own)
// within [from, until), on what came strictly before them, each (user, item, time) once. Labels
// are joined as for examples (pipeline/examples/label_joiner.h). What lies before `from` feeds the
// state, and the smoothed rates where these are asked for.
// Errors:  the first one is kept, ends the collecting and is what finish() returns: kInvalidConfig
//          where the rows that wait for labels outgrow `bytes_max`, what a DelayedWorker says, and
//          at the end kFatal, with the reason, where nothing or one class alone is there to judge.
//          `on_failure` is called once, at the moment of the first
// Threads: the task's
// Cost:    20 B an impression seen, 12 B for each model and 4 B for each model and delay of those
//          within the span; what waits for labels beside it
// Oracle:  the examples of the same replay (tests/e2e/evaluate_test.py)
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/evaluate/delayed_worker.h"
#include "pipeline/evaluate/judged_log.h"
#include "pipeline/evaluate/number_field.h"
#include "pipeline/evaluate/smoothed_rates.h"
#include "pipeline/examples/example_encoder.h"
#include "pipeline/examples/label_joiner.h"
#include "pipeline/scoring/score_observer.h"

namespace freshet::pipeline {

struct CollectOptions {
  std::optional<EventTime> from;
  std::optional<EventTime> until;
  std::optional<std::size_t> scene;  // index in events.context
  bool requests = false;             // candidates of requests are judged, too
  bool rates = false;                // learned from what is before `from`
  std::string truth;                 // the path of a probability in the event; empty: none
  std::size_t bytes_max = std::size_t{1} << 30;  // of what waits for labels
  std::function<void()> on_failure;
};

class RowCollector final : public ScoreObserver {
 public:
  // The models are those of the replay's tasks. `delayed` may be empty.
  static Result<std::unique_ptr<RowCollector>> create(
      const WorkerConfig& config, ServedModels models, CollectOptions options,
      std::vector<std::unique_ptr<DelayedWorker>> delayed);

  void on_scored(const ScoredOn& scored) override;
  void on_output(const InputRecord& record, const OutputRecord& output) override;

  // What is judged; nothing comes after it. Of the entrants, in the order of the models and then
  // rates and truth, name and path are the caller's to set.
  Result<JudgedLog> finish();

 private:
  enum class Label : std::uint8_t { kNone, kNotClicked, kClicked };
  struct Row {
    std::uint32_t item = 0;
    std::uint32_t user = 0;
    std::uint32_t scene = 0;
    std::uint32_t length = 0;
    bool judged = false;  // else it is before `from`
    Label label = Label::kNone;
  };
  // What on_scored keeps of an event until its record is told.
  struct Pending {
    Event event;
    EventTime stream_time;
    std::vector<Example> rows;
    bool judged = false;
  };

  RowCollector(const WorkerConfig& config, ServedModels models, CollectOptions options,
               std::vector<std::unique_ptr<DelayedWorker>> delayed,
               std::optional<NumberField> truth);

  bool is_wanted(const Event& event) const;
  void add_rows(const ScoredOn& scored);
  LabelJoiner& joiner_of(Partition partition);
  Status tell_delayed(Partition partition);
  void join(Partition partition);
  void read_truth(const InputRecord& record);
  void fail(Error failure);
  Status check(const JudgedLog& log) const;
  // Takes the judged and labelled rows; `kept` are their places among the judged ones.
  JudgedLog take_rows(std::vector<std::size_t>* kept) const;
  void add_entrants(const std::vector<std::size_t>& kept, JudgedLog* log);
  Entrant rates(const std::vector<std::size_t>& kept) const;
  Entrant truth(const std::vector<std::size_t>& kept) const;

  const WorkerConfig& config_;
  ServedModels models_;
  CollectOptions options_;
  std::vector<std::unique_ptr<DelayedWorker>> delayed_;
  std::optional<NumberField> truth_field_;
  ExampleEncoder encoder_;
  std::map<Partition, LabelJoiner> joiners_;
  std::size_t bytes_ = 0;  // of all joiners
  std::optional<Pending> pending_;
  std::optional<Error> failure_;

  std::vector<Row> rows_;
  std::vector<EventTime> times_;                                 // [judged]
  std::vector<std::vector<scorer::CandidateLogit>> logits_;      // [models][judged]
  std::vector<std::vector<std::vector<float>>> delayed_logits_;  // [delays][models][judged]
  std::vector<float> truth_;                                     // [judged]
  std::unordered_map<ItemId, std::uint32_t> items_;
  std::unordered_map<UserId, std::uint32_t> users_;
  std::map<std::optional<std::string>, std::uint32_t> scenes_;
  LeftOut left_out_;
  std::uint64_t seen_ = 0;  // events of the kinds that are judged, whatever their time
};

}  // namespace freshet::pipeline
