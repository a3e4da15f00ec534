// ClickSource: an endless log of clicks, users drawn by Zipf's law with exponent 0.99, and what
// every user has done before it begins.
//
// The history of a user is full: length_max + 1 clicks about an hour apart, a function of the
// user's number alone. Which of the users are hot has nothing to do with their order in the store.
// Source:  J. Gray et al., Quickly Generating Billion-Record Synthetic Databases (1994), for Zipf
// Threads: one. Cost: one pow for each click
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/pipeline/bench_options.h"
#include "common/random.h"
#include "pipeline/events/record.h"
#include "scorer/model/model.h"
#include "stateful/user_state.h"

namespace freshet::bench {

inline constexpr std::int64_t kLogBeginMs = 1'602'633'600'000;

struct LoggedClick {
  std::uint32_t user = 0;
  scorer::ItemRow item;
  EventTime ts;
};

UserId user_id(std::uint32_t user);
// The user of a rank below `users`, a permutation that no order of ids follows.
std::uint32_t scattered_user(std::uint64_t rank, std::size_t users);
ItemId item_id(scorer::ItemRow item);
std::vector<ItemId> item_ids(std::size_t count);

// Clicks on what the user clicked before, the oldest first.
std::vector<LoggedClick> history_of(std::uint32_t user, const BenchOptions& options);
stateful::UserState state_of(const std::vector<LoggedClick>& clicks,
                             const std::vector<stateful::BehaviourLimits>& limits);

// Clicks as records; those of a batch live until the next one.
struct ClickBatch {
  std::vector<LoggedClick> clicks;
  std::vector<std::string> keys;
  std::vector<std::string> values;

  // The record of click i, at this place.
  pipeline::InputRecord record(std::size_t i, Partition partition, Offset offset) const;
};

class ClickSource {
 public:
  ClickSource(const BenchOptions& options, std::uint64_t stream);

  LoggedClick next();
  void fill(std::size_t count, ClickBatch* batch);

 private:
  std::uint32_t draw_user();

  Random random_;
  std::size_t users_;
  std::size_t items_;
  std::int64_t ms_ = kLogBeginMs;
  double zeta_ = 0;  // sum of k^-0.99 over the users
  double eta_ = 0;
};

}  // namespace freshet::bench
