// Task: one partition. Applies its records in order and says what each commit holds.
//
//   start -> reading again -> running -> closed
//              (records below publish_from    \-> close_clean: prepare_commit(kEverything), batch
//               are applied without output)    \-> close_dirty: memory is dropped, nothing written
//
// While it reads again it commits as ever: the position stays, applied_from moves up, and the users
// that change go to store and changelog anew. So memory stays bounded, and a task that is stopped
// midway goes on there.
//
// Invariant: everything below applied_from is in the saved state, and nothing at or past the
//            committed position ever is.
// Errors:    of process(): kCorruptState, kUnavailable (store), kFatal (offsets that go down).
//            After kUnavailable nothing of the record is applied, so it may be processed again;
//            after the others the task is closed dirty. kInvalidConfig where the topic is not
//            the one that the state is of.
// Threads:   one, the worker's. Cost: see EventScorer
// Oracle:    replay of the same records (tests/property/pipeline: a restart changes no output)
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/log_position.h"
#include "common/status.h"
#include "pipeline/events/record.h"
#include "pipeline/models/model_source.h"
#include "pipeline/models/recorded_swaps.h"
#include "pipeline/restore/restore_runner.h"
#include "pipeline/scoring/event_scorer.h"
#include "pipeline/scoring/score_observers.h"
#include "pipeline/scoring/shadow_scores.h"
#include "pipeline/scoring/side_output.h"
#include "pipeline/state/checkpointer.h"
#include "pipeline/state/partition_state.h"
#include "pipeline/state/save_runner.h"
#include "pipeline/status/counters.h"
#include "pipeline/status/partition_lag.h"
#include "pipeline/status/status_board.h"
#include "pipeline/task/events_ahead.h"
#include "pipeline/task/output_buffer.h"
#include "pipeline/task/task_start.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

// 128 bits of the system's entropy.
stateful::LineageId random_lineage();

// What every task of a worker shares. Everything outlives the tasks.
struct TaskContext {
  const WorkerConfig* config = nullptr;
  std::shared_ptr<const ServedModel> model;
  stateful::StateStore* store = nullptr;
  const Clock* clock = nullptr;
  Counters* counters = nullptr;
  ScoreObserver* observer = nullptr;  // none normally
  RestoreRunner* restores = nullptr;  // none without a changelog
  SaveRunner* saves = nullptr;        // none: tasks write their batches themselves
  // Names the history of a partition that starts for the first time: never the same twice.
  std::function<stateful::LineageId()> make_lineage = random_lineage;
  ServedModels beside = {};              // score the same snapshots as `model`
  const ModelSource* newer = nullptr;    // of models newer than `model`; none where it stays
  const RecordedSwaps* swaps = nullptr;  // of a replay that repeats a run; none normally
  // Whether the first of these is the shadow, whose scores go to OutputTopic::kShadow.
  bool publishes_shadow = false;
  // Makes a task's records for OutputTopic::kExamples; none where there is no such topic.
  std::function<std::unique_ptr<SideOutput>()> make_examples = nullptr;

  ServedModels models() const;  // `model`, then those beside it
};

// One commit of one task: the position for the group, the batch for the store and the changelog.
struct TaskCommit {
  std::optional<CommittedPosition> position;         // none where the group's own marker stands
  std::shared_ptr<stateful::CheckpointBatch> batch;  // the task reads it until it is written
  std::string changelog_marker;  // the batch's marker as the changelog takes it; empty without one
};

// What the transport commits of it; the views refer to `commit`. Requires: it has a position.
PartitionCommit partition_commit(const TaskCommit& commit);

class Task {
 public:
  // `owner` was taken before `stored` was read. Requires: start was planned from the same two.
  Task(const TaskContext& context, Partition partition, const TaskStart& start,
       stateful::OwnerToken owner, const std::optional<stateful::StoredMarker>& stored,
       std::string fingerprint, std::size_t cache_bytes);
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  // Applies the record. Returns its output or dead letter, and behind it what goes to other topics
  // beside it; nothing where nothing is published (it is read again, or a tombstone). The records
  // live until the next call.
  Result<std::span<const OutputRecord>> process(const InputRecord& record);
  // How many of that record's examples were too much for one event, and are not among them.
  std::size_t examples_left_out() const { return examples_left_out_; }

  // A step of look_ahead.h, for a record of the partition whose turn comes later.
  void look_ahead(const InputRecord& record, LookAhead what) {
    ahead_.look_ahead(record, what, state_);
  }

  // The dead letter of a record whose output the topic does not take. The event stays applied.
  OutputRecord dead_letter(const InputRecord& record, const Refusal& refusal);

  // Scores with this model from the next record on, and with those beside it as before. The next
  // marker says so. Returns false where it is the one that is served.
  bool serve(std::shared_ptr<const ServedModel> model);
  bool serves(const std::shared_ptr<const ServedModel>& model) const {
    return model == context_.model;
  }
  // What is served, and from where on.
  const stateful::MarkedModel& served() const { return served_; }
  // Pools some of the users anew that were not used since serve(); false where none is left.
  bool repool() { return state_.repool(); }

  using Save = pipeline::Save;

  // Some of what the next commits have to do, little enough to stand between two records: users are
  // encoded, and the store is looked through for collection. False where nothing is due by now. In
  // an error it is as post_commit().
  Result<bool> step();

  // Whether changed users crowd the task's memory, which keeps them until they are saved. A step is
  // due then behind each record, and where must_commit() says so a commit before it, as no commit
  // holds more than its bytes.
  bool is_crowded() const { return state_.is_crowded(); }
  bool must_commit() const { return checkpointer_.must_commit(); }

  // What a commit of this moment holds; none when there is nothing to commit. The caller flushes
  // the outputs, commits, and then calls post_commit with the same commit, whose batch has been
  // told where the changelog goes on.
  std::optional<TaskCommit> prepare_commit(Save save);

  // The same while the state is made again from the input alone: always a batch, under the marker
  // that the group has committed, whose position stands. Requires: nothing has been published.
  TaskCommit prepare_rebuilt(Save save);

  // The record's output or dead letter has been handed over.
  void note_output(const InputRecord& record) { lag_.note_output(record.timestamp); }
  // The position of the last prepared commit is committed, so everything below it is visible.
  void note_committed();

  // Begins to write the batch of a commit whose position is committed; without a SaveRunner it is
  // written when this returns. A batch that the store drops because the partition was taken over is
  // kFenced.
  Status post_commit(const TaskCommit& commit);
  // Returns once that batch is in the store, with the same errors. To be called before the next
  // prepare_commit(), and before the partition is given away.
  Status finish_save() { return checkpointer_.finish(); }
  // Waits until nobody writes for this task any more, whatever comes of it. It has to be closed.
  void abandon_save() { checkpointer_.abandon(); }

  Partition partition() const { return partition_; }
  stateful::OwnerToken owner() const { return owner_; }
  Position read_from() const { return position_; }  // where reading begins, or goes on
  bool reading_again() const { return position_ < publish_from_; }
  // Whether a record is below what the group has committed: applied without output.
  bool is_committed(Offset offset) const { return is_before(offset, publish_from_); }
  // The position that is committed, below which everything is visible.
  Position committed() const { return visible_; }
  std::optional<EventTime> stream_time() const { return state_.stream_time(); }
  // Whether a commit is due although nothing has happened: on a first start, and where the group's
  // position names a changelog that is off now, or a quiet partition would miss it when it is gone.
  bool needs_first_commit() const { return needs_first_commit_; }
  // Whether the newest record that the group knows of has not been read again yet.
  bool last_record_is_due() const { return last_record_is_due_; }

  // What others may know of it. `end` is the input's, where the brokers have told one.
  PartitionStatus status(std::optional<Position> end);
  std::size_t hot_users_bytes() const { return state_.cache_bytes(); }
  std::size_t encoded_users_bytes() const { return state_.encoded_bytes(); }
  std::size_t changed_users() const { return state_.changed_count(); }

  // The user's visible clicks and representation as JSON (pipeline/scoring/user_explanation.h);
  // none for an unknown user. kUnavailable while the input is read again, as older clicks are
  // missing then.
  Result<std::optional<std::string>> explain(const UserId& user);

 private:
  ScoreObserver* observer() { return observers_.empty() ? nullptr : &observers_; }
  Status accept_offset(const InputRecord& record);
  Status check_last_record(const InputRecord& record);
  Result<PartitionState::User*> find_user(const UserId& user);
  Status apply_and_score(const InputRecord& record);
  void add_examples(const InputRecord& record);
  void encode(const ScoreEvent& event);
  Status apply_only(const InputRecord& record);
  void note_last_record(const InputRecord& record);
  // With its value's hash, which is asked for at commits alone.
  const std::optional<stateful::LastRecord>& last_record();
  Position applied() const { return std::max(position_, apply_from_); }
  std::shared_ptr<stateful::CheckpointBatch> take_batch(std::uint64_t marker_number,
                                                        Position position);

  TaskContext context_;
  Partition partition_;
  stateful::OwnerToken owner_;
  std::string fingerprint_;
  stateful::LineageId lineage_;
  std::uint64_t next_marker_;
  Position position_;  // the next record to process
  Position publish_from_;
  Position committed_;  // the last position that a commit carried
  Position visible_;    // and that the group has taken
  bool needs_first_commit_;
  bool store_is_behind_;  // what the next start would read again is not all saved, or T is not
  Position apply_from_;   // what is read before is compared with last_record_ alone
  std::uint64_t acceptance_;
  stateful::MarkedModel served_;
  std::optional<stateful::LastRecord> last_record_;  // the newest that was ever applied
  bool last_record_is_hashed_ = true;                // or else last_value_ is its value
  std::string last_value_;
  bool last_record_is_due_;  // the topic has to hold it, and it has not been read yet

  std::unique_ptr<SideOutput> examples_;  // null: none are published
  std::size_t examples_left_out_ = 0;     // of the last record
  ScoreObservers observers_;              // the context's, and examples_
  EventsAhead ahead_;
  EventScorer scorer_;
  PartitionState state_;
  Checkpointer checkpointer_;
  PartitionLag lag_;
  ShadowScores shadow_;
  OutputBuffer outputs_;  // of the last record
};

}  // namespace freshet::pipeline
