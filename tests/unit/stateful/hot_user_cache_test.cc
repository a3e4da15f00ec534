#include "stateful/hot_user_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::stateful {
namespace hot_user_cache_test {

using Cache = HotUserCache<std::unique_ptr<int>>;

constexpr std::size_t kValueBytes = 1000;

UserId user(std::uint64_t number) { return UserId("u" + std::to_string(number)); }

std::size_t entry_bytes(const UserId& id, std::size_t value_bytes = kValueBytes) {
  return value_bytes + Cache::overhead_bytes(id);
}

Cache::Entry* add(Cache* cache, std::uint64_t number) {
  return cache->insert(user(number), std::make_unique<int>(static_cast<int>(number)), kValueBytes);
}

TEST(HotUserCacheTest, FindsWhatWasInserted) {
  Cache cache(1 << 20);
  EXPECT_EQ(cache.find(user(1)), nullptr);
  add(&cache, 1);
  ASSERT_NE(cache.find(user(1)), nullptr);
  EXPECT_EQ(*cache.find(user(1))->value(), 1);
  EXPECT_EQ(cache.find(user(1))->user(), user(1));
  EXPECT_EQ(cache.size(), 1U);
}

TEST(HotUserCacheTest, EvictsTheLeastRecentlyUsedFirst) {
  Cache cache(2 * entry_bytes(user(1)) + Cache::kPlaceBytes);  // the third one's place stays
  for (const std::uint64_t number : {1ULL, 2ULL, 3ULL}) add(&cache, number);
  cache.find(user(1));
  EXPECT_EQ(cache.evict(), 1U);
  EXPECT_NE(cache.find(user(1)), nullptr);
  EXPECT_EQ(cache.find(user(2)), nullptr);
  EXPECT_NE(cache.find(user(3)), nullptr);
}

TEST(HotUserCacheTest, ChangedUsersStayAndCount) {
  Cache cache(0);
  Cache::Entry* first = add(&cache, 1);
  add(&cache, 2);
  cache.note_change(first, Offset{7});
  EXPECT_EQ(cache.changed_bytes(), entry_bytes(user(1)));
  EXPECT_EQ(cache.changed_count(), 1U);
  EXPECT_EQ(cache.evict(), 1U);
  EXPECT_EQ(cache.find(user(1)), first);
  EXPECT_EQ(cache.bytes(), entry_bytes(user(1)) + Cache::kPlaceBytes);
  cache.saved(first);
  EXPECT_EQ(cache.changed_bytes(), 0U);
  EXPECT_EQ(cache.evict(), 1U);
  EXPECT_EQ(cache.bytes(), 2 * Cache::kPlaceBytes);
}

TEST(HotUserCacheTest, PlacesOfManySmallUsersCountWhenFewLargeOnesFollow) {
  constexpr std::size_t kSmall = 16;
  constexpr std::uint64_t kUsers = 1'000;
  Cache cache(kUsers * entry_bytes(user(1), kSmall));
  for (std::uint64_t number = 0; number < kUsers; ++number) {
    cache.insert(user(number), nullptr, kSmall);
  }
  EXPECT_EQ(cache.evict(), 0U);
  for (std::uint64_t number = 0; number < kUsers; ++number) {
    if (Cache::Entry* found = cache.find(user(number))) cache.set_bytes(found, 10'000);
    cache.evict();
  }
  EXPECT_LE(cache.bytes(), cache.bytes_max());
  EXPECT_EQ(cache.bytes(), cache.size() * entry_bytes(user(1), 10'000) +
                               (kUsers - cache.size()) * Cache::kPlaceBytes);
}

TEST(HotUserCacheTest, AChangedUserKeepsThePlaceOfItsFirstChange) {
  Cache cache(1 << 20);
  EXPECT_EQ(cache.longest_changed(), nullptr);
  Cache::Entry* first = add(&cache, 1);
  Cache::Entry* second = add(&cache, 2);
  cache.note_change(first, Offset{10});
  cache.note_change(second, Offset{11});
  cache.note_change(first, Offset{12});
  cache.find(user(1));
  EXPECT_EQ(cache.longest_changed(), first);
  EXPECT_EQ(first->first_change(), Offset{10});
  EXPECT_EQ(cache.changes_begun(), 2U);
}

TEST(HotUserCacheTest, ASavedUserEntersAgainAtItsNextChange) {
  Cache cache(1 << 20);
  Cache::Entry* first = add(&cache, 1);
  Cache::Entry* second = add(&cache, 2);
  cache.note_change(first, Offset{10});
  cache.note_change(second, Offset{11});
  cache.saved(first);
  EXPECT_FALSE(first->changed());
  cache.note_change(first, Offset{12});
  EXPECT_EQ(cache.longest_changed(), second);
  cache.saved(second);
  EXPECT_EQ(cache.longest_changed(), first);
  EXPECT_EQ(first->first_change(), Offset{12});
  EXPECT_EQ(cache.changes_begun(), 3U);
}

TEST(HotUserCacheTest, BytesFollowTheValueAndTheKey) {
  Cache cache(1 << 20);
  Cache::Entry* one = add(&cache, 1);
  EXPECT_EQ(cache.bytes(), entry_bytes(user(1)));
  cache.note_change(one, Offset{1});
  cache.set_bytes(one, 5000);
  EXPECT_EQ(cache.bytes(), entry_bytes(user(1), 5000));
  EXPECT_EQ(cache.changed_bytes(), cache.bytes());
  EXPECT_EQ(Cache::overhead_bytes(UserId(std::string(100, 'x'))),
            Cache::overhead_bytes(UserId("x")) + string_heap_bytes(std::string(100, 'x')));
}

TEST(HotUserCacheTest, UsersKeepTheirAddressAndAnEvictedOnesPlaceIsTakenAgain) {
  Cache cache(0);
  Cache::Entry* kept = add(&cache, 0);
  Cache::Entry* left = add(&cache, 1);
  cache.note_change(kept, Offset{1});
  EXPECT_EQ(cache.evict(), 1U);
  EXPECT_EQ(add(&cache, 2), left);
  for (std::uint64_t number = 3; number < 1'000; ++number) add(&cache, number);
  EXPECT_EQ(cache.find(user(0)), kept);
  EXPECT_EQ(*kept->value(), 0);
}

TEST(HotUserCacheDeathTest, MisuseIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Cache cache(1 << 20);
  Cache::Entry* first = add(&cache, 1);
  Cache::Entry* second = add(&cache, 2);
  EXPECT_DEATH(add(&cache, 1), "check failed");
  EXPECT_DEATH(cache.saved(first), "check failed");
  cache.note_change(first, Offset{10});
  EXPECT_DEATH(cache.note_change(second, Offset{9}), "check failed");
}

// The oracle: users with the time of their last use, the smallest of which leaves first.
class NaiveCache {
 public:
  struct User {
    std::uint64_t used = 0;
    std::size_t bytes = 0;
    bool changed = false;
  };

  void use(const UserId& id) {
    users_[id].used = ++now_;
    places_ = std::max(places_, users_.size());
  }
  User& at(const UserId& id) { return users_.at(id); }
  bool has(const UserId& id) const { return users_.contains(id); }
  std::size_t size() const { return users_.size(); }

  std::size_t bytes(bool only_changed) const {
    std::size_t sum = only_changed ? 0 : (places_ - users_.size()) * Cache::kPlaceBytes;
    for (const auto& [id, entry] : users_) {
      if (entry.changed || !only_changed) sum += entry.bytes + Cache::overhead_bytes(id);
    }
    return sum;
  }

  std::size_t evict(std::size_t bytes_max) {
    std::size_t removed = 0;
    while (bytes(false) > bytes_max) {
      auto oldest = users_.end();
      for (auto it = users_.begin(); it != users_.end(); ++it) {
        if (it->second.changed) continue;
        if (oldest == users_.end() || it->second.used < oldest->second.used) oldest = it;
      }
      if (oldest == users_.end()) break;
      users_.erase(oldest);
      ++removed;
    }
    return removed;
  }

 private:
  std::map<UserId, User> users_;
  std::size_t places_ = 0;  // as many as there were users at a time
  std::uint64_t now_ = 0;
};

// One random call on both; they must agree on what is there and on every count.
void step(Random* random, std::int64_t offset, Cache* cache, NaiveCache* naive) {
  const UserId id = user(random->below(12));
  Cache::Entry* found = cache->find(id);
  ASSERT_EQ(found != nullptr, naive->has(id));
  if (found != nullptr) naive->use(id);
  const std::size_t bytes = 50 + random->below(400);
  switch (random->below(4)) {
    case 0:
      if (found != nullptr) break;
      cache->insert(id, std::make_unique<int>(0), bytes);
      naive->use(id);
      naive->at(id).bytes = bytes;
      break;
    case 1:
      if (found == nullptr) break;
      cache->set_bytes(found, bytes);
      naive->at(id).bytes = bytes;
      break;
    case 2:
      if (found == nullptr) break;
      if (naive->at(id).changed) {
        cache->saved(found);
      } else {
        cache->note_change(found, Offset{offset});
      }
      naive->at(id).changed = !naive->at(id).changed;
      naive->use(id);
      break;
    default:
      ASSERT_EQ(cache->evict(), naive->evict(cache->bytes_max()));
  }
  ASSERT_EQ(cache->size(), naive->size());
  ASSERT_EQ(cache->bytes(), naive->bytes(false));
  ASSERT_EQ(cache->changed_bytes(), naive->bytes(true));
}

TEST(HotUserCacheTest, AgreesWithAMapOfTimeStamps) {
  Random random(test::test_seed());
  for (int round = 0; round < 50; ++round) {
    Cache cache(random.below(3000));
    NaiveCache naive;
    for (int i = 0; i < 200; ++i) {
      step(&random, i, &cache, &naive);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(HotUserCacheTest, AVisitInStepsSeesEachUserOnceAndItsNewSize) {
  Random random(test::test_seed());
  Cache cache(1 << 20);
  const std::uint64_t users = 1 + random.below(200);
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < users; ++i) {
    Cache::Entry* added = add(&cache, i);
    if (random.chance(0.3)) cache.note_change(added, Offset{static_cast<std::int64_t>(i)});
    bytes += entry_bytes(user(i), 7);
  }
  std::multiset<int> seen;
  std::optional<std::size_t> slot = 0;
  while (slot) {
    slot = cache.visit(*slot, 1 + random.below(8), [&](const std::unique_ptr<int>& value) {
      seen.insert(*value);
      return std::size_t{7};
    });
  }
  EXPECT_EQ(seen.size(), users);
  EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), users);
  EXPECT_EQ(cache.bytes(), bytes);
}

}  // namespace hot_user_cache_test
}  // namespace freshet::stateful
