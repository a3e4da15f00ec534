// Whatever happened to a hot user, its representations are those of one rebuilt from its state, for
// each of the models that it is scored with.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "pipeline/scoring/hot_user.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::hot_user_property_test {

constexpr int kCases = 10'000;

struct World {
  WorkerConfig config;
  std::vector<stateful::BehaviourLimits> limits;
  ServedModels choices;  // models that a task may serve
};

std::shared_ptr<const ServedModel> make_model(const WorkerConfig& config,
                                              const std::vector<std::string>& pooled,
                                              Random* random) {
  scorer::ModelInitOptions options = test::small_model(config, 10 + random->below(4));
  options.seed = random->next();
  options.behaviours = pooled;
  options.embedding_dim = 3 + random->below(6);
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
  return test::serve(std::move(model), config);
}

World make_world(std::string_view behaviours, const std::vector<std::string>& pooled,
                 Random* random) {
  World world;
  world.config = test::config_of("behaviours: " + std::string(behaviours));
  world.limits = world.config.limits();
  for (int choice = 0; choice < 3; ++choice) {
    world.choices.push_back(make_model(world.config, pooled, random));
  }
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

std::vector<float> representation_of(const ServedModel& model, const UserView& view,
                                     const Windows& windows) {
  std::vector<float> u(model.representation_size());
  std::vector<scorer::PoolSums> scratch;
  view.representation(model, windows, &scratch, u);
  return u;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// One user under random inserts, passing time, collection, other models, and looks at its
// representations.
class Life {
 public:
  Life(const World& world, Random* random)
      : world_(world),
        random_(random),
        models_(some_models()),
        user_(models_, stateful::UserState(world.limits), std::nullopt) {}

  void step() {
    const std::uint64_t kind = random_->below(10);
    if (kind < 7) {
      insert();
    } else if (kind < 8) {
      now_.ms += static_cast<std::int64_t>(random_->below(15));
    } else if (kind < 9) {
      Windows windows;
      user_.refresh(models_, world_.limits, now_, &windows);
      user_.collect(models_, world_.limits, now_);
    } else if (random_->chance(0.5)) {
      models_ = some_models();
      user_.touch(models_);
    }
    if (random_->chance(0.5)) look();
  }

  // The representations over what is visible, and over what a row may see.
  void look() {
    Windows windows;
    user_.refresh(models_, world_.limits, now_, &windows);
    HotUser rebuilt(models_, user_.state(), std::nullopt);
    Windows rebuilt_windows;
    rebuilt.refresh(models_, world_.limits, now_, &rebuilt_windows);
    ASSERT_EQ(rebuilt_windows, windows);
    compare(windows, rebuilt);
    Windows before(world_.limits.size());
    const EventTime as_of{now_.ms - static_cast<std::int64_t>(random_->below(25))};
    for (std::size_t b = 0; b < before.size(); ++b) {
      before[b] = user_.state().sequences[b].visible_before(as_of, now_, world_.limits[b].age_max);
    }
    compare(before, rebuilt);
  }

 private:
  ServedModels some_models() {
    ServedModels models;
    for (std::uint64_t count = 1 + random_->below(2); count > 0; --count) {
      models.push_back(world_.choices[random_->below(world_.choices.size())]);
    }
    return models;
  }

  void insert() {
    const std::size_t b = random_->below(world_.limits.size());
    if (random_->chance(0.5)) now_.ms += static_cast<std::int64_t>(random_->below(3));
    const auto late = random_->chance(0.4) ? static_cast<std::int64_t>(random_->below(40)) : 0;
    const ItemId item("v" + std::to_string(random_->below(14)));  // 12 and 13 are unknown
    user_.insert(models_, b, {EventTime{now_.ms - late}, item});
  }

  void compare(const Windows& windows, const HotUser& rebuilt) {
    for (std::size_t m = 0; m < models_.size(); ++m) {
      compare(*models_[m], windows, user_.view(m), rebuilt.view(m));
    }
  }

  void compare(const ServedModel& model, const Windows& windows, const UserView& view,
               const UserView& rebuilt) {
    for (std::size_t b = 0; b < windows.size(); ++b) {
      ASSERT_LE(windows[b].count, world_.limits[b].length_max);
      const auto clicks = view.clicks(b);
      ASSERT_EQ(clicks.size(), user_.state().sequences[b].size());
      for (std::size_t i = 0; i < clicks.size(); ++i) {
        const stateful::Click& click = user_.state().sequences[b][i];
        ASSERT_EQ(clicks[i].ts, click.ts);
        ASSERT_EQ(clicks[i].row, model.model->row_of(click.item));
      }
    }
    const std::vector<float> u = representation_of(model, view, windows);
    ASSERT_TRUE(same_bits(u, representation_of(model, rebuilt, windows)));
    ASSERT_TRUE(same_bits(u, summed_anew(model, windows)));
  }

  // The pools alone, over the clicks of the windows: not even UserView's own way of rebuilding.
  std::vector<float> summed_anew(const ServedModel& model, const Windows& windows) const {
    const std::size_t dim = model.model->embedding_dim;
    std::vector<float> u(model.pools.size() * dim);
    for (std::size_t p = 0; p < model.pools.size(); ++p) {
      const PooledBehaviour& pooled = model.pools[p];
      const stateful::Window window = windows[pooled.behaviour];
      const stateful::Sequence& sequence = user_.state().sequences[pooled.behaviour];
      std::vector<scorer::PooledClick> clicks;
      for (std::size_t i = window.first; i < window.first + window.count; ++i) {
        clicks.push_back({sequence[i].ts, model.model->row_of(sequence[i].item)});
      }
      scorer::PoolSums sums = pooled.pool.empty();
      pooled.pool.rebuild(clicks, &sums);
      pooled.pool.representation(sums, std::span(u).subspan(p * dim, dim));
    }
    return u;
  }

  const World& world_;
  Random* random_;
  ServedModels models_;
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
