// How much memory and disk a user, a click, an item and a partition take, beside what
// docs/sizing.md predicts.
//
// Names are BM_Sizing_<What>/<arguments>. `bytes` is what the allocator or the file system really
// gave, `predicted` what bench/sizing.h says; a prediction that is off by more than 15 % aborts,
// and so does a cache whose own account of its bytes is. BM_Sizing_Resident compares that account,
// which is freshet_hot_users_bytes, with resident memory: 10 %. Times mean nothing here.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/sizing.h"
#include "common/check.h"
#include "common/random.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/scoring/hot_user.h"
#include "pipeline/scoring/served_model.h"
#include "stateful/hot_user_cache.h"
#include "stateful/rocksdb_state_store.h"
#include "stateful/user_state.h"
#include "tests/support/scorer_models.h"
#include "tests/support/temp_dir.h"

namespace freshet {
namespace {

constexpr std::int64_t kBaseMs = 1'602'633'600'000;
constexpr std::size_t kItems = 10'000;
constexpr std::size_t kCatalogue = 10'000'000;  // as wide as the ids of a large shop
constexpr double kOffMost = 0.15;
constexpr double kAccountOffMost = 0.1;

std::size_t heap_now() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::size_t resident_now() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void report(benchmark::State& state, double bytes, double predicted) {
  state.counters["bytes"] = bytes;
  state.counters["predicted"] = predicted;
  state.counters["off_percent"] = 100 * (predicted - bytes) / bytes;
  FRESHET_CHECK(std::abs(predicted - bytes) <= kOffMost * bytes);
}

std::size_t argument(const benchmark::State& state, std::size_t index) {
  return static_cast<std::size_t>(state.range(index));
}

// Names of `count` behaviours; the configuration and the model have the same.
std::vector<std::string> behaviour_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t b = 0; b < count; ++b) names.push_back("b" + std::to_string(b));
  return names;
}

std::shared_ptr<const pipeline::ServedModel> served(std::size_t items, std::size_t behaviours,
                                                    std::size_t dim, scorer::Variant variant = {}) {
  scorer::ModelInitOptions options;
  options.variant = variant;
  options.behaviours = behaviour_names(behaviours);
  options.item_ids = test::numbered_items(items);
  options.embedding_dim = dim;
  std::string yaml = "behaviours:\n";
  for (const std::string& name : options.behaviours) {
    yaml += "  - {name: " + name + ", types: [" + name + "]}\n";
  }
  const auto config = pipeline::parse_config(yaml, "bench");
  FRESHET_CHECK(config.has_value());
  auto model = pipeline::ServedModel::create(test::share(test::random_model(options)), *config);
  FRESHET_CHECK(model.has_value());
  return *model;
}

std::string user_name(std::size_t number) { return "user-" + std::to_string(number); }

// About an hour lies between two clicks of a user, and no two gaps are alike.
stateful::Click click_of(Random* random, std::size_t number, std::size_t items = kItems) {
  return {
      EventTime{kBaseMs + static_cast<std::int64_t>(number * 3'600'000 + random->below(3'600'000))},
      ItemId(std::to_string(random->below(items)))};
}

// Of an item that the model knows, so that the sums hold it.
stateful::Click known_click_of(Random* random, std::size_t number) {
  return {click_of(random, number).ts, ItemId("v" + std::to_string(random->below(kItems)))};
}

std::vector<stateful::BehaviourLimits> limits_of(std::size_t behaviours, std::size_t clicks) {
  std::vector<stateful::BehaviourLimits> limits;
  for (const std::string& name : behaviour_names(behaviours)) {
    limits.push_back({name, clicks, DurationMs{3650LL * 24 * 3600 * 1000}});
  }
  return limits;
}

// Users whose sequences are full, as they become by one click after the other.
void BM_Sizing_HotUser(benchmark::State& state) {
  const std::size_t clicks = argument(state, 0);
  const std::size_t behaviours = argument(state, 1);
  const std::size_t dim = argument(state, 2);
  const std::size_t users = 1'000'000 / clicks;
  const pipeline::ServedModels models{served(kItems, behaviours, dim)};
  const auto limits = limits_of(behaviours, clicks);
  const EventTime now{kBaseMs + static_cast<std::int64_t>(clicks + 1) * 3'600'000};
  for (auto _ : state) {
    Random random(1);
    pipeline::Windows windows;
    stateful::HotUserCache<pipeline::HotUser> cache(std::size_t{1} << 40);
    const std::size_t before = heap_now();
    for (std::size_t i = 0; i < users; ++i) {
      pipeline::HotUser user(models, stateful::UserState(limits), std::nullopt);
      for (std::size_t c = 0; c < (clicks + 1) * behaviours; ++c) {
        user.insert(models, c % behaviours, click_of(&random, c / behaviours));
      }
      user.refresh(models, limits, now, &windows);
      const std::size_t bytes = user.bytes();
      cache.insert(UserId(user_name(i)), std::move(user), bytes);
    }
    const double real = static_cast<double>(heap_now() - before) / static_cast<double>(users);
    const double counted = static_cast<double>(cache.bytes()) / static_cast<double>(users);
    state.counters["counted"] = counted;
    FRESHET_CHECK(std::abs(counted - real) <= kOffMost * real);
    report(
        state, real,
        sizing::hot_user_bytes(clicks, static_cast<double>(behaviours), static_cast<double>(dim)));
  }
}
BENCHMARK(BM_Sizing_HotUser)
    ->ArgNames({"clicks", "behaviours", "d"})
    ->ArgsProduct({{20, 50, 256, 1'000}, {1, 3}, {32, 128}})
    ->Iterations(1);

// Of a cache: what it says that it holds, and what resident memory grew by.
struct Account {
  std::size_t counted = 0;
  std::size_t resident = 0;
};

// A cache in its life: twice as many users as fit come with few or many clicks, click, and go. The
// gaps of the allocator are resident, too.
Account account_of(std::size_t clicks, const pipeline::ServedModels& models) {
  constexpr std::size_t kCacheBytes = std::size_t{128} << 20;
  constexpr std::size_t kTimesFull = 3;  // so many users come as would fill it so often
  const auto limits = limits_of(1, clicks);
  const EventTime now{kBaseMs + static_cast<std::int64_t>(2 * clicks + 3) * 3'600'000};
  Random random(1);
  pipeline::Windows windows;
  const std::size_t before = resident_now();
  stateful::HotUserCache<pipeline::HotUser> cache(kCacheBytes);
  std::size_t users = 0;  // none: nobody has been evicted yet
  for (std::size_t came = 0; users == 0 || came < kTimesFull * users; ++came) {
    const UserId id(user_name(users == 0 ? came : random.below(2 * users)));
    auto* user = cache.find(id);
    if (user == nullptr) {
      stateful::UserState stored(limits);
      const std::size_t held = std::min(clicks, random.below(2 * clicks));
      stored.sequences[0].reserve(held);
      for (std::size_t c = 0; c < held; ++c) {
        stored.sequences[0].insert(known_click_of(&random, c));
      }
      pipeline::HotUser hot(models, std::move(stored), std::nullopt);
      const std::size_t bytes = hot.bytes();
      user = cache.insert(id, std::move(hot), bytes);
    }
    user->value().insert(models, 0, known_click_of(&random, clicks + 1 + random.below(clicks)));
    user->value().refresh(models, limits, now, &windows);
    cache.set_bytes(user, user->value().bytes());
    if (cache.evict() > 0 && users == 0) users = cache.size();
  }
  return {cache.bytes(), resident_now() - before};
}

// In a process of its own: memory that an earlier point left behind would be grown into unseen.
Account account_in_a_child(std::size_t clicks, const pipeline::ServedModels& models) {
  std::array<int, 2> ends{};
  FRESHET_CHECK(pipe(ends.data()) == 0);
  const pid_t child = fork();
  FRESHET_CHECK(child >= 0);
  if (child == 0) {
    const Account account = account_of(clicks, models);
    const bool told = write(ends[1], &account, sizeof account) == sizeof account;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  Account account;
  FRESHET_CHECK(read(ends[0], &account, sizeof account) == sizeof account);
  close(ends[0]);
  FRESHET_CHECK(waitpid(child, nullptr, 0) == child);
  return account;
}

void BM_Sizing_Resident(benchmark::State& state) {
  const std::size_t clicks = argument(state, 0);
  const std::size_t dim = argument(state, 1);
  const auto variant =
      argument(state, 2) == 0 ? scorer::Variant::kTraditional : scorer::Variant::kSelf;
  const pipeline::ServedModels models{served(kItems, 1, dim, variant)};
  for (auto _ : state) {
    const Account account = account_in_a_child(clicks, models);
    const auto resident = static_cast<double>(account.resident);
    const auto counted = static_cast<double>(account.counted);
    state.counters["resident"] = resident;
    state.counters["counted"] = counted;
    state.counters["counted_of_resident"] = counted / resident;
    FRESHET_CHECK(std::abs(counted - resident) <= kAccountOffMost * resident);
  }
}
BENCHMARK(BM_Sizing_Resident)
    ->ArgNames({"clicks", "d", "self"})
    ->ArgsProduct({{50, 256, 1'024, 4'096}, {32, 64, 128}, {0}})
    ->ArgsProduct({{50, 256, 1'024}, {32, 64, 128}, {1}})
    ->Args({4'096, 64, 1})
    ->Iterations(1);

stateful::CheckpointBatch batch_of(stateful::OwnerToken owner, std::size_t first, std::size_t users,
                                   std::span<const stateful::BehaviourLimits> limits,
                                   Random* random) {
  stateful::CheckpointBatch batch{Partition{0}, owner, {}, {}};
  for (std::size_t n = first; n < std::min(first + 1'000, users); ++n) {
    stateful::UserState user(limits);
    for (std::size_t b = 0; b < limits.size(); ++b) {
      for (std::size_t c = 0; c <= limits[b].length_max; ++c) {
        user.sequences[b].insert(click_of(random, c, kCatalogue));
      }
    }
    // Neighbours in a batch are no neighbours in the store, as in life.
    batch.users.push_back(
        {UserId(user_name(n * 7'919 % users)), stateful::encode_user_state(user)});
  }
  return batch;
}

// Each user written five times, as checkpoints do, then the store is closed.
void BM_Sizing_StoredUser(benchmark::State& state) {
  const std::size_t clicks = argument(state, 0);
  const std::size_t behaviours = argument(state, 1);
  const std::size_t users = 8'000'000 / clicks / behaviours;
  const auto limits = limits_of(behaviours, clicks);
  for (auto _ : state) {
    const test::TempDir directory;
    stateful::RocksDbOptions options;
    options.directory = directory.path();
    options.application_id = "bench";
    options.memory_bytes = std::size_t{64} << 20;
    {
      auto store = stateful::RocksDbStateStore::open(options);
      FRESHET_CHECK(store.has_value());
      const auto owner = (*store)->take_ownership(Partition{0});
      Random random(1);
      for (std::size_t round = 0; round < 5; ++round) {
        for (std::size_t first = 0; first < users; first += 1'000) {
          FRESHET_CHECK(
              (*store)->apply(batch_of(owner, first, users, limits, &random)).has_value());
        }
      }
    }
    double bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
      if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
    }
    report(state, bytes / static_cast<double>(users),
           sizing::stored_user_bytes(clicks, static_cast<double>(behaviours)));
  }
}
BENCHMARK(BM_Sizing_StoredUser)
    ->ArgNames({"clicks", "behaviours"})
    ->Args({20, 1})
    ->Args({50, 1})
    ->Args({50, 3})
    ->Iterations(1);

void BM_Sizing_Model(benchmark::State& state) {
  const std::size_t items = argument(state, 0);
  const std::size_t behaviours = argument(state, 1);
  const std::size_t dim = argument(state, 2);
  for (auto _ : state) {
    const std::size_t before = heap_now();
    const auto model = served(items, behaviours, dim);
    report(state, static_cast<double>(heap_now() - before),
           sizing::model_bytes(static_cast<double>(items), static_cast<double>(behaviours),
                               static_cast<double>(dim), 65'536, 64));
  }
}
BENCHMARK(BM_Sizing_Model)
    ->ArgNames({"items", "behaviours", "d"})
    ->ArgsProduct({{1'000, 30'000, 300'000}, {1, 3}, {32, 128}})
    ->Iterations(1);

}  // namespace
}  // namespace freshet
