// The stores that the contract suite runs on: in memory, RocksDB, and RocksDB closed and opened
// again before every look at it, so that what is seen is what a restarted worker would see.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "stateful/memory_state_store.h"
#include "stateful/rocksdb_state_store.h"
#include "tests/support/temp_dir.h"

namespace freshet::stateful::store_contract {

inline RocksDbOptions rocksdb_options(const std::filesystem::path& directory) {
  RocksDbOptions options;
  options.directory = directory;
  options.application_id = "freshet-test";
  options.memory_bytes = std::size_t{8} << 20;
  return options;
}

inline std::unique_ptr<RocksDbStateStore> open_rocksdb(const std::filesystem::path& directory) {
  auto store = RocksDbStateStore::open(rocksdb_options(directory));
  FRESHET_CHECK(store.has_value());
  return std::move(*store);
}

class InMemory {
 public:
  StateStore& written() { return store_; }
  StateStore& seen() { return store_; }

 private:
  MemoryStateStore store_;
};

class OnDisk {
 public:
  StateStore& written() { return *store_; }
  StateStore& seen() { return *store_; }

 private:
  test::TempDir directory_;
  std::unique_ptr<RocksDbStateStore> store_ = open_rocksdb(directory_.path());
};

class OnDiskReopened {
 public:
  StateStore& written() { return *store_; }
  // Owners do not outlive the process: tokens taken before are stale after this.
  StateStore& seen() {
    store_.reset();
    store_ = open_rocksdb(directory_.path());
    return *store_;
  }

 private:
  test::TempDir directory_;
  std::unique_ptr<RocksDbStateStore> store_ = open_rocksdb(directory_.path());
};

inline StoredMarker marker_number(std::uint64_t number) {
  StoredMarker stored;
  stored.marker.number = number;
  stored.marker.position = {static_cast<std::int64_t>(number) * 10};
  stored.marker.stream_time = EventTime{1'602'633'600'123};
  stored.marker.digest = {number, number + 1};
  stored.marker.user_count = number;
  stored.marker.fingerprint = "behaviours=click\n";
  stored.marker.last_record = LastRecord{Offset{9}, std::nullopt, 77};
  stored.changelog_position = Position{5};
  stored.commit_time = {1'602'633'600'999};
  return stored;
}

inline UserChange put(std::string_view user, std::string value) {
  return {UserId(user), std::move(value)};
}
inline UserChange remove(std::string_view user) { return {UserId(user), std::nullopt}; }

inline CheckpointBatch batch(Partition partition, OwnerToken owner, std::vector<UserChange> users,
                             std::uint64_t number = 1) {
  return {partition, owner, std::move(users), marker_number(number)};
}

// All users of the partition in the order of the scan, as "user=value".
inline std::vector<std::string> scanned(StateStore* store, Partition partition,
                                        const std::optional<UserId>& after = std::nullopt) {
  std::vector<std::string> users;
  const Status status =
      store->scan(partition, after, [&](std::string_view user, std::string_view value) {
        users.push_back(std::string(user) + "=" + std::string(value));
        return true;
      });
  FRESHET_CHECK(status.has_value());
  return users;
}

// Sets the state aside as a new owner of the partition.
inline bool set_aside(StateStore* store, Partition partition) {
  const OwnerToken owner = store->take_ownership(partition);
  return store->set_aside(partition, owner) == ApplyOutcome::kApplied;
}

}  // namespace freshet::stateful::store_contract
