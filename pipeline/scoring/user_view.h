// UserView: what is derived of a user's sequences for one model.
//
// Holds:   per behaviour the clicks as the model's scorer reads them, index for index with the
//          sequence; per pool of the model the exact sums of the clicks visible at the last
//          refresh. Any two ways to the same visible clicks give equal bits, so a view may be made
//          anew from the state at any time, and nobody can tell.
// Errors:  none; that a view is asked with the model that it is of is CHECKed
// Threads: one task
// Cost:    refresh and a view made anew as the kinds of scorer/pooling/pool.h have it: O(d) per
//          click that came or left and O(n d), with self-attention O(n d) and O(n^2 d)
// Oracle:  a view made of the state alone (tests/property/pipeline)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/first_in_place.h"
#include "pipeline/scoring/click_run.h"
#include "pipeline/scoring/served_model.h"
#include "scorer/pooling/pool.h"
#include "stateful/user_state.h"

namespace freshet::pipeline {

// Which clicks an output is computed on, per behaviour: the visible ones, or those before a row.
using Windows = std::vector<stateful::Window>;  // [behaviours]

class UserView {
 public:
  // Decodes the sequences; the sums come with the first refresh.
  UserView(const ServedModel& model, const stateful::UserState& state);

  // Which model it is of. Every `model` below has to be that one.
  std::uint64_t serial() const { return serial_; }

  // Follows the state, into which `click` was inserted. The sums follow at the next refresh.
  void note_insert(const ServedModel& model, std::size_t behaviour, const stateful::Click& click,
                   const stateful::Sequence::InsertResult& result);
  // Follows the state, whose oldest clicks were dropped.
  void note_collect(const ServedModel& model, const stateful::UserState& state);

  // Brings the sums to the visible clicks. Requires: each window begins at the newest click.
  void refresh(const ServedModel& model, const Windows& visible);

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
    return clicks_[behaviour].view();
  }

  // The sums of the model's pool p, and how many of its newest clicks they are of. Requires:
  // refresh() came after the last change.
  const scorer::PoolSums& sums(std::size_t p) const { return pooled_[p].sums; }
  std::size_t summed(std::size_t p) const { return pooled_[p].summed; }

  // Has the processor fetch what the next click will move: what of the lists does not lie in the
  // view itself, and then what they hold.
  void prefetch_lists() const;
  void prefetch_sums() const;
  // And the rows of the item that leaves the sums when another comes, if the view is the model's.
  void prefetch_leaving(const ServedModel& model) const;

  std::size_t heap_bytes() const;

 private:
  struct Pooled {
    std::size_t summed = 0;  // the sums are those of clicks [0, summed) less `fresh`
    scorer::PoolSums sums;
    FirstInPlace<std::size_t> fresh;  // ascending indices below `summed` that are not in the sums
  };
  void refresh_pool(const PooledBehaviour& behaviour, std::size_t visible, Pooled* pooled);
  // Sums that still hold a click which is no longer stored cannot slide: they start anew.
  void reset_sums_of_dropped(const ServedModel& model);

  std::uint64_t serial_;
  FirstInPlace<ClickRun> clicks_;  // [behaviours]
  FirstInPlace<Pooled> pooled_;    // [P], as ServedModel::pools
};

}  // namespace freshet::pipeline
