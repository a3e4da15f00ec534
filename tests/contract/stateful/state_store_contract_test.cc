// What every StateStore promises (stateful/state_store.h), on every one that there is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "tests/contract/stateful/store_under_test.h"

namespace freshet::stateful {
namespace store_contract {

using testing::ElementsAre;
using testing::IsEmpty;

// ThreadSanitizer sees only what is compiled with it: of the system's RocksDB it sees the copying
// of bytes but not the atomics that order it, and takes two writers for a race.
#if defined(__SANITIZE_THREAD__)
constexpr bool kTwoWritersLookLikeARace = true;
#else
constexpr bool kTwoWritersLookLikeARace = false;
#endif

constexpr Partition kFirst{0};
constexpr Partition kOther{1};
constexpr Partition kLast{std::numeric_limits<std::int32_t>::max()};

template <class Store>
class StateStoreContractTest : public testing::Test {
 protected:
  // Applies as a new owner of the partition.
  void save(Partition partition, std::vector<UserChange> users, std::uint64_t number = 1) {
    StateStore& store = store_.written();
    const OwnerToken owner = store.take_ownership(partition);
    const auto applied = store.apply(batch(partition, owner, std::move(users), number));
    ASSERT_TRUE(applied.has_value());
    ASSERT_EQ(*applied, ApplyOutcome::kApplied);
  }

  Store store_;
};

using Stores = testing::Types<InMemory, OnDisk, OnDiskReopened>;

struct StoreNames {
  template <class Store>
  static std::string GetName(int) {
    if (std::is_same_v<Store, InMemory>) return "InMemory";
    return std::is_same_v<Store, OnDisk> ? "OnDisk" : "OnDiskReopened";
  }
};

TYPED_TEST_SUITE(StateStoreContractTest, Stores, StoreNames);

TYPED_TEST(StateStoreContractTest, EmptyStoreHasNothing) {
  StateStore& store = this->store_.seen();
  EXPECT_EQ(store.read_marker(kFirst).value(), std::nullopt);
  EXPECT_EQ(store.read_user(kFirst, UserId("u1")).value(), std::nullopt);
  EXPECT_THAT(store.partitions().value(), IsEmpty());
  EXPECT_THAT(scanned(&store, kFirst), IsEmpty());
}

TYPED_TEST(StateStoreContractTest, OwningAPartitionStoresNothing) {
  this->store_.written().take_ownership(kFirst);
  EXPECT_THAT(this->store_.seen().partitions().value(), IsEmpty());
}

TYPED_TEST(StateStoreContractTest, BatchStoresUsersAndMarker) {
  this->save(kFirst, {put("u1", "one"), put("u2", std::string("\0\xFF", 2)), put("u3", "")}, 7);
  StateStore& store = this->store_.seen();
  EXPECT_EQ(store.read_marker(kFirst).value(), marker_number(7));
  EXPECT_EQ(store.read_user(kFirst, UserId("u1")).value(), "one");
  EXPECT_EQ(store.read_user(kFirst, UserId("u2")).value(), std::string("\0\xFF", 2));
  EXPECT_EQ(store.read_user(kFirst, UserId("u3")).value(), "");
  EXPECT_EQ(store.read_user(kFirst, UserId("u")).value(), std::nullopt);
}

TYPED_TEST(StateStoreContractTest, EveryMarkerFieldComesBack) {
  StoredMarker stored = marker_number(3);
  stored.marker.lineage.bytes[15] = 0xFE;
  stored.marker.stream_time.reset();
  stored.marker.last_record.reset();
  stored.changelog_position.reset();
  StateStore& store = this->store_.written();
  const OwnerToken owner = store.take_ownership(kFirst);
  ASSERT_TRUE(store.apply({kFirst, owner, {}, stored}).has_value());
  EXPECT_EQ(this->store_.seen().read_marker(kFirst).value(), stored);
}

TYPED_TEST(StateStoreContractTest, LaterBatchReplacesAndDeletes) {
  this->save(kFirst, {put("u1", "one"), put("u2", "two"), put("u3", "three")}, 1);
  this->save(kFirst, {put("u2", "second"), remove("u1"), remove("u9")}, 2);
  StateStore& store = this->store_.seen();
  EXPECT_THAT(scanned(&store, kFirst), ElementsAre("u2=second", "u3=three"));
  EXPECT_EQ(store.read_user(kFirst, UserId("u1")).value(), std::nullopt);
  EXPECT_EQ(store.read_marker(kFirst).value(), marker_number(2));
}

TYPED_TEST(StateStoreContractTest, StaleOwnersBatchIsDroppedWhole) {
  this->save(kFirst, {put("u1", "one")}, 1);
  StateStore& store = this->store_.written();
  const OwnerToken old_owner = store.take_ownership(kFirst);
  const OwnerToken new_owner = store.take_ownership(kFirst);
  EXPECT_EQ(store.apply(batch(kFirst, old_owner, {put("u1", "stale"), put("u2", "stale")}, 9)),
            ApplyOutcome::kStaleOwner);
  EXPECT_EQ(store.apply(batch(kFirst, new_owner, {put("u3", "three")}, 2)), ApplyOutcome::kApplied);
  StateStore& seen = this->store_.seen();
  EXPECT_THAT(scanned(&seen, kFirst), ElementsAre("u1=one", "u3=three"));
  EXPECT_EQ(seen.read_marker(kFirst).value(), marker_number(2));
}

TYPED_TEST(StateStoreContractTest, NobodysBatchIsDropped) {
  StateStore& store = this->store_.written();
  EXPECT_EQ(store.apply(batch(kFirst, OwnerToken{}, {put("u1", "one")})),
            ApplyOutcome::kStaleOwner);
  EXPECT_THAT(this->store_.seen().partitions().value(), IsEmpty());
}

TYPED_TEST(StateStoreContractTest, OwnersOfOtherPartitionsStayOwners) {
  StateStore& store = this->store_.written();
  const OwnerToken owner = store.take_ownership(kFirst);
  store.take_ownership(kOther);
  store.take_ownership(kOther);
  EXPECT_EQ(store.apply(batch(kFirst, owner, {})), ApplyOutcome::kApplied);
}

TYPED_TEST(StateStoreContractTest, PartitionsDoNotSeeEachOther) {
  this->save(kFirst, {put("u1", "first")}, 1);
  this->save(kOther, {put("u1", "other"), put("u2", "other")}, 2);
  this->save(kLast, {put("u1", "last")}, 3);
  this->save(kOther, {remove("u1")}, 4);
  StateStore& store = this->store_.seen();
  EXPECT_THAT(scanned(&store, kFirst), ElementsAre("u1=first"));
  EXPECT_THAT(scanned(&store, kOther), ElementsAre("u2=other"));
  EXPECT_THAT(scanned(&store, kLast), ElementsAre("u1=last"));
  EXPECT_THAT(scanned(&store, Partition{2}), IsEmpty());
  EXPECT_EQ(store.read_marker(kFirst).value(), marker_number(1));
  EXPECT_EQ(store.read_marker(kLast).value(), marker_number(3));
}

TYPED_TEST(StateStoreContractTest, PartitionsWithAMarkerAreListedAscending) {
  for (const Partition partition : {kLast, Partition{256}, kOther, Partition{2}}) {
    this->save(partition, {put("u1", "one")});
  }
  EXPECT_THAT(this->store_.seen().partitions().value(),
              ElementsAre(kOther, Partition{2}, Partition{256}, kLast));
}

TYPED_TEST(StateStoreContractTest, PartitionSetAsideIsEmptyAndTheOthersAreNot) {
  this->save(kFirst, {put("u1", "one"), put("u2", "two")}, 1);
  this->save(kOther, {put("u1", "other")}, 2);
  ASSERT_TRUE(set_aside(&this->store_.written(), kFirst));
  StateStore& store = this->store_.seen();
  EXPECT_EQ(store.read_marker(kFirst).value(), std::nullopt);
  EXPECT_EQ(store.read_user(kFirst, UserId("u1")).value(), std::nullopt);
  EXPECT_THAT(scanned(&store, kFirst), IsEmpty());
  EXPECT_THAT(store.partitions().value(), ElementsAre(kOther));
  EXPECT_THAT(scanned(&store, kOther), ElementsAre("u1=other"));
}

TYPED_TEST(StateStoreContractTest, PartitionSetAsideIsFilledAnew) {
  this->save(kFirst, {put("u1", "one"), put("u2", "two")}, 1);
  ASSERT_TRUE(set_aside(&this->store_.written(), kFirst));
  this->save(kFirst, {put("u2", "second"), put("u3", "third")}, 7);
  this->save(kFirst, {remove("u3")}, 8);
  StateStore& store = this->store_.seen();
  EXPECT_THAT(scanned(&store, kFirst), ElementsAre("u2=second"));
  EXPECT_THAT(scanned(&store, kFirst, UserId("u2")), IsEmpty());
  EXPECT_EQ(store.read_user(kFirst, UserId("u1")).value(), std::nullopt);
  EXPECT_EQ(store.read_marker(kFirst).value(), marker_number(8));
  EXPECT_THAT(store.partitions().value(), ElementsAre(kFirst));
}

TYPED_TEST(StateStoreContractTest, EveryStateSetAsideIsKept) {
  this->save(kLast, {put("u1", "last")}, 5);
  ASSERT_TRUE(set_aside(&this->store_.written(), kLast));
  for (std::uint64_t number = 1; number <= 3; ++number) {
    this->save(kFirst, {put("u1", std::to_string(number))}, number);
    ASSERT_TRUE(set_aside(&this->store_.written(), kFirst));
  }
  this->save(kFirst, {put("u1", "live")}, 4);
  StateStore& store = this->store_.seen();
  const std::vector<Aside> asides = store.asides().value();
  ASSERT_EQ(asides.size(), 4U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(asides[i].partition, kFirst);
    EXPECT_EQ(asides[i].slot, i);
    EXPECT_EQ(asides[i].marker, marker_number(i + 1));
  }
  EXPECT_EQ(asides[3].partition, kLast);
  EXPECT_EQ(asides[3].marker, marker_number(5));
  EXPECT_THAT(scanned(&store, kFirst), ElementsAre("u1=live"));
}

TYPED_TEST(StateStoreContractTest, SettingAsideNothingKeepsNothing) {
  ASSERT_TRUE(set_aside(&this->store_.written(), kFirst));
  EXPECT_THAT(this->store_.seen().asides().value(), IsEmpty());
}

TYPED_TEST(StateStoreContractTest, SettingAsideLeavesTheOwnersAsTheyAre) {
  StateStore& store = this->store_.written();
  const OwnerToken old_owner = store.take_ownership(kFirst);
  const OwnerToken owner = store.take_ownership(kFirst);
  ASSERT_EQ(store.apply(batch(kFirst, owner, {put("u1", "one")}, 1)), ApplyOutcome::kApplied);
  EXPECT_EQ(store.set_aside(kFirst, old_owner), ApplyOutcome::kStaleOwner);
  ASSERT_EQ(store.set_aside(kFirst, owner), ApplyOutcome::kApplied);
  EXPECT_EQ(store.apply(batch(kFirst, old_owner, {put("u1", "stale")}, 2)),
            ApplyOutcome::kStaleOwner);
  EXPECT_EQ(store.apply(batch(kFirst, owner, {put("u2", "two")}, 3)), ApplyOutcome::kApplied);
  EXPECT_THAT(scanned(&this->store_.seen(), kFirst), ElementsAre("u2=two"));
}

TYPED_TEST(StateStoreContractTest, ScanGoesOnInWhatIsSetAsideMeanwhile) {
  this->save(kFirst, {put("a", "1"), put("b", "2")});
  StateStore& store = this->store_.written();
  std::vector<std::string> seen;
  const Status status =
      store.scan(kFirst, std::nullopt, [&](std::string_view user, std::string_view) {
        seen.emplace_back(user);
        return seen.size() > 1 || set_aside(&store, kFirst);
      });
  EXPECT_TRUE(status.has_value());
  EXPECT_THAT(seen, ElementsAre("a", "b"));
  EXPECT_THAT(scanned(&store, kFirst), IsEmpty());
}

TYPED_TEST(StateStoreContractTest, ScanAscendsByUnsignedBytes) {
  this->save(kFirst, {put("z", "1"), put("\xC3\xA9", "2"), put(std::string_view("\0", 1), "3"),
                      put("10", "4"), put("9", "5")});
  StateStore& store = this->store_.seen();
  EXPECT_THAT(scanned(&store, kFirst),
              ElementsAre(std::string("\0=3", 3), "10=4", "9=5", "z=1", "\xC3\xA9=2"));
}

TYPED_TEST(StateStoreContractTest, ScanBeginsAfterTheGivenUser) {
  this->save(kFirst, {put("b", "2"), put("c", "3"), put("d", "4")});
  this->save(kOther, {put("e", "5")});
  StateStore& store = this->store_.seen();
  EXPECT_THAT(scanned(&store, kFirst, UserId("b")), ElementsAre("c=3", "d=4"));
  EXPECT_THAT(scanned(&store, kFirst, UserId("bb")), ElementsAre("c=3", "d=4"));
  EXPECT_THAT(scanned(&store, kFirst, UserId("a")), ElementsAre("b=2", "c=3", "d=4"));
  EXPECT_THAT(scanned(&store, kFirst, UserId("d")), IsEmpty());
}

TYPED_TEST(StateStoreContractTest, ScanEndsWhereTheVisitorSaysSo) {
  this->save(kFirst, {put("a", "1"), put("b", "2"), put("c", "3")});
  int visits = 0;
  const Status status = this->store_.seen().scan(
      kFirst, std::nullopt, [&](std::string_view, std::string_view) { return ++visits < 2; });
  EXPECT_TRUE(status.has_value());
  EXPECT_EQ(visits, 2);
}

TYPED_TEST(StateStoreContractTest, ScanDoesNotSeeWhatIsWrittenMeanwhile) {
  this->save(kFirst, {put("a", "1"), put("b", "2"), put("c", "3")});
  StateStore& store = this->store_.written();
  std::vector<std::string> seen;
  const Status status =
      store.scan(kFirst, std::nullopt, [&](std::string_view user, std::string_view value) {
        seen.push_back(std::string(user) + "=" + std::string(value));
        if (seen.size() == 1) {
          this->save(kFirst, {put("b", "new"), remove("c"), put("d", "new")}, 2);
        }
        return true;
      });
  EXPECT_TRUE(status.has_value());
  EXPECT_THAT(seen, ElementsAre("a=1", "b=2", "c=3"));
  EXPECT_THAT(scanned(&store, kFirst), ElementsAre("a=1", "b=new", "d=new"));
}

TYPED_TEST(StateStoreContractTest, NothingOfTheOldOwnerLandsAfterANewOneIsThere) {
  StateStore& store = this->store_.written();
  const OwnerToken old_owner = store.take_ownership(kFirst);
  std::atomic<std::uint64_t> applied = 0;
  std::thread old_task([&] {
    for (std::uint64_t number = 1;; ++number) {
      const auto outcome =
          store.apply(batch(kFirst, old_owner, {put("u1", std::to_string(number))}, number));
      if (!outcome || *outcome == ApplyOutcome::kStaleOwner) return;
      applied = number;
      applied.notify_one();
    }
  });
  applied.wait(0);
  store.take_ownership(kFirst);
  const auto marker = store.read_marker(kFirst).value();
  const auto user = store.read_user(kFirst, UserId("u1")).value();
  old_task.join();
  ASSERT_TRUE(marker.has_value());
  EXPECT_EQ(store.read_marker(kFirst).value(), marker);
  EXPECT_EQ(store.read_user(kFirst, UserId("u1")).value(), user);
  EXPECT_EQ(user, std::to_string(marker->marker.number));
}

TYPED_TEST(StateStoreContractTest, PartitionsAreWrittenAtTheSameTime) {
  if (kTwoWritersLookLikeARace && !std::is_same_v<TypeParam, InMemory>) {
    GTEST_SKIP() << "ThreadSanitizer does not know RocksDB's own synchronisation";
  }
  StateStore& store = this->store_.written();
  constexpr std::uint64_t kBatches = 50;
  const auto write = [&store](Partition partition) {
    const OwnerToken owner = store.take_ownership(partition);
    for (std::uint64_t number = 1; number <= kBatches; ++number) {
      const auto outcome = store.apply(batch(
          partition, owner, {put("u" + std::to_string(number), "x"), put("all", "x")}, number));
      if (outcome != ApplyOutcome::kApplied) return;
      scanned(&store, partition);
    }
  };
  std::thread first(write, kFirst);
  std::thread other(write, kOther);
  first.join();
  other.join();
  StateStore& seen = this->store_.seen();
  for (const Partition partition : {kFirst, kOther}) {
    EXPECT_EQ(seen.read_marker(partition).value(), marker_number(kBatches));
    EXPECT_EQ(scanned(&seen, partition).size(), kBatches + 1);
  }
}

TYPED_TEST(StateStoreContractTest, ABatchIsSeenWholeWhileItIsWritten) {
  if (kTwoWritersLookLikeARace && !std::is_same_v<TypeParam, InMemory>) {
    GTEST_SKIP() << "ThreadSanitizer does not know RocksDB's own synchronisation";
  }
  StateStore& store = this->store_.written();
  const OwnerToken owner = store.take_ownership(kFirst);
  const auto write = [&](std::uint64_t number) {
    const std::string value = std::to_string(number);
    return store.apply(batch(kFirst, owner, {put("a", value), put("b", value)}, number));
  };
  ASSERT_EQ(write(0).value(), ApplyOutcome::kApplied);
  constexpr std::uint64_t kBatches = 200;
  std::atomic<bool> ended = false;
  std::thread writer([&] {
    for (std::uint64_t number = 1; number <= kBatches; ++number) {
      if (write(number) != ApplyOutcome::kApplied) break;
    }
    ended = true;
  });
  std::uint64_t seen = 0;
  std::string torn;
  while (!ended) {
    const std::vector<std::string> users = scanned(&store, kFirst);
    if (users.size() != 2 || users[0].substr(2) != users[1].substr(2)) torn += users[0] + " ";
    const auto user = store.read_user(kFirst, UserId("a")).value();
    if (!user || std::stoull(*user) < seen || !store.is_owner(kFirst, owner))
      torn += "a went back ";
    seen = std::max<std::uint64_t>(seen, user ? std::stoull(*user) : 0);
  }
  writer.join();
  EXPECT_EQ(torn, "");
  EXPECT_EQ(store.read_user(kFirst, UserId("b")).value(), std::to_string(kBatches));
}

}  // namespace store_contract
}  // namespace freshet::stateful
