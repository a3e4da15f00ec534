// HotUser: what a task keeps in memory of a user: the sequences, and a view for each model.
//
// The state is what is stored; the views (pipeline/scoring/user_view.h) are derived of it. A task
// scores with a list of models, [0] the primary; touch() brings the views to that list, so a user
// whose model was swapped is pooled anew when it is next needed.
// Errors:  none; that the views are of the models given is CHECKed
// Threads: one task. Cost: that of its views
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "common/first_in_place.h"
#include "common/time.h"
#include "pipeline/scoring/look_ahead.h"
#include "pipeline/scoring/served_model.h"
#include "pipeline/scoring/user_view.h"
#include "stateful/digest.h"
#include "stateful/user_state.h"

namespace freshet::pipeline {

class HotUser {
 public:
  // A user with the given state. `saved_term` is its term in the stored digest, none if not stored.
  HotUser(const ServedModels& models, stateful::UserState state,
          std::optional<stateful::Digest> saved_term);

  const stateful::UserState& state() const { return state_; }

  // Makes the views those of `models`: one that is of another model is made anew from the state.
  // The calls below require the models of the last touch.
  void touch(const ServedModels& models);

  // Inserts a click into the sequence of `behaviour`.
  stateful::Sequence::InsertResult insert(const ServedModels& models, std::size_t behaviour,
                                          const stateful::Click& click);

  // Drops the clicks that are invisible at T. Returns how many.
  std::size_t collect(const ServedModels& models, std::span<const stateful::BehaviourLimits> limits,
                      EventTime stream_time);

  // Brings the views to the clicks visible at T and writes their windows.
  void refresh(const ServedModels& models, std::span<const stateful::BehaviourLimits> limits,
               EventTime stream_time, Windows* windows);

  // A step of look_ahead.h; kUser has brought this object.
  void look_ahead(LookAhead what, const ServedModels& models) const;

  // The view of the model with this index.
  const UserView& view(std::size_t model) const { return views_[model]; }

  std::optional<stateful::Digest> saved;  // the user's term in the stored digest, as last saved
  std::size_t bytes() const;              // all that is held, for the cache's budget

 private:
  stateful::UserState state_;
  FirstInPlace<UserView> views_;  // [models]
};

}  // namespace freshet::pipeline
