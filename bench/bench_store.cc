// The store on disk beside the one in memory: a user read, and a batch of 1,000 users applied.
//
// Names are BM_Store_<Operation>/<users>/<value bytes>. Each run first reads every user back and
// compares it with what was written, and aborts on a wrong one. Directories lie under TMPDIR.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/random.h"
#include "stateful/memory_state_store.h"
#include "stateful/rocksdb_state_store.h"
#include "tests/support/temp_dir.h"

namespace freshet::stateful {
namespace {

constexpr Partition kPartition{0};
constexpr std::size_t kBatchUsers = 1000;
constexpr std::size_t kHotUsers = 1000;
constexpr std::size_t kLargeMemory = std::size_t{512} << 20;
constexpr std::size_t kSmallMemory = std::size_t{8} << 20;  // far less than the users take

UserId user_of(std::size_t number) { return UserId("user-" + std::to_string(number)); }

// Bytes that do not compress, as a user's value hardly does.
std::string value_of(std::size_t number, std::size_t bytes) {
  Random random(number);
  std::string value(bytes, '\0');
  for (char& byte : value) byte = static_cast<char>(static_cast<std::uint8_t>(random.below(256)));
  return value;
}

std::size_t users_of(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0));
}
std::size_t bytes_of(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(1));
}

CheckpointBatch batch_of(OwnerToken owner, std::size_t first, std::size_t count,
                         std::size_t bytes) {
  CheckpointBatch batch{kPartition, owner, {}, {}};
  for (std::size_t i = first; i < first + count; ++i) {
    batch.users.push_back({user_of(i), value_of(i, bytes)});
  }
  return batch;
}

std::unique_ptr<StateStore> on_disk(const test::TempDir& directory, std::size_t memory_bytes) {
  RocksDbOptions options;
  options.directory = directory.path();
  options.application_id = "bench";
  options.memory_bytes = memory_bytes;
  auto store = RocksDbStateStore::open(options);
  FRESHET_CHECK(store.has_value());
  return std::move(*store);
}

// Fills the store and compares every user with what it must hold.
OwnerToken fill(StateStore* store, std::size_t users, std::size_t bytes) {
  const OwnerToken owner = store->take_ownership(kPartition);
  for (std::size_t first = 0; first < users; first += kBatchUsers) {
    const auto applied = store->apply(batch_of(owner, first, kBatchUsers, bytes));
    FRESHET_CHECK(applied && *applied == ApplyOutcome::kApplied);
  }
  for (std::size_t i = 0; i < users; ++i) {
    const auto value = store->read_user(kPartition, user_of(i));
    FRESHET_CHECK(value && *value == value_of(i, bytes));
  }
  return owner;
}

// Reads users at random among the first `hot` of them.
void read_users(benchmark::State& state, StateStore* store, std::size_t hot) {
  fill(store, users_of(state), bytes_of(state));
  Random random(1);
  std::vector<UserId> order;
  for (int i = 0; i < 1 << 16; ++i) order.push_back(user_of(random.below(hot)));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(store->read_user(kPartition, order[next++ % order.size()]));
  }
}

void BM_Store_ReadCached(benchmark::State& state) {
  const test::TempDir directory;
  read_users(state, on_disk(directory, kLargeMemory).get(), kHotUsers);
}

// From the operating system's page cache: the block cache holds a fraction of the users.
void BM_Store_ReadCold(benchmark::State& state) {
  const test::TempDir directory;
  read_users(state, on_disk(directory, kSmallMemory).get(), users_of(state));
}

void BM_Store_ReadMemoryStore(benchmark::State& state) {
  MemoryStateStore store;
  read_users(state, &store, users_of(state));
}

void apply_batches(benchmark::State& state, StateStore* store) {
  const OwnerToken owner = fill(store, users_of(state), bytes_of(state));
  std::vector<CheckpointBatch> batches;
  for (std::size_t first = 0; first < users_of(state); first += kBatchUsers) {
    batches.push_back(batch_of(owner, first, kBatchUsers, bytes_of(state)));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const auto applied = store->apply(batches[next++ % batches.size()]);
    FRESHET_CHECK(applied && *applied == ApplyOutcome::kApplied);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchUsers));
}

void BM_Store_Apply1000(benchmark::State& state) {
  const test::TempDir directory;
  apply_batches(state, on_disk(directory, kLargeMemory).get());
}

void BM_Store_Apply1000MemoryStore(benchmark::State& state) {
  MemoryStateStore store;
  apply_batches(state, &store);
}

BENCHMARK(BM_Store_ReadCached)->Args({100'000, 600})->MinWarmUpTime(0.2);
BENCHMARK(BM_Store_ReadCold)->Args({100'000, 600});
BENCHMARK(BM_Store_ReadMemoryStore)->Args({100'000, 600});
BENCHMARK(BM_Store_Apply1000)->Args({100'000, 600});
BENCHMARK(BM_Store_Apply1000MemoryStore)->Args({100'000, 600});

}  // namespace
}  // namespace freshet::stateful
