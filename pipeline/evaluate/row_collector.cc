#include "pipeline/evaluate/row_collector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace freshet::pipeline {
namespace {

constexpr float kNoLogit = std::numeric_limits<float>::quiet_NaN();
constexpr scorer::CandidateLogit kNotScored{kNoLogit, kNoLogit, kNoLogit};

// The index that the key has, its next number where it is new.
template <class Map>
std::uint32_t index_in(Map* indices, const typename Map::key_type& key) {
  return indices->try_emplace(key, static_cast<std::uint32_t>(indices->size())).first->second;
}

// Its place among those that clicks of the label behaviour are looked for by.
bool is_label_click(const Event& event, std::size_t label_behaviour) {
  if (event.kind == EventKind::kClick) return event.behaviour == label_behaviour;
  return event.kind == EventKind::kImpression && event.label;
}

scorer::CandidateLogit logit_alone(float logit) { return {kNoLogit, kNoLogit, logit}; }

}  // namespace

RowCollector::RowCollector(const WorkerConfig& config, ServedModels models, CollectOptions options,
                           std::vector<std::unique_ptr<DelayedWorker>> delayed,
                           std::optional<NumberField> truth)
    : config_(config),
      models_(std::move(models)),
      options_(std::move(options)),
      delayed_(std::move(delayed)),
      truth_field_(std::move(truth)),
      encoder_(config),
      logits_(models_.size()),
      delayed_logits_(delayed_.size(), std::vector<std::vector<float>>(models_.size())) {}

Result<std::unique_ptr<RowCollector>> RowCollector::create(
    const WorkerConfig& config, ServedModels models, CollectOptions options,
    std::vector<std::unique_ptr<DelayedWorker>> delayed) {
  std::optional<NumberField> truth;
  if (!options.truth.empty()) {
    Result<NumberField> field = NumberField::at(options.truth);
    if (!field) return tl::unexpected(field.error());
    truth = std::move(*field);
  }
  return std::unique_ptr<RowCollector>(new RowCollector(
      config, std::move(models), std::move(options), std::move(delayed), std::move(truth)));
}

void RowCollector::fail(Error failure) {
  if (failure_) return;
  failure_ = std::move(failure);
  if (options_.on_failure) options_.on_failure();
}

bool RowCollector::is_wanted(const Event& event) const {
  if (options_.until && event.ts >= *options_.until) return false;
  return options_.rates || !options_.from || event.ts >= *options_.from;
}

void RowCollector::add_rows(const ScoredOn& scored) {
  const Event& event = scored.event;
  const bool request = event.kind == EventKind::kRequest;
  if (event.kind == EventKind::kClick || (request && !(options_.requests && event.candidates))) {
    return;
  }
  ++seen_;
  if (!is_wanted(event)) return;
  pending_->judged = !options_.from || event.ts >= *options_.from;
  Row row;
  row.judged = pending_->judged;
  row.user = index_in(&users_, event.user);
  row.length = static_cast<std::uint32_t>(scored.windows[0].count);
  if (options_.scene) row.scene = index_in(&scenes_, event.context[*options_.scene]);
  pending_->rows = encoder_.rows_of(scored);
  for (Example& example : pending_->rows) {
    example.ticket = rows_.size();
    row.item = index_in(&items_, example.item);
    rows_.push_back(row);
    if (!row.judged) continue;
    times_.push_back(event.ts);
    if (truth_field_) truth_.push_back(kNoLogit);
    for (auto& logits : logits_) logits.push_back(kNotScored);
  }
}

void RowCollector::on_scored(const ScoredOn& scored) {
  if (failure_) return;
  if (scored.model == 0) {
    pending_ = Pending{scored.event, scored.stream_time, {}, false};
    add_rows(scored);
  }
  if (!pending_ || !pending_->judged) return;
  std::vector<scorer::CandidateLogit>& logits = logits_[scored.model];
  const std::vector<Example> rows = encoder_.rows_of(scored);
  const std::size_t first = logits.size() - rows.size();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].served) logits[first + i] = *rows[i].served;
  }
}

LabelJoiner& RowCollector::joiner_of(Partition partition) {
  const auto found = joiners_.find(partition);
  if (found != joiners_.end()) return found->second;
  const auto write = [this](const Example& example) {
    if (!example.label) return;
    rows_[example.ticket].label = *example.label ? Label::kClicked : Label::kNotClicked;
  };
  return joiners_.emplace(partition, LabelJoiner(config_.examples.label_wait, write)).first->second;
}

Status RowCollector::tell_delayed(Partition partition) {
  for (std::size_t d = 0; d < delayed_.size(); ++d) {
    DelayedWorker& worker = *delayed_[d];
    if (Status told =
            worker.process(partition, pending_->event, pending_->stream_time, pending_->judged);
        !told) {
      return told;
    }
    if (!pending_->judged) continue;
    for (std::size_t m = 0; m < models_.size(); ++m) {
      const std::vector<float>& logits = worker.logits()[m];
      std::vector<float>& all = delayed_logits_[d][m];
      all.insert(all.end(), logits.begin(), logits.end());
    }
  }
  return {};
}

void RowCollector::read_truth(const InputRecord& record) {
  const std::optional<double> p = truth_field_->read(*record.value);
  if (!p || !(*p > 0 && *p < 1)) return;
  const std::size_t count = pending_->rows.size();
  std::fill(truth_.end() - static_cast<std::ptrdiff_t>(count), truth_.end(),
            static_cast<float>(std::log(*p / (1 - *p))));
}

void RowCollector::join(Partition partition) {
  LabelJoiner& joiner = joiner_of(partition);
  const std::size_t bytes_before = joiner.bytes();
  const Event& event = pending_->event;
  joiner.advance(pending_->stream_time);
  if (!pending_->rows.empty()) {
    auto features = std::make_shared<ExampleFeatures>();
    features->user = event.user;
    features->ts = event.ts;
    const ExampleCounts before = joiner.counts();
    joiner.add(std::move(features), std::move(pending_->rows));
    if (pending_->judged) {
      left_out_.repeated += joiner.counts().repeated - before.repeated;
      left_out_.late += joiner.counts().late - before.late;
    }
  }
  if (is_label_click(event, config_.events.label_behaviour)) {
    joiner.click(event.user, *event.item, event.ts);
  }
  bytes_ = bytes_ - bytes_before + joiner.bytes();
  if (bytes_ <= options_.bytes_max) return;
  fail({ErrorCode::kInvalidConfig,
        "the impressions of the last " + std::to_string(config_.examples.label_wait.value) +
            " ms take more than " + std::to_string(options_.bytes_max >> 20) +
            " MiB, a quarter of state.memory_budget_mb; raise it, or lower "
            "examples.label_wait_ms"});
}

void RowCollector::on_output(const InputRecord& record, const OutputRecord&) {
  if (!pending_ || failure_) return;
  if (truth_field_ && pending_->judged) read_truth(record);
  if (Status told = tell_delayed(record.partition); !told) fail(std::move(told.error()));
  join(record.partition);
  pending_.reset();
}

Result<JudgedLog> RowCollector::finish() {
  for (auto& [partition, joiner] : joiners_) joiner.finish();
  if (failure_) return tl::unexpected(*failure_);
  std::vector<std::size_t> kept;
  JudgedLog log = take_rows(&kept);
  if (Status judgeable = check(log); !judgeable) return tl::unexpected(judgeable.error());
  add_entrants(kept, &log);
  return log;
}

JudgedLog RowCollector::take_rows(std::vector<std::size_t>* kept) const {
  JudgedLog log;
  log.left_out = left_out_;
  log.scenes.resize(scenes_.size());
  for (const auto& [scene, index] : scenes_) log.scenes[index] = scene;
  std::unordered_map<std::uint32_t, std::uint32_t> users;
  std::size_t judged = 0;
  for (const Row& row : rows_) {
    if (!row.judged) continue;
    const std::size_t place = judged++;
    if (row.label == Label::kNone) continue;
    const EventTime ts = times_[place];
    log.first = kept->empty() ? ts : std::min(log.first, ts);
    log.last = kept->empty() ? ts : std::max(log.last, ts);
    kept->push_back(place);
    log.rows.push_back(
        {index_in(&users, row.user), row.scene, row.length, row.label == Label::kClicked});
  }
  log.users = users.size();
  log.left_out.unlabelled = judged - log.rows.size() - log.left_out.repeated - log.left_out.late;
  return log;
}

Status RowCollector::check(const JudgedLog& log) const {
  const auto failed = [](const std::string& message) -> Status {
    return error(ErrorCode::kFatal, message);
  };
  if (seen_ == 0) {
    return failed(
        "the log has no impressions to judge; where it has requests that name their candidates, "
        "and clicks, --requests judges these");
  }
  if (times_.empty()) {
    return failed("none of the log's " + std::to_string(seen_) +
                  " impressions lies within --from and --until");
  }
  if (log.rows.empty()) {
    return failed("none of the " + std::to_string(times_.size()) +
                  " impressions to judge has a label: events.fields.label is " +
                  config_.events.fields.label +
                  ", and what has none there waits for a click for examples.label_wait_ms, which "
                  "the log's end cut off");
  }
  const auto clicked = std::count_if(log.rows.begin(), log.rows.end(),
                                     [](const JudgedImpression& row) { return row.clicked; });
  if (clicked == 0 || static_cast<std::size_t>(clicked) == log.rows.size()) {
    return failed("all " + std::to_string(log.rows.size()) + " impressions that are judged are " +
                  (clicked == 0 ? "not clicked" : "clicked") +
                  ": an AUC needs both; is events.fields.label (" + config_.events.fields.label +
                  ") the right field?");
  }
  const auto has_truth = [](float logit) { return !std::isnan(logit); };
  if (truth_field_ && std::none_of(truth_.begin(), truth_.end(), has_truth)) {
    return failed("none of the " + std::to_string(times_.size()) +
                  " impressions to judge has a number between 0 and 1 in the field " +
                  options_.truth + ", which --truth names: `generate --truth` writes p");
  }
  return {};
}

void RowCollector::add_entrants(const std::vector<std::size_t>& kept, JudgedLog* log) {
  for (const auto& worker : delayed_) log->delays.push_back(worker->delay());
  for (std::size_t m = 0; m < models_.size(); ++m) {
    Entrant entrant;
    entrant.label = models_[m]->label;
    for (const std::size_t place : kept) entrant.logits.push_back(logits_[m][place]);
    logits_[m] = {};
    for (auto& delayed : delayed_logits_) {
      std::vector<float>& logits = entrant.delayed.emplace_back();
      for (const std::size_t place : kept) logits.push_back(delayed[m][place]);
      delayed[m] = {};
    }
    log->entrants.push_back(std::move(entrant));
  }
  if (options_.rates) log->entrants.push_back(rates(kept));
  if (truth_field_) log->entrants.push_back(truth(kept));
}

Entrant RowCollector::rates(const std::vector<std::size_t>& kept) const {
  SmoothedRates rates;
  std::vector<SmoothedRates::Place> judged;
  for (const Row& row : rows_) {
    const SmoothedRates::Place place{row.item, row.user, row.scene};
    if (row.judged) {
      judged.push_back(place);
    } else if (row.label != Label::kNone) {
      rates.learn(place, row.label == Label::kClicked);
    }
  }
  Entrant entrant;
  entrant.kind = EntrantKind::kRates;
  for (const std::size_t place : kept) {
    entrant.logits.push_back(logit_alone(rates.logit(judged[place])));
  }
  return entrant;
}

Entrant RowCollector::truth(const std::vector<std::size_t>& kept) const {
  Entrant entrant;
  entrant.kind = EntrantKind::kTruth;
  for (const std::size_t place : kept) entrant.logits.push_back(logit_alone(truth_[place]));
  return entrant;
}

}  // namespace freshet::pipeline
