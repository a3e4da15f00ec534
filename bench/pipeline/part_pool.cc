#include <cmath>
#include <unordered_map>

#include "bench/pipeline/parts.h"
#include "bench/pipeline/sampled_clicks.h"
#include "common/check.h"
#include "scorer/reference/reference.h"

namespace freshet::bench {
namespace {

constexpr double kErrorMost = 1e-6;  // items lie in [-1, 1)

// A user's clicks, newest first without gaps, and their sums.
struct PooledUser {
  std::vector<scorer::PooledClick> slots;  // those in use are [begin, begin + length]
  std::size_t begin = 0;
  scorer::PoolSums sums;
};

class PoolPart final : public Stage {
 public:
  explicit PoolPart(const Point& point)
      : model_(point.model(0)),
        pool_(model_->pools.at(0).pool),
        length_(point.options().length),
        clicks_(point.options(), 3) {
    for (const LoggedClick& click : clicks_.all()) {
      auto [user, is_new] = users_.try_emplace(click.user);
      if (is_new) begin_with_history(point.options(), click.user, &user->second);
    }
  }

  std::string name() const override { return "pool"; }

  void prepare(std::size_t count) override {
    added_.resize(count);
    for (auto& [user, click] : added_) {
      const LoggedClick next = clicks_.next();
      user = &users_.at(next.user);
      click = {next.ts, next.item};
    }
    if (checked_) return;
    slide(added_[0].first, added_[0].second);
    check(*added_[0].first);
    checked_ = true;
  }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) slide(added_[i].first, added_[i].second);
  }

 private:
  void begin_with_history(const BenchOptions& options, std::uint32_t number, PooledUser* user) {
    const std::vector<LoggedClick> history = history_of(number, options);
    user->begin = length_;
    user->slots.resize(user->begin + length_ + 1);
    for (std::size_t i = 0; i < length_; ++i) {
      const LoggedClick& click = history[history.size() - 1 - i];
      user->slots[user->begin + i] = {click.ts, click.item};
    }
    user->sums = pool_.empty();
    pool_.rebuild(visible(*user), &user->sums);
  }

  std::span<const scorer::PooledClick> visible(const PooledUser& user) const {
    return std::span(user.slots).subspan(user.begin, length_);
  }

  void slide(PooledUser* user, const scorer::PooledClick& added) {
    if (user->begin == 0) {
      std::copy_backward(user->slots.begin(),
                         user->slots.begin() + static_cast<std::ptrdiff_t>(length_),
                         user->slots.end() - 1);
      user->begin = length_;
    }
    user->slots[--user->begin] = added;
    const scorer::PooledClick& removed = user->slots[user->begin + length_];
    pool_.slide(visible(*user), {&removed, 1}, {&added, 1}, &user->sums);
  }

  void check(const PooledUser& user) const {
    std::vector<scorer::ReferenceClick> clicks;
    for (const scorer::PooledClick& click : visible(user)) clicks.push_back({click.ts, click.row});
    const std::vector<double> exact = scorer::reference_representation(*model_->model, 0, clicks);
    std::vector<float> u(exact.size());
    pool_.representation(user.sums, u);
    for (std::size_t c = 0; c < u.size(); ++c) {
      FRESHET_CHECK(std::fabs(double{u[c]} - exact[c]) <= kErrorMost);
    }
  }

  std::shared_ptr<const pipeline::ServedModel> model_;
  const scorer::Pool& pool_;
  std::size_t length_;
  SampledClicks clicks_;
  std::unordered_map<std::uint32_t, PooledUser> users_;
  std::vector<std::pair<PooledUser*, scorer::PooledClick>> added_;
  bool checked_ = false;
};

}  // namespace

std::unique_ptr<Stage> pool_part(const Point& point) { return std::make_unique<PoolPart>(point); }

}  // namespace freshet::bench
