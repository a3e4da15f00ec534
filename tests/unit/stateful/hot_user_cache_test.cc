#include "stateful/hot_user_cache.h"

#include <gtest/gtest.h>

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

void add(Cache* cache, std::uint64_t number) {
  cache->insert(user(number), std::make_unique<int>(static_cast<int>(number)), kValueBytes);
}

TEST(HotUserCacheTest, FindsWhatWasInserted) {
  Cache cache(1 << 20);
  EXPECT_EQ(cache.find(user(1)), nullptr);
  add(&cache, 1);
  ASSERT_NE(cache.find(user(1)), nullptr);
  EXPECT_EQ(**cache.find(user(1)), 1);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(HotUserCacheTest, EvictsTheLeastRecentlyUsedFirst) {
  Cache cache(2 * entry_bytes(user(1)));
  for (const std::uint64_t number : {1ULL, 2ULL, 3ULL}) add(&cache, number);
  cache.find(user(1));
  EXPECT_EQ(cache.evict(), 1U);
  EXPECT_NE(cache.find(user(1)), nullptr);
  EXPECT_EQ(cache.find(user(2)), nullptr);
  EXPECT_NE(cache.find(user(3)), nullptr);
}

TEST(HotUserCacheTest, PinnedUsersStayAndCount) {
  Cache cache(0);
  for (const std::uint64_t number : {1ULL, 2ULL}) add(&cache, number);
  cache.pin(user(1));
  EXPECT_EQ(cache.pinned_bytes(), entry_bytes(user(1)));
  EXPECT_EQ(cache.evict(), 1U);
  EXPECT_NE(cache.find(user(1)), nullptr);
  EXPECT_EQ(cache.bytes(), entry_bytes(user(1)));
  cache.unpin(user(1));
  EXPECT_EQ(cache.pinned_bytes(), 0U);
  EXPECT_EQ(cache.evict(), 1U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(HotUserCacheTest, BytesFollowTheValueAndTheKey) {
  Cache cache(1 << 20);
  add(&cache, 1);
  EXPECT_EQ(cache.bytes(), entry_bytes(user(1)));
  cache.pin(user(1));
  cache.set_bytes(user(1), 5000);
  EXPECT_EQ(cache.bytes(), entry_bytes(user(1), 5000));
  EXPECT_EQ(cache.pinned_bytes(), cache.bytes());
  EXPECT_EQ(Cache::overhead_bytes(UserId(std::string(100, 'x'))),
            Cache::overhead_bytes(UserId("x")) + string_heap_bytes(std::string(100, 'x')));
}

TEST(HotUserCacheTest, LowerBoundEvictsAtTheNextCall) {
  Cache cache(1 << 20);
  for (const std::uint64_t number : {1ULL, 2ULL, 3ULL}) add(&cache, number);
  EXPECT_EQ(cache.evict(), 0U);
  cache.set_bytes_max(entry_bytes(user(1)));
  EXPECT_EQ(cache.evict(), 2U);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(HotUserCacheDeathTest, MisuseIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Cache cache(1 << 20);
  add(&cache, 1);
  EXPECT_DEATH(add(&cache, 1), "check failed");
  EXPECT_DEATH(cache.unpin(user(1)), "check failed");
  EXPECT_DEATH(cache.set_bytes(user(2), 1), "check failed");
  cache.pin(user(1));
  EXPECT_DEATH(cache.pin(user(1)), "check failed");
}

// The oracle: users with the time of their last use, the smallest of which leaves first.
class NaiveCache {
 public:
  struct User {
    std::uint64_t used = 0;
    std::size_t bytes = 0;
    bool pinned = false;
  };

  void use(const UserId& id) { users_[id].used = ++now_; }
  User& at(const UserId& id) { return users_.at(id); }
  bool has(const UserId& id) const { return users_.contains(id); }
  std::size_t size() const { return users_.size(); }

  std::size_t bytes(bool only_pinned) const {
    std::size_t sum = 0;
    for (const auto& [id, entry] : users_) {
      if (entry.pinned || !only_pinned) sum += entry.bytes + Cache::overhead_bytes(id);
    }
    return sum;
  }

  std::size_t evict(std::size_t bytes_max) {
    std::size_t removed = 0;
    while (bytes(false) > bytes_max) {
      auto oldest = users_.end();
      for (auto it = users_.begin(); it != users_.end(); ++it) {
        if (it->second.pinned) continue;
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
  std::uint64_t now_ = 0;
};

// One random call on both; they must agree on what is there and on every count.
void step(Random* random, Cache* cache, NaiveCache* naive) {
  const UserId id = user(random->below(12));
  std::unique_ptr<int>* value = cache->find(id);
  ASSERT_EQ(value != nullptr, naive->has(id));
  if (value != nullptr) naive->use(id);
  const std::size_t bytes = 50 + random->below(400);
  switch (random->below(4)) {
    case 0:
      if (value != nullptr) break;
      cache->insert(id, std::make_unique<int>(0), bytes);
      naive->use(id);
      naive->at(id).bytes = bytes;
      break;
    case 1:
      if (value == nullptr) break;
      cache->set_bytes(id, bytes);
      naive->at(id).bytes = bytes;
      break;
    case 2:
      if (value == nullptr) break;
      if (naive->at(id).pinned) {
        cache->unpin(id);
      } else {
        cache->pin(id);
      }
      naive->at(id).pinned = !naive->at(id).pinned;
      naive->use(id);
      break;
    default:
      ASSERT_EQ(cache->evict(), naive->evict(cache->bytes_max()));
  }
  ASSERT_EQ(cache->size(), naive->size());
  ASSERT_EQ(cache->bytes(), naive->bytes(false));
  ASSERT_EQ(cache->pinned_bytes(), naive->bytes(true));
}

TEST(HotUserCacheTest, AgreesWithAMapOfTimeStamps) {
  Random random(test::test_seed());
  for (int round = 0; round < 50; ++round) {
    Cache cache(random.below(3000));
    NaiveCache naive;
    for (int i = 0; i < 200; ++i) {
      step(&random, &cache, &naive);
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
    add(&cache, i);
    if (random.chance(0.3)) cache.pin(user(i));
    bytes += entry_bytes(user(i), 7);
  }
  std::multiset<int> seen;
  std::optional<std::size_t> bucket = 0;
  while (bucket) {
    bucket = cache.visit(*bucket, 1 + random.below(8), [&](const std::unique_ptr<int>& value) {
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
