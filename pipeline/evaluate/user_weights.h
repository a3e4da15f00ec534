// UserWeights: how often each user stands in each of a few resamples, side by side.
//
// A resample draws as many users as there are, with replacement; a user who was drawn twice counts
// twice with all her impressions. Eight resamples lie beside each other, so that one pass over the
// rows serves them all.
// Shapes:  of(user) is [kLanes]
// Errors:  none. Threads: immutable. Cost: a random number per user and resample
// Source:  the cluster bootstrap (Davison and Hinkley 1997, section 3.8): impressions of one user
//          are not independent, so users are drawn, not impressions
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace freshet::pipeline {

class UserWeights {
 public:
  static constexpr std::size_t kLanes = 8;
  using Lanes = std::array<std::uint32_t, kLanes>;

  // Everybody once: what gives a statistic's own value, in each lane.
  static UserWeights ones(std::size_t users);

  // Resamples first, first + 1, ... in the lanes. Resample r depends on seed, r and the number of
  // users alone, so that it is the same for each statistic, model and order of computation.
  static UserWeights drawn(std::size_t users, std::uint64_t seed, std::size_t first);

  std::size_t users() const { return lanes_.size(); }
  const Lanes& of(std::size_t user) const { return lanes_[user]; }

 private:
  explicit UserWeights(std::vector<Lanes> lanes) : lanes_(std::move(lanes)) {}

  std::vector<Lanes> lanes_;  // [users]
};

}  // namespace freshet::pipeline
