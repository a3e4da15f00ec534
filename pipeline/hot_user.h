// HotUser: what a task keeps decoded of a user, sequences and exact sums together.
//
// Holds:   the stored state; per behaviour the clicks as the scorer reads them, index for index
//          with the sequence; per pooled behaviour the sums of the clicks visible at the last
//          refresh. The sums are derived: any two ways to the same visible clicks give equal bits.
// Threads: one task. Cost: refresh and a rebuild on load as the kinds of scorer/pool.h have it:
// O(d)
//          per click that came or left and O(n d), with self-attention O(n d) and O(n^2 d)
// Oracle:  a rebuild from the state alone (tests/property/pipeline)
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "common/time.h"
#include "pipeline/served_model.h"
#include "scorer/pool.h"
#include "stateful/digest.h"
#include "stateful/user_state.h"

namespace freshet::pipeline {

// Which clicks an output is computed on, per behaviour: the visible ones, or those before a row.
using Windows = std::vector<stateful::Window>;  // [behaviours]

class HotUser {
 public:
  // A user with the given state. `saved` is its term in the stored digest, none if not stored.
  HotUser(const ServedModel& model, stateful::UserState state,
          std::optional<stateful::Digest> saved);

  const stateful::UserState& state() const { return state_; }

  // Inserts a click into the sequence of `behaviour`. The sums follow at the next refresh.
  stateful::Sequence::InsertResult insert(const ServedModel& model, std::size_t behaviour,
                                          const stateful::Click& click);

  // Drops the clicks that are invisible at T. Returns how many.
  std::size_t collect(const ServedModel& model, std::span<const stateful::BehaviourLimits> limits,
                      EventTime stream_time);

  // Brings the sums to the clicks visible at T and returns their windows.
  Windows refresh(const ServedModel& model, std::span<const stateful::BehaviourLimits> limits,
                  EventTime stream_time);

  // Writes U [P d] over `windows`; zeros where no pool keeps it. `scratch` holds sums of windows
  // that are not the visible clicks, reused from call to call. Requires: refresh() came after the
  // last change.
  void representation(const ServedModel& model, const Windows& windows,
                      std::vector<scorer::PoolSums>* scratch, std::span<float> u) const;

  // Clicks of known items in the window, newest first, at most `count` of them.
  void recent_rows(std::size_t behaviour, stateful::Window window, std::size_t count,
                   std::vector<scorer::ItemRow>* rows) const;

  // The clicks of one behaviour as the scorer reads them, newest first.
  std::span<const scorer::PooledClick> clicks(std::size_t behaviour) const {
    return clicks_[behaviour];
  }

  // The sums of the model's pool p, and how many of its newest clicks they are of. Requires:
  // refresh() came after the last change.
  const scorer::PoolSums& sums(std::size_t p) const { return pooled_[p].sums; }
  std::size_t summed(std::size_t p) const { return pooled_[p].summed; }

  std::optional<stateful::Digest> saved;  // the user's term in the stored digest, as last saved
  std::size_t bytes() const;              // all that is held, for the cache's budget

 private:
  struct Pooled {
    std::size_t summed = 0;  // the sums are those of clicks [0, summed) less `fresh`
    scorer::PoolSums sums;
    std::vector<std::size_t> fresh;  // ascending indices below `summed` that are not in the sums
  };
  void refresh_pool(const PooledBehaviour& behaviour, std::size_t visible, Pooled* pooled);
  // Sums that still hold a click which is no longer stored cannot slide: they start anew.
  void reset_sums_of_dropped(const ServedModel& model);

  stateful::UserState state_;
  std::vector<std::vector<scorer::PooledClick>> clicks_;  // [behaviours][clicks], newest first
  std::vector<Pooled> pooled_;                            // [P], as ServedModel::pools
};

}  // namespace freshet::pipeline
