// DelayedPartition: the users of one partition as a DelayedWorker has them, and the clicks that it
// holds back.
//
// Owns:    the partition of the store; a heap of held events by event time
// Errors:  what the store says. Threads: one. Cost: a heap of what came within `delay`, O(log n)
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "pipeline/scoring/event_scorer.h"
#include "pipeline/state/partition_state.h"

namespace freshet::pipeline {

class DelayedPartition {
 public:
  static Result<std::unique_ptr<DelayedPartition>> open(const WorkerConfig& config,
                                                        const ServedModels& models,
                                                        stateful::StateStore* store,
                                                        Partition partition,
                                                        std::size_t cache_bytes);

  // Inserts what is held and due at T: event time + delay <= T.
  Status catch_up(const EventScorer& applier, EventTime stream_time, DurationMs delay);

  // The user as of now; valid until the next call.
  Result<PartitionState::User*> user(const UserId& user) { return state_.user(user); }
  void release(PartitionState::User* user) { state_.release(user); }

  // Keeps the event's clicks, if it has any, until they are due.
  void hold(const Event& event);

 private:
  struct Held {
    std::uint64_t order = 0;  // breaks ties
    Event event;
    bool operator>(const Held& other) const {
      return event.ts != other.event.ts ? event.ts > other.event.ts : order > other.order;
    }
  };

  DelayedPartition(const WorkerConfig& config, const ServedModels& models,
                   stateful::StateStore* store, Partition partition, stateful::OwnerToken owner,
                   const std::optional<stateful::StoredMarker>& marker, std::size_t cache_bytes);
  Status save();

  stateful::StateStore* store_;
  Partition partition_;
  stateful::OwnerToken owner_;
  stateful::StoredMarker marker_;
  PartitionState state_;
  std::priority_queue<Held, std::vector<Held>, std::greater<>> held_;
  std::uint64_t order_ = 0;
  std::size_t unsaved_ = 0;
};

}  // namespace freshet::pipeline
