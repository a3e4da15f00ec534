#include "bench/pipeline/point.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "bench/pipeline/click_source.h"
#include "common/check.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/memory_split.h"
#include "scorer/float_mode.h"
#include "tests/support/scorer_models.h"

namespace freshet::bench {
namespace {

constexpr std::size_t kUsersPerBatch = 1'000;

pipeline::WorkerConfig config_of(const BenchOptions& options) {
  const std::string yaml =
      "{candidates: {publish: 20}, behaviours: [{name: click, types: [click], length_max: " +
      std::to_string(options.length) +
      ", age_max: 3650d}], state: {memory_budget_mb: " + std::to_string(options.budget_mb) + "}}";
  return require(pipeline::parse_config(yaml, "bench.yaml"));
}

}  // namespace

void fail(const Error& error) {
  std::fprintf(stderr, "bench_pipeline: %s\n", error.message.c_str());
  std::exit(1);
}

Point::Point(const BenchOptions& options)
    : options_(options), config_(config_of(options)), limits_(config_.limits()) {
  scorer::set_float_mode();
  scorer::ModelInitOptions init;
  init.embedding_dim = options.dim;
  init.item_ids = item_ids(options.items);
  const auto whole =
      require(pipeline::ServedModel::create(test::share(test::random_model(init)), config_));
  std::vector<std::size_t> counts = options.candidates;
  counts.push_back(0);
  for (const std::size_t count : counts) {
    pipeline::ServedModel served = *whole;
    served.candidate_rows.resize(count);
    models_[count] = std::make_shared<const pipeline::ServedModel>(std::move(served));
  }
  stateful::RocksDbOptions rocksdb;
  rocksdb.directory = directory_.path() / "state";
  rocksdb.application_id = "bench";
  rocksdb.memory_bytes = pipeline::split_memory(options.budget_mb).store_bytes;
  store_ = require(stateful::RocksDbStateStore::open(rocksdb));
  const std::size_t partitions = options.threads > 1 ? options.threads + 1 : 1;
  for (std::size_t p = 0; p < partitions; ++p) {
    const Partition partition{static_cast<std::int32_t>(p)};
    owners_[partition] = store_->take_ownership(partition);
    fill_store(partition);
  }
}

// In batches of users that lie far apart, as checkpoints have them.
void Point::fill_store(Partition partition) {
  stateful::CheckpointBatch batch{partition, owner(partition), {}, {}};
  stateful::Marker& marker = batch.marker.marker;
  const auto write = [&] {
    const auto applied = require(store_->apply(batch));
    FRESHET_CHECK(applied == stateful::ApplyOutcome::kApplied);
    batch.users.clear();
  };
  for (std::size_t pass = 0; pass <= options_.rewrites; ++pass) {
    for (std::size_t i = 0; i < options_.users; ++i) {
      const std::uint32_t user = scattered_user(i, options_.users);
      const stateful::UserState state = state_of(history_of(user, options_), limits_);
      batch.users.push_back({user_id(user), stateful::encode_user_state(state)});
      if (pass == 0) {
        const stateful::UserChange& first = batch.users.back();
        marker.digest += stateful::digest_of_user(first.user, *first.value);
        ++marker.user_count;
      }
      if (batch.users.size() == kUsersPerBatch) write();
    }
  }
  write();
}

std::uint64_t Point::store_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

void Point::wait_until_store_settles() const {
  constexpr int kRests = 5;
  std::uint64_t bytes = store_bytes();
  for (int seconds = 0, rests = 0; seconds < 120 && rests < kRests; ++seconds) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const std::uint64_t now = store_bytes();
    rests = now == bytes ? rests + 1 : 0;
    bytes = now;
  }
}

std::size_t Point::cache_bytes() const {
  return pipeline::split_memory(options_.budget_mb).hot_users_bytes / options_.threads;
}

}  // namespace freshet::bench
