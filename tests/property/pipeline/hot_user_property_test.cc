// Whatever happened to a hot user, its representations are those of one rebuilt from its state.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "pipeline/hot_user.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::hot_user_property_test {

constexpr int kCases = 10'000;

struct World {
  WorkerConfig config;
  std::vector<stateful::BehaviourLimits> limits;
  std::shared_ptr<const ServedModel> model;
};

World make_world(std::string_view behaviours, std::vector<std::string> pooled, Random* random) {
  World world;
  world.config = test::config_of("behaviours: " + std::string(behaviours));
  world.limits = world.config.limits();
  scorer::ModelInitOptions options = test::small_model(world.config, 12);
  options.seed = random->next();
  options.behaviours = std::move(pooled);
  constexpr scorer::Variant kVariants[] = {scorer::Variant::kTraditional, scorer::Variant::kSelf,
                                           scorer::Variant::kSelfBilinearActivated,
                                           scorer::Variant::kMerged};
  options.variant = kVariants[random->below(4)];
  if (random->chance(0.2)) options.pool = scorer::RowPool::kLast;
  if (random->chance(0.5)) options.weight = scorer::WeightKind::kPerChannel;
  if (random->chance(0.5)) options.recency_per_day = 1'000.0;
  scorer::Model model = test::random_model(options);
  // Scores that lie far apart make the shift move when the highest click leaves.
  for (scorer::BehaviourModel& behaviour : model.behaviours) {
    if (behaviour.traditional()) {
      for (float& weight : behaviour.traditional()->w2.data) weight *= 20.0F;
    }
    if (behaviour.self()) {
      for (float& weight : behaviour.self()->score.wq.data) weight *= 20.0F;
    }
  }
  world.model = test::serve(std::move(model), world.config);
  return world;
}

std::vector<World> make_worlds(Random* random) {
  scorer::set_float_mode();
  std::vector<World> worlds;
  for (int repeat = 0; repeat < 8; ++repeat) {
    worlds.push_back(
        make_world("[{name: a, types: [a], length_max: 1, age_max: 12ms}]", {"a"}, random));
    worlds.push_back(
        make_world("[{name: a, types: [a], length_max: 5, age_max: 20ms}]", {"a"}, random));
    // The model reads the behaviours in an order of its own, and not all of them.
    worlds.push_back(
        make_world("[{name: a, types: [a], length_max: 4, age_max: 9ms},"
                   " {name: b, types: [b], length_max: 2, age_max: 1d},"
                   " {name: c, types: [c], length_max: 7, age_max: 30ms}]",
                   {"c", "a"}, random));
  }
  return worlds;
}

std::vector<float> representation_of(const World& world, const HotUser& user,
                                     const Windows& windows) {
  std::vector<float> u(world.model->representation_size());
  std::vector<scorer::PoolSums> scratch;
  user.representation(*world.model, windows, &scratch, u);
  return u;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// One user under random inserts, passing time, collection and looks at its representations.
class Life {
 public:
  Life(const World& world, Random* random)
      : world_(world),
        random_(random),
        user_(*world.model, stateful::UserState(world.limits), std::nullopt) {}

  void step() {
    const std::uint64_t kind = random_->below(10);
    if (kind < 7) {
      insert();
    } else if (kind < 8) {
      now_.ms += static_cast<std::int64_t>(random_->below(15));
    } else if (kind < 9) {
      user_.refresh(*world_.model, world_.limits, now_);
      user_.collect(*world_.model, world_.limits, now_);
    }
    if (random_->chance(0.5)) look();
  }

  // The representations over what is visible, and over what a row may see.
  void look() {
    const Windows windows = user_.refresh(*world_.model, world_.limits, now_);
    HotUser rebuilt(*world_.model, user_.state(), std::nullopt);
    ASSERT_EQ(rebuilt.refresh(*world_.model, world_.limits, now_), windows);
    compare(windows, rebuilt);
    Windows before(world_.limits.size());
    const EventTime as_of{now_.ms - static_cast<std::int64_t>(random_->below(25))};
    for (std::size_t b = 0; b < before.size(); ++b) {
      before[b] = user_.state().sequences[b].visible_before(as_of, now_, world_.limits[b].age_max);
    }
    compare(before, rebuilt);
  }

 private:
  void insert() {
    const std::size_t b = random_->below(world_.limits.size());
    if (random_->chance(0.5)) now_.ms += static_cast<std::int64_t>(random_->below(3));
    const auto late = random_->chance(0.4) ? static_cast<std::int64_t>(random_->below(40)) : 0;
    const ItemId item("v" + std::to_string(random_->below(14)));  // 12 and 13 are unknown
    user_.insert(*world_.model, b, {EventTime{now_.ms - late}, item});
  }

  void compare(const Windows& windows, const HotUser& rebuilt) {
    for (std::size_t b = 0; b < windows.size(); ++b) {
      ASSERT_LE(windows[b].count, world_.limits[b].length_max);
      const auto clicks = user_.clicks(b);
      ASSERT_EQ(clicks.size(), user_.state().sequences[b].size());
      for (std::size_t i = 0; i < clicks.size(); ++i) {
        const stateful::Click& click = user_.state().sequences[b][i];
        ASSERT_EQ(clicks[i].ts, click.ts);
        ASSERT_EQ(clicks[i].row, world_.model->model->row_of(click.item));
      }
    }
    const std::vector<float> u = representation_of(world_, user_, windows);
    ASSERT_TRUE(same_bits(u, representation_of(world_, rebuilt, windows)));
    ASSERT_TRUE(same_bits(u, summed_anew(windows)));
  }

  // The pools alone, over the clicks of the windows: not even HotUser's own way of rebuilding.
  std::vector<float> summed_anew(const Windows& windows) const {
    const std::size_t dim = world_.model->model->embedding_dim;
    std::vector<float> u(world_.model->pools.size() * dim);
    for (std::size_t p = 0; p < world_.model->pools.size(); ++p) {
      const PooledBehaviour& pooled = world_.model->pools[p];
      const stateful::Window window = windows[pooled.behaviour];
      const stateful::Sequence& sequence = user_.state().sequences[pooled.behaviour];
      std::vector<scorer::PooledClick> clicks;
      for (std::size_t i = window.first; i < window.first + window.count; ++i) {
        clicks.push_back({sequence[i].ts, world_.model->model->row_of(sequence[i].item)});
      }
      scorer::PoolSums sums = pooled.pool.empty();
      pooled.pool.rebuild(clicks, &sums);
      pooled.pool.representation(sums, std::span(u).subspan(p * dim, dim));
    }
    return u;
  }

  const World& world_;
  Random* random_;
  HotUser user_;
  EventTime now_{test::kBaseMs};
};

TEST(HotUserProperty, EveryWayToTheSameClicksGivesTheBitsOfARebuild) {
  Random random(test::test_seed());
  const std::vector<World> worlds = make_worlds(&random);
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    Life life(worlds[random.below(worlds.size())], &random);
    for (std::uint64_t steps = 1 + random.below(40); steps > 0; --steps) life.step();
    life.look();
    ASSERT_FALSE(HasFailure()) << "case " << k;
  }
}

}  // namespace freshet::pipeline::hot_user_property_test
