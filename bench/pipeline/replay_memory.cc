#include "bench/pipeline/replay_memory.h"

#include "bench/pipeline/output_copy.h"
#include "common/check.h"

namespace freshet::bench {
namespace {

constexpr std::int64_t kUsPerRecord = 20;

pipeline::TaskContext context_of(Point* point, const Clock* clock, pipeline::Counters* counters) {
  return {&point->config(), point->model(0), &point->store(), clock, counters};
}

pipeline::TaskStart first_start() {
  pipeline::TaskStart start;
  start.first_start = true;
  return start;
}

class ReplayStage final : public Stage {
 public:
  ReplayStage(ReplayMemory* replay, std::size_t candidates)
      : replay_(replay), candidates_(candidates) {}

  std::string name() const override { return "replay from memory " + std::to_string(candidates_); }
  void prepare(std::size_t count) override { replay_->source().fill(count, &batch_); }
  void run(std::size_t count) override {
    replay_->replay(candidates_, batch_, count,
                    [this](const LoggedClick&, const pipeline::OutputRecord& output) {
                      copy_.take(*output.key, *output.value);
                    });
  }

 private:
  ReplayMemory* replay_;
  std::size_t candidates_;
  ClickBatch batch_;
  OutputCopy copy_;
};

}  // namespace

ReplayMemory::ReplayMemory(Point* point)
    : point_(point),
      source_(point->options(), 0),
      task_(context_of(point, &clock_, &counters_), Partition{0}, first_start(), point->owner(),
            require(point->store().read_marker(Partition{0})), "bench=1\n", point->cache_bytes()) {}

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
  const auto& commit = point_->config().commit;
  if (clock_.monotonic_ms() - last_commit_ms_ < commit.interval.value &&
      records_since_commit_ < commit.records_max) {
    return;
  }
  last_commit_ms_ = clock_.monotonic_ms();
  records_since_commit_ = 0;
  const auto prepared = task_.prepare_commit(pipeline::Task::Save::kScheduled);
  FRESHET_CHECK(prepared.has_value());
  require(task_.post_commit(*prepared));
  task_.note_committed();
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

std::unique_ptr<Stage> replay_stage(ReplayMemory* replay, std::size_t candidates) {
  return std::make_unique<ReplayStage>(replay, candidates);
}

}  // namespace freshet::bench
