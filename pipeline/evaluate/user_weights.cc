#include "pipeline/evaluate/user_weights.h"

#include "common/hash.h"
#include "common/random.h"

namespace freshet::pipeline {

UserWeights UserWeights::ones(std::size_t users) {
  Lanes one;
  one.fill(1);
  return UserWeights(std::vector<Lanes>(users, one));
}

UserWeights UserWeights::drawn(std::size_t users, std::uint64_t seed, std::size_t first) {
  std::vector<Lanes> lanes(users, Lanes{});
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    Random random(mix64(mix64(seed) + first + lane));
    for (std::size_t draw = 0; draw < users; ++draw) ++lanes[random.below(users)][lane];
  }
  return UserWeights(std::move(lanes));
}

}  // namespace freshet::pipeline
