#include "bench/pipeline/replay_memory.h"

#include "bench/pipeline/allocations.h"
#include "common/check.h"

namespace freshet::bench {
namespace {

constexpr std::int64_t kUsPerRecord = 20;
constexpr std::size_t kRecordsPerStep = 64;  // as a worker has it
constexpr std::uint64_t kStreams = 1'000;    // of random numbers; the parts have others

pipeline::TaskContext context_of(Point* point, const Clock* clock, pipeline::Counters* counters) {
  return {&point->config(), point->model(0), &point->store(), clock, counters};
}

pipeline::TaskStart first_start() {
  pipeline::TaskStart start;
  start.first_start = true;
  return start;
}

}  // namespace

ReplayMemory::ReplayMemory(Point* point, Partition partition)
    : point_(point),
      partition_(partition),
      source_(point->options(), kStreams + static_cast<std::uint64_t>(partition.value)),
      task_(context_of(point, &clock_, &counters_), partition, first_start(),
            point->owner(partition), require(point->store().read_marker(partition)), "bench=1\n",
            point->cache_bytes()) {}

const pipeline::OutputRecord& ReplayMemory::process(const pipeline::InputRecord& record) {
  const auto outputs = task_.process(record);
  if (!outputs) fail(outputs.error());
  FRESHET_CHECK(outputs->size() == 1);
  FRESHET_CHECK(outputs->front().topic == pipeline::OutputTopic::kScores);
  return outputs->front();
}

void ReplayMemory::commit_if_due() {
  clock_.us += kUsPerRecord;
  ++records_since_commit_;
  const auto& limits = point_->config().commit;
  if (task_.must_commit() || records_since_commit_ >= limits.records_max ||
      clock_.monotonic_ms() - last_commit_ms_ >= limits.interval.value) {
    commit();
  }
  const bool is_turn = records_since_commit_ % kRecordsPerStep == 0;
  if (is_turn || task_.is_crowded()) require(task_.step());
}

void ReplayMemory::commit() {
  last_commit_ms_ = clock_.monotonic_ms();
  records_since_commit_ = 0;
  const auto prepared = task_.prepare_commit(pipeline::Task::Save::kScheduled);
  FRESHET_CHECK(prepared.has_value());
  require(task_.post_commit(*prepared));
  task_.note_committed();
}

void ReplayMemory::warm_up() {
  constexpr std::size_t kBatch = 10'000;
  ClickBatch batch;
  for (std::size_t done = 0; done < point_->options().warm_events; done += kBatch) {
    source_.fill(kBatch, &batch);
    replay(0, batch, kBatch, [](const auto&, const auto&) {});
  }
}

EventShares ReplayMemory::take_shares() {
  const auto since = [&](auto member) {
    return static_cast<double>(counters_.*member - counted_.*member);
  };
  const double events = since(&pipeline::Counters::records);
  const EventShares shares{since(&pipeline::Counters::hot_user_misses) / events,
                           since(&pipeline::Counters::users_saved) / events,
                           since(&pipeline::Counters::commits) / events};
  counted_ = counters_;
  return shares;
}

void ReplayStage::run(std::size_t count) {
  const std::uint64_t before = bench::allocations();
  replay_->replay(candidates_, batch_, count,
                  [this](const LoggedClick&, const pipeline::OutputRecord& output) {
                    copy_.take(*output.key, *output.value);
                  });
  allocated_ += bench::allocations() - before;
  ran_ += count;
}

}  // namespace freshet::bench
