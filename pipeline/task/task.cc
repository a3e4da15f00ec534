#include "pipeline/task/task.h"

#include <algorithm>
#include <random>
#include <utility>

#include "common/check.h"
#include "pipeline/events/event_checks.h"
#include "pipeline/input_place.h"
#include "pipeline/input_reach.h"
#include "pipeline/position_metadata.h"
#include "pipeline/scoring/user_explanation.h"

namespace freshet::pipeline {
namespace {

// A dead letter repeats its record up to this size, which fits every topic with Kafka's default
// limit together with the headers; what is larger is named by size and hash instead.
constexpr std::size_t kDeadLetterBytesMax = 512 << 10;

// The newest record that is known is read again, whatever else is.
Position first_read(const TaskStart& start) {
  if (!start.last_record_is_retained) return start.read_from;
  return std::min(start.read_from, Position{start.last_record->offset.value});
}

// A longer value is hashed at once: keeping it would cost as much.
constexpr std::size_t kHashedLaterBytesMax = 4'096;

std::uint64_t hash_of(const InputRecord& record) {
  return stateful::hash_of_value(record.value.value_or(""));
}

std::optional<EventTime> newest_record_of(const std::optional<stateful::StoredMarker>& stored) {
  if (!stored || !stored->marker.last_record) return std::nullopt;
  return stored->marker.last_record->record_time;
}

stateful::MarkedModel marked(const ServedModel& model, Position first) {
  return {first, model.label, model.model->checksum, model.pool_checksum};
}

// What the task serves as of its start: where the last marker names the same, it goes on.
stateful::MarkedModel served_from_start(const ServedModel& model, Position publish_from,
                                        const std::optional<stateful::StoredMarker>& stored) {
  stateful::MarkedModel served = marked(model, publish_from);
  if (!stored || !stored->marker.model) return served;
  const stateful::MarkedModel& before = *stored->marker.model;
  served.first_position = before.first_position;
  if (served != before) served.first_position = publish_from;
  return served;
}

}  // namespace

stateful::LineageId random_lineage() {
  std::random_device entropy;
  stateful::LineageId lineage;
  for (std::uint8_t& byte : lineage.bytes) byte = static_cast<std::uint8_t>(entropy());
  return lineage;
}

ServedModels TaskContext::models() const {
  ServedModels models{model};
  models.insert(models.end(), beside.begin(), beside.end());
  return models;
}

PartitionCommit partition_commit(const TaskCommit& commit) {
  FRESHET_CHECK(commit.position.has_value());
  PartitionCommit out{commit.batch->partition, *commit.position, {}};
  if (commit.changelog_marker.empty()) return out;
  out.changelog.reserve(commit.batch->users.size() + 1);
  for (const stateful::UserChange& change : commit.batch->users) {
    out.changelog.push_back({change.user.view(), change.value});
  }
  out.changelog.push_back({"", commit.changelog_marker});
  return out;
}

Task::Task(const TaskContext& context, Partition partition, const TaskStart& start,
           stateful::OwnerToken owner, const std::optional<stateful::StoredMarker>& stored,
           std::string fingerprint, std::size_t cache_bytes)
    : context_(context),
      partition_(partition),
      owner_(owner),
      fingerprint_(std::move(fingerprint)),
      lineage_(start.lineage),
      next_marker_(start.next_marker),
      position_(first_read(start)),
      publish_from_(start.publish_from),
      committed_(start.publish_from),
      visible_(start.publish_from),
      needs_first_commit_(start.first_start || (start.in_changelog && !context.config->changelog)),
      store_is_behind_(!stored || stored->marker.number + 1 < start.next_marker ||
                       stored->marker.applied_from < stored->marker.position),
      apply_from_(start.read_from),
      acceptance_(acceptance_hash(*context.config, fingerprint_)),
      served_(served_from_start(*context.model, start.publish_from, stored)),
      last_record_(start.last_record),
      last_record_is_due_(start.last_record_is_retained),
      examples_(context.make_examples ? context.make_examples() : nullptr),
      observers_({context.observer, examples_.get()}),
      ahead_(*context.config),
      scorer_(*context.config, context.models(), observer()),
      state_(context.store, partition, owner, context.models(), context.config->limits(), stored,
             cache_bytes),
      checkpointer_(&context.config->checkpoint, context.clock, context.store, context.saves,
                    context.counters, &state_),
      lag_(context.clock->now(), newest_record_of(stored)) {}

bool Task::serve(std::shared_ptr<const ServedModel> model) {
  if (model == context_.model) return false;
  context_.model = std::move(model);
  scorer_ = EventScorer(*context_.config, context_.models(), observer());
  state_.serve(context_.models());
  served_ = marked(*context_.model, std::max(position_, publish_from_));
  ++context_.counters->model_swaps;
  return true;
}

Status Task::accept_offset(const InputRecord& record) {
  FRESHET_CHECK(record.partition == partition_);
  if (!is_before(record.offset, position_)) return {};
  return error(ErrorCode::kFatal,
               input_place(context_.config->kafka.input, partition_, record.offset) +
                   ": offsets went down, " + std::to_string(position_.value) +
                   " was expected; the worker stops before it counts a record twice");
}

// A topic that was deleted and made again has other records at the same offsets.
Status Task::check_last_record(const InputRecord& record) {
  if (!last_record_is_due_ || record.offset < last_record_->offset) return {};
  const std::string place =
      input_place(context_.config->kafka.input, partition_, last_record_->offset);
  if (record.offset > last_record_->offset) {
    return tl::unexpected(made_anew(place, "the record that was applied last is not there"));
  }
  const bool same_time = !record.timestamp || !last_record_->record_time ||
                         *record.timestamp == *last_record_->record_time;
  if (!same_time || hash_of(record) != last_record()->value_hash) {
    return tl::unexpected(made_anew(place, "not the record that was applied last"));
  }
  last_record_is_due_ = false;
  return {};
}

Result<PartitionState::User*> Task::find_user(const UserId& user) {
  const std::uint64_t misses = state_.misses();
  Result<PartitionState::User*> found = state_.user(user);
  if (!found) return found;
  ++(state_.misses() == misses ? context_.counters->hot_user_hits
                               : context_.counters->hot_user_misses);
  return found;
}

Result<std::span<const OutputRecord>> Task::process(const InputRecord& record) {
  if (Status accepted = accept_offset(record); !accepted) return tl::unexpected(accepted.error());
  if (Status same = check_last_record(record); !same) return tl::unexpected(same.error());
  const bool publish = !is_before(record.offset, publish_from_);
  if (context_.swaps != nullptr) {
    if (auto model = context_.swaps->at(partition_, record.offset)) serve(std::move(model));
  }
  outputs_.clear();
  examples_left_out_ = 0;
  if (!record.value) {
    if (publish) ++context_.counters->tombstones;
  } else if (publish) {
    if (Status scored = apply_and_score(record); !scored) return tl::unexpected(scored.error());
    if (context_.observer != nullptr) context_.observer->on_output(record, outputs_.records()[0]);
    add_examples(record);
  } else if (!is_before(record.offset, apply_from_)) {
    if (Status applied = apply_only(record); !applied) return tl::unexpected(applied.error());
  }
  ++(publish ? context_.counters->records : context_.counters->records_reread);
  lag_.note_record(record.timestamp);
  position_ = position_after(record.offset);
  if (!last_record_ || record.offset > last_record_->offset) note_last_record(record);
  ahead_.forget(record);
  return outputs_.records();
}

void Task::note_last_record(const InputRecord& record) {
  const std::string_view value = record.value.value_or("");
  last_record_ = stateful::LastRecord{record.offset, record.timestamp, 0};
  last_record_is_hashed_ = value.size() > kHashedLaterBytesMax;
  if (last_record_is_hashed_) {
    last_record_->value_hash = hash_of(record);
  } else {
    last_value_.assign(value);
  }
}

const std::optional<stateful::LastRecord>& Task::last_record() {
  if (!last_record_is_hashed_) last_record_->value_hash = stateful::hash_of_value(last_value_);
  last_record_is_hashed_ = true;
  return last_record_;
}

void Task::add_examples(const InputRecord& record) {
  if (examples_ == nullptr) return;
  std::vector<OutputRecord> records;
  examples_left_out_ = examples_->add_records(record, &records);
  context_.counters->examples += records.size() + examples_left_out_;
  for (OutputRecord& example : records) *outputs_.add() = std::move(example);
}

OutputRecord Task::dead_letter(const InputRecord& record, const Refusal& refusal) {
  ++context_.counters->dead_letters[static_cast<std::size_t>(refusal.reason)];
  OutputRecord letter = make_dead_letter(record, context_.config->kafka.input, refusal);
  const std::size_t key_bytes = record.key ? record.key->size() : 0;
  const std::size_t value_bytes = record.value ? record.value->size() : 0;
  if (key_bytes + value_bytes > kDeadLetterBytesMax) {
    letter.key.reset();
    letter.value.emplace();
    letter.headers.push_back({"freshet.value_bytes", std::to_string(value_bytes)});
    letter.headers.push_back(
        {"freshet.value_hash", std::to_string(stateful::hash_of_value(record.value.value_or("")))});
  }
  return letter;
}

Status Task::apply_and_score(const InputRecord& record) {
  const EventsAhead::Decoded& event = ahead_.event_of(record);
  if (!event) {
    *outputs_.add() = dead_letter(record, event.error());
    return {};
  }
  if (const auto refusal = check_event(*event, record, context_.config->input)) {
    *outputs_.add() = dead_letter(record, *refusal);
    return {};
  }
  state_.advance_stream_time(event->ts);
  Result<PartitionState::User*> user = find_user(event->user);
  if (!user) return tl::unexpected(user.error());

  const AppliedEvent applied =
      scorer_.apply_and_score(*event, *state_.stream_time(), &(*user)->value());
  const ModelScores& scored = scorer_.scores(0);
  if (applied.changed) state_.note_change(*user, record.offset);
  Counters& counters = *context_.counters;
  counters.late += applied.late ? 1 : 0;
  counters.duplicate += applied.duplicate ? 1 : 0;
  counters.unknown_items += scored.unknown_items;
  counters.non_finite += scored.non_finite;
  state_.release(*user);

  ScoreEvent out;
  out.user_id = event->user.view();
  out.event_id = event->event_id;
  out.request_id = event->request_id;
  out.ts = event->ts;
  out.source = {context_.config->kafka.input, partition_, record.offset};
  out.sequence_length = applied.sequence_length;
  out.late = applied.late;
  out.duplicate = applied.duplicate;
  if (scored.refusal) {
    *outputs_.add() = dead_letter(record, *scored.refusal);
  } else {
    out.model = scorer_.models()[0]->label;
    out.scores = scored.scores;
    encode(out);
    ++counters.scores;
  }
  if (context_.publishes_shadow) {
    *outputs_.add() = shadow_.record_of(std::move(out), *scorer_.models()[1], scored,
                                        scorer_.scores(1), &counters);
  }
  return {};
}

void Task::encode(const ScoreEvent& event) {
  OutputRecord& output = *outputs_.add();
  output.topic = OutputTopic::kScores;
  if (!output.key) output.key.emplace();
  if (!output.value) output.value.emplace();
  output.key->assign(event.user_id);
  encode_score_event(event, &*output.value);
  output.headers.clear();
}

Status Task::apply_only(const InputRecord& record) {
  const EventsAhead::Decoded& event = ahead_.event_of(record);
  if (!event || check_event(*event, record, context_.config->input)) return {};
  state_.advance_stream_time(event->ts);
  Result<PartitionState::User*> user = find_user(event->user);
  if (!user) return tl::unexpected(user.error());
  if (scorer_.apply(*event, &(*user)->value())) state_.note_change(*user, record.offset);
  state_.release(*user);
  return {};
}

std::shared_ptr<stateful::CheckpointBatch> Task::take_batch(std::uint64_t marker_number,
                                                            Position position) {
  stateful::Marker marker;
  marker.lineage = lineage_;
  marker.number = marker_number;
  marker.position = position;
  marker.applied_from = state_.applied_from(applied());
  marker.stream_time = state_.stream_time();
  marker.digest = state_.digest();
  marker.user_count = state_.user_count();
  marker.fingerprint = fingerprint_;
  marker.last_record = last_record();
  marker.model = served_;
  std::shared_ptr<stateful::CheckpointBatch> batch = state_.take_slice();
  batch->partition = partition_;
  batch->owner = owner_;
  batch->marker = {std::move(marker), std::nullopt, context_.clock->now(), std::nullopt};
  return batch;
}

TaskCommit Task::prepare_rebuilt(Save save) {
  FRESHET_CHECK(position_ <= publish_from_);
  checkpointer_.fill(save);
  return {std::nullopt, take_batch(next_marker_ - 1, publish_from_), {}};
}

std::optional<TaskCommit> Task::prepare_commit(Save save) {
  checkpointer_.fill(save);
  const Position position = std::max(position_, publish_from_);
  const bool nothing_new = position == committed_ && state_.slice_is_empty();
  const bool must_catch_up = store_is_behind_ && !reading_again();
  if (nothing_new && !needs_first_commit_ && !must_catch_up) return std::nullopt;

  const MarkerRef ref{lineage_, next_marker_};
  ++next_marker_;
  committed_ = position;
  lag_.begin_commit();
  needs_first_commit_ = false;
  if (must_catch_up) store_is_behind_ = false;
  const CommittedState state{context_.config->changelog, acceptance_, state_.stream_time(),
                             last_record()};
  TaskCommit commit{CommittedPosition{position, encode_position_metadata({ref, state})},
                    take_batch(ref.number, position),
                    {}};
  if (context_.config->changelog) {
    commit.changelog_marker = stateful::encode_marker(commit.batch->marker.marker);
  }
  return commit;
}

Result<bool> Task::step() {
  // A change that comes of no record: nothing before the next one needs to be read again for it.
  return checkpointer_.step(Offset{applied().value});
}

void Task::note_committed() {
  visible_ = committed_;
  lag_.acknowledge(context_.clock->now(), &context_.counters->event_to_score);
}

PartitionStatus Task::status(std::optional<Position> end) {
  const Position next = std::max(position_, publish_from_);
  lag_.observe_end(next, end, context_.clock->now());
  PartitionStatus status;
  status.partition = partition_;
  status.committed = visible_;
  status.reading_again = reading_again();
  status.read_from = position_;
  status.publish_from = publish_from_;
  status.lag_records = lag_.records();
  status.oldest_waiting = lag_.oldest_waiting();
  return status;
}

Result<std::optional<std::string>> Task::explain(const UserId& user) {
  if (reading_again()) {
    return error(ErrorCode::kUnavailable,
                 "partition " + std::to_string(partition_.value) +
                     " reads again what was committed, so older clicks are missing; /readyz says "
                     "when it is done");
  }
  Result<std::optional<stateful::UserState>> state = state_.peek(user);
  if (!state) return tl::unexpected(state.error());
  if (!*state || !state_.stream_time()) return std::nullopt;
  const ServedModel& model = *scorer_.models()[0];
  const EventTime stream_time = *state_.stream_time();
  return explanation_json(user, model, stream_time,
                          explain_user(model, state_.limits(), **state, stream_time));
}

Status Task::post_commit(const TaskCommit& commit) { return checkpointer_.write(commit.batch); }

}  // namespace freshet::pipeline
