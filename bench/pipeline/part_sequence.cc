#include "bench/pipeline/parts.h"
#include "bench/pipeline/sampled_clicks.h"
#include "common/check.h"
#include "stateful/hot_user_cache.h"

namespace freshet::bench {
namespace {

// How many users wait to be saved at a time.
constexpr std::size_t kChangedMost = 5'000;

class SequencePart final : public Stage {
 public:
  explicit SequencePart(const Point& point)
      : limits_(point.limits()), clicks_(point.options(), 2), cache_(std::size_t{1} << 40) {
    for (const LoggedClick& click : clicks_.all()) {
      const UserId id = user_id(click.user);
      if (cache_.find(id) != nullptr) continue;
      stateful::UserState state = state_of(history_of(click.user, point.options()), limits_);
      const std::size_t bytes = state.heap_bytes();
      cache_.insert(id, std::move(state), bytes);
    }
  }

  std::string name() const override { return "sequence"; }

  void prepare(std::size_t count) override {
    added_.resize(count);
    for (auto& [id, click] : added_) {
      const LoggedClick next = clicks_.next();
      id = user_id(next.user);
      click = {next.ts, item_id(next.item)};
    }
    while (cache_.changed_count() > kChangedMost) cache_.saved(cache_.longest_changed());
  }

  void run(std::size_t count) override {
    const DurationMs age_max = limits_[0].age_max;
    for (std::size_t i = 0; i < count; ++i) {
      auto& [id, click] = added_[i];
      const EventTime now = click.ts;
      auto* user = cache_.find(id);
      stateful::Sequence& sequence = user->value().sequences[0];
      keep(sequence.has_visible_after(click, now, age_max));
      keep(sequence.has_visible(click, now, age_max));
      const auto inserted = sequence.insert(click);
      FRESHET_CHECK(inserted.outcome == stateful::Sequence::InsertResult::Outcome::kInserted);
      keep(sequence.visible(now, age_max));
      cache_.note_change(user, Offset{now.ms});
      cache_.set_bytes(user, user->value().heap_bytes());
      cache_.evict();
    }
  }

 private:
  std::vector<stateful::BehaviourLimits> limits_;
  SampledClicks clicks_;
  stateful::HotUserCache<stateful::UserState> cache_;
  std::vector<std::pair<UserId, stateful::Click>> added_;
};

}  // namespace

std::unique_ptr<Stage> sequence_part(const Point& point) {
  return std::make_unique<SequencePart>(point);
}

}  // namespace freshet::bench
