#include "bench/pipeline/click_source.h"
#include "bench/pipeline/parts.h"
#include "common/check.h"
#include "pipeline/state/checkpointer.h"
#include "pipeline/state/partition_state.h"

namespace freshet::bench {
namespace {

constexpr Partition kSaved{1'000};  // the replay's own users stay as they are
constexpr std::size_t kUsersPerBatch = 500;
constexpr std::size_t kStates = 1'000;

class SavedUserPart final : public Stage {
 public:
  explicit SavedUserPart(Point* point)
      : point_(point), batch_{kSaved, point->store().take_ownership(kSaved), {}, {}} {
    for (std::uint32_t i = 0; i < kStates; ++i) {
      states_.push_back(state_of(history_of(i, point->options()), point->limits()));
    }
  }

  std::string name() const override { return "saved user"; }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      // No batch comes in the store's order.
      next_ = (next_ + 7'919) % point_->options().users;
      const UserId id = user_id(static_cast<std::uint32_t>(next_));
      std::string value = stateful::encode_user_state(states_[i % kStates]);
      digest_ += stateful::digest_of_user(id, value);
      batch_.users.push_back({id, std::move(value)});
      if (batch_.users.size() == kUsersPerBatch || i + 1 == count) write();
    }
    keep(digest_);
  }

 private:
  void write() {
    const auto applied = require(point_->store().apply(batch_));
    FRESHET_CHECK(applied == stateful::ApplyOutcome::kApplied);
    batch_.users.clear();
  }

  Point* point_;
  stateful::CheckpointBatch batch_;
  std::vector<stateful::UserState> states_;
  std::size_t next_ = 0;
  stateful::Digest digest_;
};

class CommitPart final : public Stage {
 public:
  explicit CommitPart(Point* point)
      : state_(&point->store(), Partition{0}, point->owner(Partition{0}), point->models(0),
               point->limits(), std::nullopt, point->cache_bytes()) {
    state_.advance_stream_time(EventTime{kLogBeginMs});
  }

  std::string name() const override { return "commit"; }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      require(state_.collect(pipeline::Checkpointer::kCollectUsersPerCommit,
                             pipeline::Checkpointer::kCollectBytesPerCommit, Offset{0}));
    }
    FRESHET_CHECK(state_.changed_count() == 0);
  }

 private:
  pipeline::PartitionState state_;
};

}  // namespace

std::unique_ptr<Stage> saved_user_part(Point* point) {
  return std::make_unique<SavedUserPart>(point);
}

std::unique_ptr<Stage> commit_part(Point* point) { return std::make_unique<CommitPart>(point); }

}  // namespace freshet::bench
