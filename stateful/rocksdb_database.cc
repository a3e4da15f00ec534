#include "stateful/rocksdb_database.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include "stateful/rocksdb_error.h"
#include "stateful/rocksdb_options.h"

namespace freshet::stateful {

RocksDbDatabase::~RocksDbDatabase() = default;

Result<std::unique_ptr<RocksDbDatabase>> RocksDbDatabase::open(const RocksDbOptions& options) {
  std::unique_ptr<RocksDbDatabase> database(new RocksDbDatabase(options));
  if (Status opened = database->open_if_closed(); !opened) return tl::unexpected(opened.error());
  return database;
}

Status RocksDbDatabase::open_if_closed() {
  if (db_ != nullptr) return {};
  rocksdb::DB* db = nullptr;
  const std::string path = options_.directory.string();
  const rocksdb::Options opened = rocksdb_options(options_);
  const rocksdb::Status status = options_.read_only
                                     ? rocksdb::DB::OpenForReadOnly(opened, path, &db)
                                     : rocksdb::DB::Open(opened, path, &db);
  if (const auto held = lock_error(status, options_.directory)) return tl::unexpected(*held);
  if (!status.ok()) return storage_error(status, "state directory " + path);
  db_.reset(db);
  refused_ = false;
  return {};
}

Status RocksDbDatabase::open_anew_if_refused() {
  if (refused_ && db_ != nullptr) {
    if (db_.use_count() > 1) {
      return error(ErrorCode::kUnavailable,
                   "state directory " + options_.directory.string() +
                       ": is opened anew, after the disk refused a write, once nobody reads it");
    }
    db_.reset();
  }
  return open_if_closed();
}

Result<std::shared_ptr<rocksdb::DB>> RocksDbDatabase::use() {
  const std::lock_guard lock(mutex_);
  if (Status opened = open_if_closed(); !opened) return tl::unexpected(opened.error());
  return db_;
}

Status RocksDbDatabase::write(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* writes,
                              const std::string& where) {
  std::shared_ptr<rocksdb::DB> db;
  {
    const std::lock_guard lock(mutex_);
    if (Status opened = open_anew_if_refused(); !opened) return opened;
    db = db_;
  }
  const rocksdb::Status status = db->Write(options, writes);
  if (status.ok()) return {};
  const std::lock_guard lock(mutex_);
  refused_ = refused_ || db == db_;
  return storage_error(status, where);
}

}  // namespace freshet::stateful
