#include "stateful/rocksdb_state_store.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "common/check.h"
#include "common/crash_point.h"
#include "common/json_text.h"
#include "stateful/rocksdb_database.h"
#include "stateful/rocksdb_error.h"
#include "stateful/store_files.h"
#include "stateful/store_keys.h"

namespace freshet::stateful {
namespace {

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

std::string place_of(const std::filesystem::path& directory) {
  return "state directory " + directory.string();
}

// A record that says where everything lies: without it nothing here can be read.
tl::unexpected<Error> of_whole_store(Error failure) {
  if (failure.code == ErrorCode::kCorruptState) failure.code = ErrorCode::kCorruptStore;
  return tl::unexpected(std::move(failure));
}

}  // namespace

struct RocksDbStateStore::Impl {
  // apply() holds the owner's mutex while it writes, so a new owner reads nothing before that
  // batch has ended. The token may be read without it: who has seen a batch of a later owner sees
  // its token as well, which was given before.
  struct Owner {
    std::mutex mutex;
    std::atomic<OwnerToken> token = OwnerToken{};  // the default, 0, is nobody
  };

  explicit Impl(const RocksDbOptions& options)
      : place(place_of(options.directory)),
        read_only(options.read_only),
        application_id(options.application_id) {}

  Owner& owner_of(Partition partition) {
    const std::lock_guard lock(mutex);
    return owners[partition];
  }

  // Where the partition's state lies now.
  Slot live(Partition partition) const {
    const std::lock_guard lock(mutex);
    const auto later = slots.find(partition);
    return {partition, later == slots.end() ? 0 : later->second};
  }

  std::string place_in(Partition partition) const {
    return place + ", partition " + std::to_string(partition.value);
  }

  Result<std::optional<std::string>> read(const std::string& key, const std::string& where) const {
    const auto db = database->use();
    if (!db) return tl::unexpected(db.error());
    std::string value;
    const rocksdb::Status status = (*db)->Get(rocksdb::ReadOptions(), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return storage_error(status, where);
    return value;
  }

  // A new directory is given this application's name; an old one must carry it.
  Status claim();
  Status read_slots();
  // Whether no key lies in [begin, end), of which an empty one is the end of all.
  Result<bool> is_empty(const std::string& begin, const std::string& end) const;
  // Calls visit(slot, key, value) with the first key of each slot that holds any, ascending.
  using VisitSlot =
      std::function<void(Slot slot, std::string_view first_key, std::string_view value)>;
  Status for_each_slot(const VisitSlot& visit) const;

  std::string place;
  bool read_only;
  std::string application_id;
  mutable std::mutex mutex;  // guards the two maps
  std::map<Partition, Owner> owners;
  std::map<Partition, std::uint32_t> slots;  // those above 0
  std::unique_ptr<RocksDbDatabase> database;
};

Result<bool> RocksDbStateStore::Impl::is_empty(const std::string& begin,
                                               const std::string& end) const {
  const rocksdb::Slice end_slice = slice(end);
  rocksdb::ReadOptions options;
  if (!end.empty()) options.iterate_upper_bound = &end_slice;
  const auto db = database->use();
  if (!db) return tl::unexpected(db.error());
  const std::unique_ptr<rocksdb::Iterator> keys((*db)->NewIterator(options));
  keys->Seek(slice(begin));
  if (!keys->status().ok()) return storage_error(keys->status(), place);
  return !keys->Valid();
}

Status RocksDbStateStore::Impl::for_each_slot(const VisitSlot& visit) const {
  const rocksdb::Slice end = slice(kSlotsEnd);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end;
  const auto db = database->use();
  if (!db) return tl::unexpected(db.error());
  const std::unique_ptr<rocksdb::Iterator> keys((*db)->NewIterator(options));
  keys->SeekToFirst();
  while (keys->Valid()) {
    const Slot slot = slot_of_key(view(keys->key()));
    visit(slot, view(keys->key()), view(keys->value()));
    keys->Seek(slice(slot_end(slot)));
  }
  if (!keys->status().ok()) return storage_error(keys->status(), place);
  return {};
}

Status RocksDbStateStore::Impl::read_slots() {
  const auto db = database->use();
  if (!db) return tl::unexpected(db.error());
  const std::unique_ptr<rocksdb::Iterator> keys((*db)->NewIterator(rocksdb::ReadOptions()));
  for (keys->Seek(slice(kMetaKey)); keys->Valid(); keys->Next()) {
    const std::string_view key = view(keys->key());
    if (!is_slot_key(key)) continue;
    const Partition partition = partition_of_slot_key(key);
    const Result<std::uint32_t> number = decode_slot(view(keys->value()), place_in(partition));
    if (!number) return of_whole_store(number.error());
    slots[partition] = *number;
  }
  if (!keys->status().ok()) return storage_error(keys->status(), place);
  return {};
}

Status RocksDbStateStore::Impl::claim() {
  const auto meta = read(std::string(kMetaKey), place);
  if (!meta) return tl::unexpected(meta.error());
  if (*meta) {
    const Result<std::string> owner = decode_meta(**meta, place);
    if (!owner) return of_whole_store(owner.error());
    if (*owner == application_id) return {};
    return error(ErrorCode::kInvalidConfig, place + " belongs to application_id \"" + *owner +
                                                "\", not to \"" + application_id +
                                                "\": give this one a state.path of its own");
  }
  const Result<bool> empty = is_empty("", "");
  if (!empty) return tl::unexpected(empty.error());
  if (read_only || !*empty) {
    return error(ErrorCode::kInvalidConfig,
                 place + " was not made by Freshet: set state.path to another directory");
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  rocksdb::WriteBatch writes;
  const rocksdb::Status put =
      writes.Put(slice(kMetaKey), slice(encode_meta(application_id, false)));
  if (!put.ok()) return storage_error(put, place);
  return database->write(durable, &writes, place);
}

RocksDbStateStore::RocksDbStateStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksDbStateStore::~RocksDbStateStore() = default;

Result<std::unique_ptr<RocksDbStateStore>> RocksDbStateStore::open(const RocksDbOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  const std::string path = options.directory.string();
  std::error_code failure;
  const Status whole = check_store_files(options.directory);
  if (!whole) return tl::unexpected(whole.error());
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
  auto database = RocksDbDatabase::open(options);
  if (!database) return tl::unexpected(database.error());
  impl->database = std::move(*database);
  if (Status claimed = impl->claim(); !claimed) {
    return tl::unexpected(claimed.error());
  }
  if (Status known = impl->read_slots(); !known) return tl::unexpected(known.error());
  return std::unique_ptr<RocksDbStateStore>(new RocksDbStateStore(std::move(impl)));
}

OwnerToken RocksDbStateStore::take_ownership(Partition partition) {
  Impl::Owner& owner = impl_->owner_of(partition);
  const std::lock_guard lock(owner.mutex);
  const OwnerToken next{owner.token.load().value + 1};
  owner.token = next;
  return next;
}

bool RocksDbStateStore::is_owner(Partition partition, OwnerToken owner) {
  return impl_->owner_of(partition).token.load() == owner;
}

Result<std::optional<StoredMarker>> RocksDbStateStore::read_marker(Partition partition) {
  const std::string where = impl_->place_in(partition);
  const auto value = impl_->read(marker_key(impl_->live(partition)), where);
  if (!value) return tl::unexpected(value.error());
  if (!*value) return std::nullopt;
  Result<StoredMarker> marker = decode_stored_marker(**value);
  if (!marker) return error(marker.error().code, where + ": " + marker.error().message);
  return std::move(*marker);
}

Result<std::optional<std::string>> RocksDbStateStore::read_user(Partition partition,
                                                                const UserId& user) {
  return impl_->read(user_key(impl_->live(partition), user),
                     impl_->place_in(partition) + ", user " + json_string(user.view()));
}

Result<ApplyOutcome> RocksDbStateStore::apply(const CheckpointBatch& batch) {
  FRESHET_CHECK(!impl_->read_only);
  Impl::Owner& owner = impl_->owner_of(batch.partition);
  const std::lock_guard lock(owner.mutex);
  const OwnerToken now = owner.token;
  if (now == OwnerToken{} || now != batch.owner) return ApplyOutcome::kStaleOwner;
  const Slot slot = impl_->live(batch.partition);
  rocksdb::WriteBatch writes;
  rocksdb::Status status;
  for (const UserChange& change : batch.users) {
    const std::string key = user_key(slot, change.user);
    status =
        change.value ? writes.Put(slice(key), slice(*change.value)) : writes.Delete(slice(key));
    if (!status.ok()) return storage_error(status, impl_->place_in(batch.partition));
  }
  status = writes.Put(slice(marker_key(slot)), slice(encode_stored_marker(batch.marker)));
  const std::string where = impl_->place_in(batch.partition);
  if (!status.ok()) return storage_error(status, where);
  crash_point("in_batch");
  if (Status written = impl_->database->write(rocksdb::WriteOptions(), &writes, where); !written) {
    return tl::unexpected(written.error());
  }
  return ApplyOutcome::kApplied;
}

Status RocksDbStateStore::scan(Partition partition, const std::optional<UserId>& after,
                               const Visit& visit) {
  const Slot slot = impl_->live(partition);
  const std::string begin = after ? user_key(slot, *after) : marker_key(slot);
  const std::string end = slot_end(slot);
  const rocksdb::Slice end_slice = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  options.fill_cache = false;
  const auto db = impl_->database->use();
  if (!db) return tl::unexpected(db.error());
  // An iterator reads one snapshot, the one of its making.
  const std::unique_ptr<rocksdb::Iterator> users((*db)->NewIterator(options));
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
  const auto db = impl_->database->use();
  if (db) (*db)->GetIntProperty(rocksdb::DB::Properties::kLiveSstFilesSize, &bytes);
  return bytes;
}

// The cache is charged for all of these (rocksdb_options.cc).
std::uint64_t RocksDbStateStore::memory_bytes() const {
  std::uint64_t bytes = 0;
  const auto db = impl_->database->use();
  if (db) (*db)->GetIntProperty(rocksdb::DB::Properties::kBlockCacheUsage, &bytes);
  return bytes;
}

Result<std::vector<Partition>> RocksDbStateStore::partitions() {
  std::vector<Partition> with_marker;
  const Status visited =
      impl_->for_each_slot([&](Slot slot, std::string_view first_key, std::string_view) {
        if (!is_marker_key(first_key) || slot != impl_->live(slot.partition)) return;
        with_marker.push_back(slot.partition);
      });
  if (!visited) return tl::unexpected(visited.error());
  std::sort(with_marker.begin(), with_marker.end());
  return with_marker;
}

Result<ApplyOutcome> RocksDbStateStore::set_aside(Partition partition, OwnerToken owner) {
  FRESHET_CHECK(!impl_->read_only);
  Impl::Owner& of_now = impl_->owner_of(partition);
  const std::lock_guard lock(of_now.mutex);
  if (owner == OwnerToken{} || of_now.token.load() != owner) return ApplyOutcome::kStaleOwner;
  Slot slot = impl_->live(partition);
  const std::string where = impl_->place_in(partition);
  const Slot before = slot;
  for (;; ++slot.number) {
    const Result<bool> empty = impl_->is_empty(marker_key(slot), slot_end(slot));
    if (!empty) return tl::unexpected(empty.error());
    if (*empty) break;
  }
  if (slot == before) return ApplyOutcome::kApplied;  // nothing to keep
  rocksdb::WriteBatch writes;
  rocksdb::Status status =
      writes.Put(slice(kMetaKey), slice(encode_meta(impl_->application_id, true)));
  if (status.ok()) status = writes.Put(slice(slot_key(partition)), slice(encode_slot(slot.number)));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (!status.ok()) return storage_error(status, where);
  if (Status written = impl_->database->write(durable, &writes, where); !written) {
    return tl::unexpected(written.error());
  }
  const std::lock_guard maps(impl_->mutex);
  impl_->slots[partition] = slot.number;
  return ApplyOutcome::kApplied;
}

Result<std::vector<Aside>> RocksDbStateStore::asides() {
  std::vector<Aside> asides;
  const Status visited =
      impl_->for_each_slot([&](Slot slot, std::string_view first_key, std::string_view value) {
        if (slot == impl_->live(slot.partition)) return;
        Aside aside{slot.partition, slot.number, std::nullopt};
        if (is_marker_key(first_key)) {
          if (auto marker = decode_stored_marker(value)) aside.marker = std::move(*marker);
        }
        asides.push_back(std::move(aside));
      });
  if (!visited) return tl::unexpected(visited.error());
  std::sort(asides.begin(), asides.end(), [](const Aside& a, const Aside& b) {
    return std::pair(a.partition, a.slot) < std::pair(b.partition, b.slot);
  });
  return asides;
}

Status RocksDbStateStore::drop(const Aside& aside) {
  FRESHET_CHECK(!impl_->read_only);
  const Slot slot{aside.partition, aside.slot};
  FRESHET_CHECK(slot != impl_->live(aside.partition));
  const std::string begin = marker_key(slot);
  const std::string end = slot_end(slot);
  const rocksdb::Slice begin_slice = slice(begin);
  const rocksdb::Slice end_slice = slice(end);
  const std::string where = impl_->place_in(aside.partition);
  rocksdb::WriteBatch writes;
  rocksdb::Status status = writes.DeleteRange(begin_slice, end_slice);
  if (!status.ok()) return storage_error(status, where);
  if (Status deleted = impl_->database->write(rocksdb::WriteOptions(), &writes, where); !deleted) {
    return deleted;
  }
  const auto db = impl_->database->use();
  if (!db) return tl::unexpected(db.error());
  // The tables of the range still hold it; only compaction gives their room back.
  status = (*db)->CompactRange(rocksdb::CompactRangeOptions(), &begin_slice, &end_slice);
  if (!status.ok()) return storage_error(status, where);
  return {};
}

}  // namespace freshet::stateful
