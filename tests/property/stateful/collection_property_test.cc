// Collection is not observable, and the running digest is the one that a scan computes.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "stateful/digest.h"
#include "stateful/memory_state_store.h"
#include "stateful/stored_clicks.h"
#include "tests/property/stateful/naive_sequence.h"
#include "tests/support/seed.h"

namespace freshet::stateful {
namespace collection_property_test {

using namespace naive;

constexpr int kCases = 10'000;
const UserId kUser("u1");

// All that an output can depend on, of both states, for an event at `click` and T.
void expect_same_view(std::span<const BehaviourLimits> behaviours, const UserState& collected,
                      const UserState& kept, const Click& click, EventTime stream_time) {
  for (std::size_t b = 0; b < behaviours.size(); ++b) {
    const DurationMs age = behaviours[b].age_max;
    const Sequence& one = collected.sequences[b];
    const Sequence& other = kept.sequences[b];
    ASSERT_EQ(clicks_of(one, one.visible(stream_time, age)),
              clicks_of(other, other.visible(stream_time, age)));
    ASSERT_EQ(clicks_of(one, one.visible_before(click.ts, stream_time, age)),
              clicks_of(other, other.visible_before(click.ts, stream_time, age)));
    ASSERT_EQ(one.has_visible(click, stream_time, age), other.has_visible(click, stream_time, age));
    ASSERT_EQ(one.has_visible_after(click, stream_time, age),
              other.has_visible_after(click, stream_time, age));
  }
  ASSERT_EQ(logical_digest_of_user(kUser, collected, behaviours, stream_time),
            logical_digest_of_user(kUser, kept, behaviours, stream_time));
}

// Of what is stored under a greater length as well.
TEST(CollectionPropertyTest, BytesTellWhetherCollectionDropsSomething) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const auto behaviours = random_behaviours(&random);
    auto longer = behaviours;
    if (random.chance(0.3)) {
      for (BehaviourLimits& limits : longer) limits.length_max += 5;
    }
    UserState stored(longer);
    EventTime newest{kFirstMs};
    for (std::size_t step = 0; step < random.below(30); ++step) {
      Click click = random_click(&random, 10);
      click.ts = click.ts + DurationMs{static_cast<std::int64_t>(3 * step)};
      newest = std::max(newest, click.ts);
      stored.sequences[random.below(behaviours.size())].insert(click);
    }
    const EventTime stream_time = newest + DurationMs{static_cast<std::int64_t>(random.below(60))};
    std::string value = encode_user_state(stored);
    Result<UserState> decoded = decode_user_state(behaviours, value);
    ASSERT_TRUE(decoded);
    ASSERT_EQ(may_hold_invisible(behaviours, value, stream_time),
              collect_invisible(behaviours, stream_time, &*decoded) > 0)
        << "case " << i;
    value[random.below(value.size())] ^= static_cast<char>(1 << random.below(8));
    ASSERT_TRUE(may_hold_invisible(behaviours, value, stream_time)) << "case " << i;
  }
}

TEST(CollectionPropertyTest, CollectedAndKeptStatesLookTheSameForEver) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const auto behaviours = random_behaviours(&random);
    UserState collected(behaviours);
    UserState kept(behaviours);
    EventTime stream_time{kFirstMs};
    for (std::size_t step = 0; step < 30; ++step) {
      // Most clicks are new, some are late by up to a hundred: more than any age here.
      Click click = random_click(&random, 10);
      click.ts = click.ts + DurationMs{static_cast<std::int64_t>(3 * step)};
      if (random.chance(0.3)) click.ts = click.ts - DurationMs{100};
      stream_time = std::max(stream_time, click.ts);
      expect_same_view(behaviours, collected, kept, click, stream_time);
      const std::size_t b = random.below(behaviours.size());
      collected.sequences[b].insert(click);
      kept.sequences[b].insert(click);
      if (random.chance(0.3)) collect_invisible(behaviours, stream_time, &collected);
      expect_same_view(behaviours, collected, kept, click, stream_time);
      if (HasFatalFailure()) FAIL() << "case " << i << ", step " << step;
    }
  }
}

TEST(CollectionPropertyTest, CollectionDropsExactlyWhatIsTooOld) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const auto behaviours = random_behaviours(&random);
    const EventTime stream_time{kFirstMs + static_cast<std::int64_t>(random.below(80))};
    UserState state(behaviours);
    std::size_t dropped = 0;
    std::vector<NaiveSequence> expected;
    for (std::size_t b = 0; b < behaviours.size(); ++b) {
      expected.emplace_back(behaviours[b].length_max);
      for (const Click& click : random_clicks(&random, 15, 40)) {
        state.sequences[b].insert(click);
        expected[b].insert(click);
      }
      dropped += expected[b].stored().size();
      expected[b].collect(stream_time, behaviours[b].age_max);
      dropped -= expected[b].stored().size();
    }
    ASSERT_EQ(collect_invisible(behaviours, stream_time, &state), dropped) << "case " << i;
    for (std::size_t b = 0; b < behaviours.size(); ++b) {
      ASSERT_EQ(all_of(state.sequences[b]), expected[b].stored()) << "case " << i;
    }
  }
}

Digest scanned_digest(StateStore* store, Partition partition) {
  Digest sum;
  const Status scanned =
      store->scan(partition, std::nullopt, [&](std::string_view user, std::string_view value) {
        sum += digest_of_user(UserId(user), value);
        return true;
      });
  EXPECT_TRUE(scanned.has_value());
  return sum;
}

TEST(DigestPropertyTest, RunningSumIsTheOneOfAScan) {
  Random random(test::test_seed());
  constexpr Partition kPartition{0};
  for (int i = 0; i < test::case_count(kCases); ++i) {
    MemoryStateStore store;
    const OwnerToken owner = store.take_ownership(kPartition);
    std::map<UserId, std::string> saved;
    Digest running;
    for (std::size_t batches = 1 + random.below(4); batches > 0; --batches) {
      std::map<UserId, std::optional<std::string>> changes;
      for (std::size_t n = random.below(6); n > 0; --n) {
        auto& value = changes[UserId("u" + std::to_string(random.below(8)))];
        value.reset();
        if (random.chance(0.7)) value = std::to_string(random.below(1000));
      }
      CheckpointBatch batch{kPartition, owner, {}, {}};
      for (const auto& [user, value] : changes) {
        if (const auto before = saved.find(user); before != saved.end()) {
          running -= digest_of_user(user, before->second);
          saved.erase(before);
        }
        if (value) {
          running += digest_of_user(user, *value);
          saved.emplace(user, *value);
        }
        batch.users.push_back({user, value});
      }
      batch.marker.marker.digest = running;
      ASSERT_EQ(store.apply(batch), ApplyOutcome::kApplied);
    }
    ASSERT_EQ(scanned_digest(&store, kPartition), running) << "case " << i;
    ASSERT_EQ(running == Digest{}, saved.empty()) << "case " << i;
  }
}

TEST(DigestPropertyTest, OrderOfTheUsersDoesNotMatterAndEveryUserDoes) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    std::vector<Digest> terms;
    for (std::size_t n = 1 + random.below(8); n > 0; --n) {
      terms.push_back(
          digest_of_user(UserId("u" + std::to_string(n)), std::to_string(random.below(1000))));
    }
    Digest sum;
    for (const Digest& term : terms) sum += term;
    shuffle(&terms, &random);
    Digest shuffled;
    for (const Digest& term : terms) shuffled += term;
    ASSERT_EQ(shuffled, sum) << "case " << i;
    shuffled -= terms.back();
    ASSERT_NE(shuffled, sum) << "case " << i;
  }
}

}  // namespace collection_property_test
}  // namespace freshet::stateful
