// The naive twin of stateful/sequence.h: a sorted set that keeps the newest, and plain loops.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <vector>

#include "common/random.h"
#include "stateful/sequence.h"
#include "stateful/user_state.h"

namespace freshet::stateful::naive {

class NaiveSequence {
 public:
  explicit NaiveSequence(std::size_t length_max) : length_max_(length_max) {}

  void insert(const Click& click) {
    clicks_.insert(click);
    if (clicks_.size() > length_max_ + 1) clicks_.erase(std::prev(clicks_.end()));
  }

  void collect(EventTime stream_time, DurationMs age_max) {
    std::erase_if(clicks_, [&](const Click& click) { return click.ts < stream_time - age_max; });
  }

  // Newest first.
  std::vector<Click> stored() const { return {clicks_.begin(), clicks_.end()}; }

  std::vector<Click> visible(EventTime stream_time, DurationMs age_max) const {
    return newest([&](const Click& click) { return click.ts >= stream_time - age_max; });
  }

  std::vector<Click> visible_before(EventTime as_of, EventTime stream_time,
                                    DurationMs age_max) const {
    return newest(
        [&](const Click& click) { return click.ts < as_of && click.ts >= stream_time - age_max; });
  }

 private:
  template <class Seen>
  std::vector<Click> newest(const Seen& seen) const {
    std::vector<Click> found;
    for (const Click& click : clicks_) {
      if (seen(click) && found.size() < length_max_) found.push_back(click);
    }
    return found;
  }

  std::set<Click, std::greater<>> clicks_;
  std::size_t length_max_;
};

inline std::vector<Click> clicks_of(const Sequence& sequence, Window window) {
  std::vector<Click> clicks;
  for (std::size_t i = 0; i < window.count; ++i) clicks.push_back(sequence[window.first + i]);
  return clicks;
}

inline std::vector<Click> all_of(const Sequence& sequence) {
  return clicks_of(sequence, {0, sequence.size()});
}

inline constexpr std::int64_t kFirstMs = 1'602'633'600'000;

// An item of a small pool, so that equal ones come up: numeric, zero-padded, words, long ones.
inline ItemId random_item(Random* random) {
  const std::uint64_t number = random->below(6);
  switch (random->below(5)) {
    case 0:
      return ItemId(std::to_string(number));
    case 1:
      return ItemId("0" + std::to_string(number));
    case 2:
      return ItemId("v" + std::to_string(number));
    case 3:
      return ItemId("\xC3\xA9" + std::string(30, 'x') + std::to_string(number));
    default:
      return ItemId(std::to_string(1'234'567'890 + number));
  }
}

// A click within `span_ms` of the first; a small span makes equal times and equal clicks common.
inline Click random_click(Random* random, std::uint64_t span_ms) {
  return {EventTime{kFirstMs + static_cast<std::int64_t>(random->below(span_ms))},
          random_item(random)};
}

inline std::vector<Click> random_clicks(Random* random, std::size_t count_max,
                                        std::uint64_t span_ms) {
  std::vector<Click> clicks;
  for (std::size_t i = random->below(count_max + 1); i > 0; --i) {
    clicks.push_back(random_click(random, span_ms));
  }
  return clicks;
}

template <class T>
void shuffle(std::vector<T>* values, Random* random) {
  for (std::size_t i = values->size(); i > 1; --i) {
    std::swap((*values)[i - 1], (*values)[random->below(i)]);
  }
}

// One to three behaviours of small lengths and ages.
inline std::vector<BehaviourLimits> random_behaviours(Random* random) {
  std::vector<BehaviourLimits> behaviours(1 + random->below(3));
  for (BehaviourLimits& limits : behaviours) {
    limits.length_max = 1 + random->below(8);
    limits.age_max = {static_cast<std::int64_t>(1 + random->below(40))};
  }
  return behaviours;
}

}  // namespace freshet::stateful::naive
