// Point: what all stages of a run share: the configuration, the models, the store with every user's
// history in it: in partition 0, and where there are several threads in one for each of them, from
// 1 on.
//
// The models differ in nothing but how many candidates a click is scored against, and count as one
// (ServedModel::serial), so a task goes from one to the other without pooling anybody anew.
// Errors:  a programmer's; what the disk refuses ends the program by name
// Threads: one
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "bench/pipeline/bench_options.h"
#include "pipeline/config/config.h"
#include "pipeline/scoring/served_model.h"
#include "stateful/rocksdb_state_store.h"
#include "tests/support/temp_dir.h"

namespace freshet::bench {

// Ends the program with the error's message.
[[noreturn]] void fail(const Error& error);

inline void require(const Status& status) {
  if (!status) fail(status.error());
}
template <class T>
T require(Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}

class Point {
 public:
  explicit Point(const BenchOptions& options);

  const BenchOptions& options() const { return options_; }
  const pipeline::WorkerConfig& config() const { return config_; }
  const std::vector<stateful::BehaviourLimits>& limits() const { return limits_; }
  // The model that scores a click against so many candidates, one of options().candidates, or 0.
  const std::shared_ptr<const pipeline::ServedModel>& model(std::size_t candidates) const {
    return models_.at(candidates);
  }
  pipeline::ServedModels models(std::size_t candidates) const { return {model(candidates)}; }

  stateful::RocksDbStateStore& store() { return *store_; }
  stateful::OwnerToken owner(Partition partition) const { return owners_.at(partition); }
  std::uint64_t store_bytes() const;  // on the disk, write-ahead log included
  // Returns once compaction rests: nothing has changed for seconds, or two minutes are over.
  void wait_until_store_settles() const;
  std::size_t cache_bytes() const;  // of a thread's hot users, as `run` shares the budget out

 private:
  void fill_store(Partition partition);

  BenchOptions options_;
  pipeline::WorkerConfig config_;
  std::vector<stateful::BehaviourLimits> limits_;
  std::map<std::size_t, std::shared_ptr<const pipeline::ServedModel>> models_;
  test::TempDir directory_;
  std::unique_ptr<stateful::RocksDbStateStore> store_;
  std::map<Partition, stateful::OwnerToken> owners_;
};

}  // namespace freshet::bench
