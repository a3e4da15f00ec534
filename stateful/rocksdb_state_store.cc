#include "stateful/rocksdb_state_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <mutex>
#include <utility>

#include "common/check.h"
#include "common/json_text.h"
#include "stateful/directory_lock.h"
#include "stateful/store_keys.h"

namespace freshet::stateful {
namespace {

// RocksDB's own log file would abort the process when the disk is full, so lines go to the owner.
class LineLogger final : public rocksdb::Logger {
 public:
  explicit LineLogger(std::function<void(std::string_view)> sink)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}

  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!sink_) return;
    // RocksDB calls this from its own threads: nothing may be thrown through it.
    try {
      char line[1024];
      const int length = std::vsnprintf(line, sizeof line, format, arguments);
      if (length < 0) return;
      sink_({line, std::min(static_cast<std::size_t>(length), sizeof line - 1)});
    } catch (...) {
    }
  }

 private:
  std::function<void(std::string_view)> sink_;
};

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

bool holds_text(const rocksdb::Status& status, const char* text) {
  return status.IsIOError() && status.ToString().find(text) != std::string::npos;
}

// Who holds the directory that a status refuses. Only the failure of another process's lock is
// looked into: this process must not ask about a lock of its own.
std::optional<Error> lock_error(const rocksdb::Status& status,
                                const std::filesystem::path& directory) {
  if (holds_text(status, "lock hold by current process")) {
    return held_error(directory, {static_cast<int>(getpid())});
  }
  if (!holds_text(status, "While lock file")) return std::nullopt;
  return held_error(directory, holder_of(directory).value_or(DirectoryHolder{}));
}

// What the worker's loop has to do about a status that is not ok, and what the operator can.
tl::unexpected<Error> storage_error(const rocksdb::Status& status, const std::string& place) {
  const std::string said = place + ": " + status.ToString();
  if (status.IsCorruption()) {
    return error(ErrorCode::kCorruptState,
                 said + ": move the directory aside and start again, the state is rebuilt");
  }
  if (status.IsInvalidArgument() || status.IsNotSupported()) {
    return error(ErrorCode::kInvalidConfig,
                 said + ": this is not a state directory that this Freshet can read");
  }
  if (status.IsIOError() || status.IsNoSpace() || status.IsBusy() || status.IsTimedOut() ||
      status.IsIncomplete() || status.IsTryAgain() || status.IsAborted()) {
    return error(ErrorCode::kUnavailable,
                 said + ": free space on the disk or mend it, then start again");
  }
  return error(ErrorCode::kFatal, said);
}

rocksdb::Options rocksdb_options(const RocksDbOptions& options) {
  constexpr std::size_t kMemoryLeast = std::size_t{8} << 20;
  const std::size_t memory = std::max(options.memory_bytes, kMemoryLeast);
  rocksdb::Options db;
  db.create_if_missing = !options.read_only;
  db.paranoid_checks = true;
  db.info_log = std::make_shared<LineLogger>(options.log);
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.max_open_files = 512;
  db.max_background_jobs = 2;
  db.bytes_per_sync = std::uint64_t{1} << 20;
  db.compression = rocksdb::kLZ4Compression;
  db.level_compaction_dynamic_level_bytes = true;

  // The cache is charged for write buffers, filters and indexes too: it is the one bound.
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(memory);
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  // In partitions, so that a cache smaller than all indexes and filters holds those in use.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.pin_top_level_index_and_filter = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.checksum = rocksdb::kXXH3;  // Debian's CRC32C is in software
  db.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  db.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(memory / 4, table.block_cache);
  db.write_buffer_size = memory / 8;
  db.max_write_buffer_number = 4;
  return db;
}

std::string place_of(const std::filesystem::path& directory) {
  return "state directory " + directory.string();
}

}  // namespace

struct RocksDbStateStore::Impl {
  // apply() holds the owner's mutex while it writes, so a new owner reads nothing before that
  // batch has ended.
  struct Owner {
    std::mutex mutex;
    OwnerToken token;  // the default, 0, is nobody
  };

  explicit Impl(const RocksDbOptions& options)
      : place(place_of(options.directory)), read_only(options.read_only) {}

  Owner& owner_of(Partition partition) {
    const std::lock_guard lock(owners_mutex);
    return owners[partition];
  }

  std::string place_in(Partition partition) const {
    return place + ", partition " + std::to_string(partition.value);
  }

  Result<std::optional<std::string>> read(const std::string& key, const std::string& where) const {
    std::string value;
    const rocksdb::Status status = db->Get(rocksdb::ReadOptions(), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return storage_error(status, where);
    return value;
  }

  // A new directory is given this application's name; an old one must carry it.
  Status claim(const std::string& application_id);
  Result<bool> is_empty() const;

  std::string place;
  bool read_only;
  std::mutex owners_mutex;
  std::map<Partition, Owner> owners;
  std::unique_ptr<rocksdb::DB> db;
};

Result<bool> RocksDbStateStore::Impl::is_empty() const {
  const std::unique_ptr<rocksdb::Iterator> keys(db->NewIterator(rocksdb::ReadOptions()));
  keys->SeekToFirst();
  if (!keys->status().ok()) return storage_error(keys->status(), place);
  return !keys->Valid();
}

Status RocksDbStateStore::Impl::claim(const std::string& application_id) {
  const auto meta = read(std::string(kMetaKey), place);
  if (!meta) return tl::unexpected(meta.error());
  if (*meta) {
    const Result<std::string> owner = decode_meta(**meta, place);
    if (!owner) return tl::unexpected(owner.error());
    if (*owner == application_id) return {};
    return error(ErrorCode::kInvalidConfig, place + " belongs to application_id \"" + *owner +
                                                "\", not to \"" + application_id +
                                                "\": give this one a state.path of its own");
  }
  const Result<bool> empty = is_empty();
  if (!empty) return tl::unexpected(empty.error());
  if (read_only || !*empty) {
    return error(ErrorCode::kInvalidConfig,
                 place + " was not made by Freshet: set state.path to another directory");
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const rocksdb::Status put = db->Put(durable, slice(kMetaKey), slice(encode_meta(application_id)));
  if (!put.ok()) return storage_error(put, place);
  return {};
}

RocksDbStateStore::RocksDbStateStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksDbStateStore::~RocksDbStateStore() = default;

Result<std::unique_ptr<RocksDbStateStore>> RocksDbStateStore::open(const RocksDbOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  const std::string path = options.directory.string();
  std::error_code failure;
  if (options.read_only && !std::filesystem::exists(options.directory / "CURRENT", failure)) {
    return error(ErrorCode::kInvalidConfig,
                 failure
                     ? impl->place + " cannot be read: " + failure.message() +
                           ": check state.path and its permissions"
                     : impl->place + " holds no state: check state.path, or start a worker first");
  }
  if (!options.read_only) std::filesystem::create_directories(options.directory, failure);
  if (failure) {
    return error(ErrorCode::kInvalidConfig, impl->place + " cannot be made: " + failure.message() +
                                                ": check state.path and its permissions");
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Options opened = rocksdb_options(options);
  const rocksdb::Status status = options.read_only ? rocksdb::DB::OpenForReadOnly(opened, path, &db)
                                                   : rocksdb::DB::Open(opened, path, &db);
  if (const auto held = lock_error(status, options.directory)) return tl::unexpected(*held);
  if (!status.ok()) return storage_error(status, impl->place);
  impl->db.reset(db);
  if (Status claimed = impl->claim(options.application_id); !claimed) {
    return tl::unexpected(claimed.error());
  }
  return std::unique_ptr<RocksDbStateStore>(new RocksDbStateStore(std::move(impl)));
}

OwnerToken RocksDbStateStore::take_ownership(Partition partition) {
  Impl::Owner& owner = impl_->owner_of(partition);
  const std::lock_guard lock(owner.mutex);
  ++owner.token.value;
  return owner.token;
}

Result<std::optional<StoredMarker>> RocksDbStateStore::read_marker(Partition partition) {
  const std::string where = impl_->place_in(partition);
  const auto value = impl_->read(marker_key(partition), where);
  if (!value) return tl::unexpected(value.error());
  if (!*value) return std::nullopt;
  Result<StoredMarker> marker = decode_stored_marker(**value);
  if (!marker) return error(marker.error().code, where + ": " + marker.error().message);
  return std::move(*marker);
}

Result<std::optional<std::string>> RocksDbStateStore::read_user(Partition partition,
                                                                const UserId& user) {
  return impl_->read(user_key(partition, user),
                     impl_->place_in(partition) + ", user " + json_string(user.view()));
}

Result<ApplyOutcome> RocksDbStateStore::apply(const CheckpointBatch& batch) {
  FRESHET_CHECK(!impl_->read_only);
  Impl::Owner& owner = impl_->owner_of(batch.partition);
  const std::lock_guard lock(owner.mutex);
  if (owner.token == OwnerToken{} || owner.token != batch.owner) return ApplyOutcome::kStaleOwner;
  rocksdb::WriteBatch writes;
  rocksdb::Status status;
  for (const UserChange& change : batch.users) {
    const std::string key = user_key(batch.partition, change.user);
    status =
        change.value ? writes.Put(slice(key), slice(*change.value)) : writes.Delete(slice(key));
    if (!status.ok()) return storage_error(status, impl_->place_in(batch.partition));
  }
  status =
      writes.Put(slice(marker_key(batch.partition)), slice(encode_stored_marker(batch.marker)));
  if (status.ok()) status = impl_->db->Write(rocksdb::WriteOptions(), &writes);
  if (!status.ok()) return storage_error(status, impl_->place_in(batch.partition));
  return ApplyOutcome::kApplied;
}

Status RocksDbStateStore::scan(Partition partition, const std::optional<UserId>& after,
                               const Visit& visit) {
  const std::string begin = after ? user_key(partition, *after) : marker_key(partition);
  const std::string end = partition_end(partition);
  const rocksdb::Slice end_slice = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  options.fill_cache = false;
  // An iterator reads one snapshot, the one of its making.
  const std::unique_ptr<rocksdb::Iterator> users(impl_->db->NewIterator(options));
  users->Seek(slice(begin));
  if (users->Valid() && view(users->key()) == begin) users->Next();
  while (users->Valid() && visit(user_of_key(view(users->key())), view(users->value()))) {
    users->Next();
  }
  if (!users->status().ok()) return storage_error(users->status(), impl_->place_in(partition));
  return {};
}

std::uint64_t RocksDbStateStore::live_bytes() const {
  std::uint64_t bytes = 0;
  impl_->db->GetIntProperty(rocksdb::DB::Properties::kLiveSstFilesSize, &bytes);
  return bytes;
}

Result<std::vector<Partition>> RocksDbStateStore::partitions() {
  std::vector<Partition> with_marker;
  const rocksdb::Slice end = slice(kPartitionsEnd);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> keys(impl_->db->NewIterator(options));
  keys->SeekToFirst();
  while (keys->Valid()) {
    const Partition partition = partition_of_key(view(keys->key()));
    if (is_marker_key(view(keys->key()))) with_marker.push_back(partition);
    keys->Seek(slice(partition_end(partition)));
  }
  if (!keys->status().ok()) return storage_error(keys->status(), impl_->place);
  return with_marker;
}

}  // namespace freshet::stateful
