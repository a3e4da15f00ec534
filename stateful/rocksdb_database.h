// RocksDbDatabase: the open database of a store, opened anew after the disk has refused a write.
//
// A write or a flush that fails leaves RocksDB refusing all others. Its own way on (Resume, at call
// or by itself when it sees room) can end the process in an assertion of the library as Debian
// builds it, so it is closed and opened again instead: whatever was acknowledged is in the
// write-ahead log. On a disk that is still full opening fails, and the next call tries again.
// Errors:  of use() and write(): kUnavailable while the disk refuses or another thread still reads
//          what has to be closed, kCorruptStore; those of open() are RocksDbStateStore's
// Threads: any
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "stateful/rocksdb_state_store.h"

namespace rocksdb {
class DB;
class WriteBatch;
struct WriteOptions;
}  // namespace rocksdb

namespace freshet::stateful {

class RocksDbDatabase {
 public:
  static Result<std::unique_ptr<RocksDbDatabase>> open(const RocksDbOptions& options);
  ~RocksDbDatabase();

  // For reading. Not to be kept: while anybody has it, it cannot be opened anew.
  Result<std::shared_ptr<rocksdb::DB>> use();
  Status write(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* writes,
               const std::string& where);

 private:
  explicit RocksDbDatabase(const RocksDbOptions& options) : options_(options) {}
  // Requires: mutex_ is held.
  Status open_if_closed();
  Status open_anew_if_refused();

  const RocksDbOptions options_;
  std::mutex mutex_;
  std::shared_ptr<rocksdb::DB> db_;  // none while the disk is too full to open it
  bool refused_ = false;             // a write, so that nothing more can be written
};

}  // namespace freshet::stateful
