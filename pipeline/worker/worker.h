// Worker: one stream thread's loop, poll -> process -> commit, and what each error leads to.
//
// The one place that maps an error's code to an action:
//   kUnavailable                    pause, back off, try the same thing again
//   kFenced                         close dirty, make a new transport, rejoin; too many times
//                                   without a step forward are kFatal
//   kCorruptState of a partition    set its state aside, then as kFenced
//   everything else                 close dirty, commit nothing more, return the error
// A commit is: outputs flushed; then, in one transaction, positions and changelog entries of every
// task (exactly-once: the outputs too); then each task's batch is on its way to the store, and the
// next commit waits for it. Where no output is part of the transaction, records are processed while
// it is under way, as those of the next commit. That one waits for it, and so does a model swap;
// who gives partitions away waits for it and commits once more. A crash in between leaves the store
// behind the group, which the next start repairs from the changelog or by reading again. Behind a
// commit all tasks go over to a newer model, where there is one. Between two records, and between
// two polls, tasks take small steps towards the next commits (pipeline/state/checkpointer.h), so
// that a commit is no long pause in scoring.
//
// Threads: run() belongs to one thread; StopSignal may be requested from any, and what status() and
//          users() give may be used from any.
// Cost:    nothing beyond its tasks'; no lock on the path of a record
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/status.h"
#include "pipeline/status/commit_times.h"
#include "pipeline/status/counters.h"
#include "pipeline/status/duration_timer.h"
#include "pipeline/status/status_board.h"
#include "pipeline/status/user_mailbox.h"
#include "pipeline/stop_signal.h"
#include "pipeline/task/task_manager.h"
#include "pipeline/transport.h"
#include "pipeline/worker/restart_limit.h"

namespace freshet::pipeline {

using TransportFactory = std::function<Result<std::unique_ptr<Transport>>()>;

class Worker final : public RebalanceListener {
 public:
  // The context's counters are the worker's own; everything it points to outlives the worker.
  Worker(const TaskContext& context, std::size_t cache_bytes, TransportFactory make_transport,
         StopSignal* stop);

  // Runs until the input ends, a stop is requested (everything is committed then), or an error
  // that cannot be recovered from, which is returned.
  Status run();

  const StatusBoard& status() const { return board_; }
  UserMailbox& users() { return users_; }

  Status on_assigned(std::span<const Partition> partitions) override;
  Status on_revoked(std::span<const Partition> partitions) override;
  Status on_lost(std::span<const Partition> partitions) override;

 private:
  // What is sent beside the main output before a commit comes early: a transaction that took more
  // than brokers write within transaction.timeout.ms would be fenced, and the same again for ever.
  static constexpr std::size_t kBesideBytesPerCommit = std::size_t{8} << 20;

  // A commit between its flush and its outcome.
  struct CommitUnderWay {
    std::vector<std::pair<Task*, TaskCommit>> commits;
    std::vector<PartitionCommit> partitions;  // refer to `commits`
    CommitTimes times;
    std::optional<DurationTimer> timer;
    bool is_beside = false;  // an answer was that it goes on
  };

  Status run_in_group();
  Status loop();
  // Polls; after an outage nothing read counts as read only once a broker answers.
  Result<RecordBatch> read();
  std::chrono::milliseconds poll_wait() const;
  Status process(const RecordBatch& batch);
  // Where input.offsets is contiguous: a gap is kFenced, so that it is read again, and kFatal where
  // it is there the second time or cannot be read again.
  Status check_contiguous(const InputRecord& record, const Task& task);
  Result<std::span<const OutputRecord>> apply(const InputRecord& record, Task* task);
  // Sends the record's outputs. A main one that its topic does not take becomes a dead letter, one
  // beside it is left out and counted. In worker_outputs.cc.
  Status publish(const InputRecord& record, std::span<const OutputRecord> outputs, Task* task);
  Status publish_main(const InputRecord& record, const OutputRecord& output, Task* task);
  Status publish_beside(const InputRecord& record, const OutputRecord& output);
  std::string place_of(const InputRecord& record) const;
  Status send(const OutputRecord& output);
  Status start_restored();
  // These are in worker_commit.cc.
  Status commit_first_starts();
  Status commit_if_due();
  // Of all tasks: a transaction that holds outputs of one holds its position, too. Waits for the
  // one under way first, and for its own.
  Status commit(Task::Save save);
  // Prepares it and waits until what was sent is acknowledged; it is under way then, unless there
  // is nothing to commit. Requires: none is.
  Status begin_commit(Task::Save save);
  // Goes on with the commit under way, if there is one; to its end where `wait`.
  Status go_on_with_commit(bool wait);
  // It is committed: its batches follow.
  Status end_commit(const ChangelogPositions& changelog_positions);
  // For who is closed dirty: nobody asks for its outcome any more.
  void give_up_commit();
  Status save(Task* task, const TaskCommit& commit);
  // Waits for the batches of the last commit.
  Status finish_saves();
  // One step of one task towards its next commits; false where none is due.
  Result<bool> step();
  Result<bool> step_of(Task* task);
  // For a task whose memory is crowded: commits where that is due, and saves some of its users.
  Status relieve(Task* task);
  // Steps while some are due, for a moment.
  Status step_until_done();
  // Repeats `attempt` while it says kUnavailable; gives up when a stop's grace is over, and, as
  // kFenced, when the group has waited for long enough.
  Status persist(Operation operation, const std::function<Status()>& attempt);
  // A task's error as the loop takes it: state that is corrupt has been set aside by then.
  tl::unexpected<Error> recoverable(Task* task, const Error& error);
  void note_failure(Operation operation, const std::string& message);
  void beat() { board_.beat(context_.clock->monotonic_ms()); }
  void publish_status_if_due();
  void publish_status();
  UserMailbox::Answer explain(Partition partition, const UserId& user);

  TaskContext context_;
  StatusBoard board_;
  UserMailbox users_;
  TaskManager tasks_;
  TransportFactory make_transport_;
  StopSignal* stop_;
  std::unique_ptr<CommitUnderWay> under_way_;  // none: no commit is
  std::unique_ptr<CommitUnderWay> given_up_;   // until the transport does not refer to it any more
  std::unique_ptr<Transport> transport_;
  std::int64_t last_commit_ms_ = 0;
  std::int64_t last_status_ms_ = 0;
  std::size_t records_since_commit_ = 0;
  std::size_t bytes_beside_ = 0;               // sent since the last commit beside the main output
  bool commit_is_urgent_ = false;              // whatever the time and the number of records
  std::size_t next_step_ = 0;                  // counts; the task whose turn it is
  std::chrono::microseconds longest_step_{0};  // since the last commit
  bool input_ended_ = false;
  std::optional<Trouble> trouble_;
  std::optional<std::int64_t> give_back_by_ms_;  // while the group waits for partitions
  RestartLimit restarts_;
  std::array<bool, kOutputTopics> told_refused_{};  // that a topic does not take a record
  bool told_long_event_ = false;
  std::map<Partition, Position> gaps_;  // where records were missing, and have been read again
};

}  // namespace freshet::pipeline
