// A user's sequence: a click at the new end, a late one, a whole one rebuilt, encoded and decoded.
//
// Names are BM_Sequence_<Operation>/<length_max>. Each run first compares its result with a sorted
// set that keeps the newest, and aborts on a wrong one.
#include <benchmark/benchmark.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/random.h"
#include "stateful/user_state.h"

namespace freshet::stateful {
namespace {

constexpr std::int64_t kFirstMs = 1'602'633'600'000;
constexpr std::int64_t kGapMs = 1000;
constexpr std::size_t kClicks = 1 << 13;  // the log that is inserted; longer than any sequence

Click click_at(std::int64_t ms, Random* random) {
  return {EventTime{ms}, ItemId(std::to_string(1'000'000'000 + random->below(1'000'000'000)))};
}

std::vector<Click> ascending_clicks() {
  Random random(1);
  std::vector<Click> clicks;
  for (std::size_t i = 0; i < kClicks; ++i) {
    clicks.push_back(click_at(kFirstMs + static_cast<std::int64_t>(i) * kGapMs, &random));
  }
  return clicks;
}

std::size_t length_of(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0));
}

// Inserts the clicks into both the sequence and the naive twin, which must agree.
Sequence checked_sequence(const std::vector<Click>& clicks, std::size_t length_max) {
  Sequence sequence(length_max);
  std::set<Click, std::greater<>> naive;
  for (const Click& click : clicks) {
    sequence.insert(click);
    naive.insert(click);
    if (naive.size() > length_max + 1) naive.erase(std::prev(naive.end()));
  }
  FRESHET_CHECK(sequence.size() == naive.size());
  std::size_t i = 0;
  for (const Click& click : naive) FRESHET_CHECK(sequence[i++] == click);
  return sequence;
}

// Inserts every click in turn, over and over; a new round begins with an empty sequence.
void insert_all(benchmark::State& state, const std::vector<Click>& clicks) {
  checked_sequence(clicks, length_of(state));
  Sequence sequence(length_of(state));
  std::size_t next = 0;
  for (auto _ : state) {
    if (next == clicks.size()) {
      state.PauseTiming();
      sequence = Sequence(length_of(state));
      next = 0;
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(sequence.insert(clicks[next++]));
  }
}

void BM_Sequence_Append(benchmark::State& state) { insert_all(state, ascending_clicks()); }

// Every second click comes late, by up to 100 places.
void BM_Sequence_InsertLate(benchmark::State& state) {
  std::vector<Click> clicks = ascending_clicks();
  Random random(2);
  for (std::size_t i = 101; i < clicks.size(); i += 2) {
    std::swap(clicks[i], clicks[i - 1 - random.below(100)]);
  }
  insert_all(state, clicks);
}

// Anywhere in the sequence: the O(n) case.
void BM_Sequence_InsertAnywhere(benchmark::State& state) {
  Random random(3);
  std::vector<Click> clicks;
  for (std::size_t i = 0; i < kClicks; ++i) {
    clicks.push_back(
        click_at(kFirstMs + static_cast<std::int64_t>(random.below(1 << 30)), &random));
  }
  insert_all(state, clicks);
}

std::vector<BehaviourLimits> one_behaviour(std::size_t length_max) {
  return {{"click", length_max, DurationMs{1LL << 40}}};
}

UserState full_state(const std::vector<BehaviourLimits>& behaviours) {
  UserState user(behaviours);
  user.sequences[0] = checked_sequence(ascending_clicks(), behaviours[0].length_max);
  return user;
}

void BM_Sequence_Encode(benchmark::State& state) {
  const auto behaviours = one_behaviour(length_of(state));
  const UserState user = full_state(behaviours);
  const auto decoded = decode_user_state(behaviours, encode_user_state(user));
  FRESHET_CHECK(decoded && *decoded == user);
  for (auto _ : state) benchmark::DoNotOptimize(encode_user_state(user));
  state.counters["bytes/click"] = static_cast<double>(encode_user_state(user).size()) /
                                  static_cast<double>(user.sequences[0].size());
}

void BM_Sequence_Decode(benchmark::State& state) {
  const auto behaviours = one_behaviour(length_of(state));
  const UserState user = full_state(behaviours);
  const std::string bytes = encode_user_state(user);
  const auto decoded = decode_user_state(behaviours, bytes);
  FRESHET_CHECK(decoded && *decoded == user);
  for (auto _ : state) benchmark::DoNotOptimize(decode_user_state(behaviours, bytes));
}

void lengths(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t length : {50, 256, 1024, 4096}) bench->Arg(length);
}

BENCHMARK(BM_Sequence_Append)->Apply(lengths);
BENCHMARK(BM_Sequence_InsertLate)->Apply(lengths);
BENCHMARK(BM_Sequence_InsertAnywhere)->Apply(lengths);
BENCHMARK(BM_Sequence_Encode)->Apply(lengths);
BENCHMARK(BM_Sequence_Decode)->Apply(lengths);

}  // namespace
}  // namespace freshet::stateful
