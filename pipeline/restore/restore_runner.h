// RestoreRunner: the restores that are under way, as the tasks' owner sees them.
//
// What restores is in pipeline/restore: RestoreThread on a thread of its own, Restorer on its
// caller's.
// Threads: one, the worker's, but for progress() and trouble(), which any may call
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"
#include "pipeline/position_metadata.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

// Of a partition whose committed marker is in no changelog, as a worker with changelog: off had it.
struct WithoutChangelog {
  Position begin;      // the input's
  bool input_covered;  // whether the input alone can give the state (pipeline/input_reach.h)
};

struct RestoreRequest {
  Partition partition;
  stateful::OwnerToken owner;                    // taken before `stored` was read
  std::optional<MarkerRef> committed;            // the group's; none on a first start
  std::optional<stateful::StoredMarker> stored;  // the store's
  std::optional<WithoutChangelog> without_changelog = std::nullopt;
};

struct RestoreProgress {
  Partition partition;
  std::uint64_t records = 0;    // read so far
  std::uint64_t remaining = 0;  // offsets up to the marker; 0 while that is searched
};

struct RestoreOutcome {
  Partition partition;
  // What the store holds now (none on a first start, and where the input is to give it), or why the
  // task must not start.
  Result<std::optional<stateful::StoredMarker>> stored;
};

// What restores wait for and try again: a broker or a disk that does not answer.
struct RestoreTrouble {
  std::uint64_t failures = 0;          // of all steps so far
  std::optional<std::string> message;  // of the last step; none where it went through
};

class RestoreRunner {
 public:
  virtual ~RestoreRunner() = default;

  // Requires: no restore of the partition is under way.
  virtual void start(RestoreRequest request) = 0;
  // Forgets the partition's restore, if any: no outcome comes of it. What it still writes is
  // dropped by the store once the partition has a new owner.
  virtual void cancel(Partition partition) = 0;
  // What has ended since the last call.
  virtual std::vector<RestoreOutcome> take_ended() = 0;

  virtual std::vector<RestoreProgress> progress() const = 0;
  virtual RestoreTrouble trouble() const = 0;
};

}  // namespace freshet::pipeline
