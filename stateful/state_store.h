// StateStore: durable users and markers of the partitions that this process holds.
//
// One apply() is atomic: its users and its marker are all there after a crash, or none is. It
// carries the owner token that its task took before it read anything; a stale token means that the
// partition has been taken over since, and the batch is dropped.
//
// set_aside() empties a partition without losing what it held: that stays where it is, out of the
// way, until somebody deletes it by hand.
// Errors:  kCorruptState naming the partition whose marker or value fails its check; kCorruptStore
//          when the store's own files are damaged; kUnavailable when the device refuses (disk
//          full); kInvalidConfig for a directory that is locked, foreign or of a newer format
// Threads: calls for different partitions may run at the same time, and reads of a partition beside
//          one apply() of it: what is not in that batch is not affected, what is, is read as before
//          it or behind it, and a scan sees all of it or nothing
// Oracle:  tests/contract/stateful, run on every implementation
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "common/log_position.h"
#include "common/status.h"
#include "stateful/marker.h"

namespace freshet::stateful {

struct OwnerToken {
  std::uint64_t value = 0;
  auto operator<=>(const OwnerToken&) const = default;
};

struct UserChange {
  UserId user;
  std::optional<std::string> value;  // none deletes the user
};

struct CheckpointBatch {
  Partition partition;
  OwnerToken owner;
  std::vector<UserChange> users;  // each user at most once
  StoredMarker marker;
};

// A state that set_aside() put out of the way.
struct Aside {
  Partition partition;
  std::uint32_t slot = 0;              // of the partition's, in the order of setting aside
  std::optional<StoredMarker> marker;  // none where it cannot be read
};

enum class ApplyOutcome {
  kApplied,
  kStaleOwner,  // dropped, nothing written
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  // A new owner of the partition; every token given before is stale from now on.
  virtual OwnerToken take_ownership(Partition partition) = 0;

  // Whether the token is not stale. Asked behind a read, it says that the read saw no batch of a
  // later owner.
  virtual bool is_owner(Partition partition, OwnerToken owner) = 0;

  virtual Result<std::optional<StoredMarker>> read_marker(Partition partition) = 0;
  virtual Result<std::optional<std::string>> read_user(Partition partition, const UserId& user) = 0;

  virtual Result<ApplyOutcome> apply(const CheckpointBatch& batch) = 0;

  // From here on the partition has no marker and no users, after a crash too. Moves no user: O(1).
  // Waits for a batch that is being written; tokens stay as they are. After an error, and where the
  // token is stale, the partition is as it was.
  virtual Result<ApplyOutcome> set_aside(Partition partition, OwnerToken owner) = 0;
  // What was set aside and is still kept, by partition and slot.
  virtual Result<std::vector<Aside>> asides() = 0;

  // Calls visit(user, value) for each user greater than `after` (all, where none), ascending by
  // id bytes, until visit returns false or the partition ends. Sees one consistent snapshot.
  using Visit = std::function<bool(std::string_view user, std::string_view value)>;
  virtual Status scan(Partition partition, const std::optional<UserId>& after,
                      const Visit& visit) = 0;

  // The partitions that have a marker, ascending.
  virtual Result<std::vector<Partition>> partitions() = 0;
};

}  // namespace freshet::stateful
