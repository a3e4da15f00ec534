// RocksDbStateStore: the StateStore on a local disk. Only the rocksdb_* files know RocksDB.
//
// Layout:  one column family; key = slot of the partition | user id; the marker's key is the slot
//          alone; the meta key names format and application (stateful/store_keys.h).
// Errors:  open() returns kInvalidConfig with the remedy for a directory that another process
//          holds, that belongs to another application_id, or whose format is newer. Damaged files
//          are kCorruptStore, at opening and later (set_store_aside), damaged values kCorruptState;
//          a full disk is kUnavailable: the same call succeeds once there is room
// Threads: any. Memory: block cache and write buffers stay within `memory_bytes`.
// Writes go through the WAL without fsync: they survive the process, not the machine's power.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "stateful/state_store.h"

namespace freshet::stateful {

struct RocksDbOptions {
  std::filesystem::path directory;
  std::string application_id;
  std::size_t memory_bytes = std::size_t{128} << 20;
  bool read_only = false;  // opens beside a running worker, sees what was there at open
  // Receives RocksDB's own info log, line by line; RocksDB writes no log file of its own.
  std::function<void(std::string_view line)> log;
};

class RocksDbStateStore final : public StateStore {
 public:
  static Result<std::unique_ptr<RocksDbStateStore>> open(const RocksDbOptions& options);
  ~RocksDbStateStore() override;

  OwnerToken take_ownership(Partition partition) override;
  bool is_owner(Partition partition, OwnerToken owner) override;
  Result<std::optional<StoredMarker>> read_marker(Partition partition) override;
  Result<std::optional<std::string>> read_user(Partition partition, const UserId& user) override;
  Result<ApplyOutcome> apply(const CheckpointBatch& batch) override;
  Result<ApplyOutcome> set_aside(Partition partition, OwnerToken owner) override;
  Result<std::vector<Aside>> asides() override;
  Status scan(Partition partition, const std::optional<UserId>& after, const Visit& visit) override;
  Result<std::vector<Partition>> partitions() override;

  // Deletes one of asides() for good and gives its room on the disk back.
  Status drop(const Aside& aside);

  // Of the table files in use; what still lies in the write-ahead log is not among them.
  std::uint64_t live_bytes() const;
  // Of memory: cached blocks, filters and indexes, and the write buffers. O(shards of the cache)
  std::uint64_t memory_bytes() const;

 private:
  struct Impl;
  explicit RocksDbStateStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::stateful
