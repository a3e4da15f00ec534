// What is set aside on the disk: a partition's state within the store, and the files of a whole
// one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/random.h"
#include "stateful/store_files.h"
#include "tests/contract/stateful/store_under_test.h"

namespace freshet::stateful {
namespace rocksdb_aside_test {

using store_contract::batch;
using store_contract::marker_number;
using store_contract::open_rocksdb;
using store_contract::put;
using store_contract::rocksdb_options;
using store_contract::scanned;
using store_contract::set_aside;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

constexpr Partition kPartition{3};

void save(StateStore* store, std::vector<UserChange> users, std::uint64_t number) {
  const OwnerToken owner = store->take_ownership(kPartition);
  ASSERT_EQ(store->apply(batch(kPartition, owner, std::move(users), number)),
            ApplyOutcome::kApplied);
}

// A closed store whose one user lies in a table, beside a worker's identity.
void make_store(const fs::path& directory, const std::string& value) {
  save(open_rocksdb(directory).get(), {put("u1", value)}, 1);
  open_rocksdb(directory).reset();
  std::ofstream(directory / "instance") << "an identity\n";
}

TEST(RocksDbAsideTest, DroppedStateIsGoneAndTheOthersStay) {
  const test::TempDir directory;
  const auto store = open_rocksdb(directory.path());
  for (std::uint64_t number = 1; number <= 3; ++number) {
    save(store.get(), {put("u1", std::to_string(number))}, number);
    if (number == 3) break;
    ASSERT_TRUE(set_aside(store.get(), kPartition));
  }
  ASSERT_TRUE(store->drop(store->asides().value().front()));
  const std::vector<Aside> left = store->asides().value();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].slot, 1U);
  ASSERT_TRUE(store->drop(left[0]));
  EXPECT_THAT(store->asides().value(), IsEmpty());
  EXPECT_THAT(scanned(store.get(), kPartition), ElementsAre("u1=3"));
  // The next one takes neither the live slot nor anything of it.
  ASSERT_TRUE(set_aside(store.get(), kPartition));
  EXPECT_THAT(scanned(store.get(), kPartition), IsEmpty());
  EXPECT_EQ(store->asides().value().size(), 1U);
}

TEST(RocksDbAsideTest, StoreSetAsideIsKeptWholeAndAFreshOneOpens) {
  const test::TempDir directory;
  make_store(directory.path(), "one");
  EXPECT_EQ(set_store_aside(directory.path()).value(), directory.path() / "aside-1");
  EXPECT_TRUE(fs::exists(directory.path() / "instance"));
  const auto fresh = open_rocksdb(directory.path());
  EXPECT_THAT(fresh->partitions().value(), IsEmpty());
  EXPECT_THAT(stores_aside(directory.path()), ElementsAre(directory.path() / "aside-1"));
  EXPECT_THAT(scanned(open_rocksdb(directory.path() / "aside-1").get(), kPartition),
              ElementsAre("u1=one"));
}

TEST(RocksDbAsideTest, StoresAreSetAsideOnlySoOften) {
  const test::TempDir directory;
  for (std::size_t i = 1; i <= kStoresAsideMax; ++i) {
    make_store(directory.path(), std::to_string(i));
    ASSERT_EQ(set_store_aside(directory.path()).value(),
              directory.path() / ("aside-" + std::to_string(i)));
  }
  make_store(directory.path(), "once more");
  const auto refused = set_store_aside(directory.path());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.error().message, HasSubstr("delete the folders aside-*"));
  EXPECT_THAT(scanned(open_rocksdb(directory.path()).get(), kPartition),
              ElementsAre("u1=once more"));
}

TEST(RocksDbAsideTest, NumbersGoOnBehindTheLastThatIsThere) {
  const test::TempDir directory;
  fs::create_directory(directory.path() / "aside-9");
  fs::create_directory(directory.path() / "aside-10");
  fs::create_directory(directory.path() / "aside-of-somebody");
  make_store(directory.path(), "one");
  EXPECT_EQ(set_store_aside(directory.path()).value(), directory.path() / "aside-11");
}

TEST(RocksDbAsideTest, StoreWithoutCurrentIsDamagedAndNothingOfItIsDeleted) {
  const test::TempDir directory;
  make_store(directory.path(), "one");
  const std::string current = [&] {
    std::ifstream file(directory.path() / "CURRENT");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  fs::remove(directory.path() / "CURRENT");
  for (const bool read_only : {false, true}) {
    RocksDbOptions options = rocksdb_options(directory.path());
    options.read_only = read_only;
    const auto refused = RocksDbStateStore::open(options);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kCorruptStore);
    EXPECT_THAT(refused.error().message, HasSubstr("CURRENT is missing beside"));
  }
  std::ofstream(directory.path() / "CURRENT") << current;
  EXPECT_THAT(scanned(open_rocksdb(directory.path()).get(), kPartition), ElementsAre("u1=one"));
}

TEST(RocksDbAsideTest, CurrentThatNamesAMissingFileIsDamage) {
  const test::TempDir directory;
  make_store(directory.path(), "one");
  std::ofstream(directory.path() / "CURRENT") << "MANIFEST-999999\n";
  const auto refused = RocksDbStateStore::open(rocksdb_options(directory.path()));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruptStore) << refused.error().message;
}

TEST(RocksDbAsideTest, TableThatIsDamagedWhileTheStoreRunsIsDamageOfTheStore) {
  const test::TempDir directory;
  {
    const auto store = open_rocksdb(directory.path());
    std::vector<UserChange> users;
    Random random(1);
    for (int i = 0; i < 3'000; ++i) {
      std::string value(1'000, '\0');
      for (char& byte : value) byte = static_cast<char>(random.below(256));
      users.push_back(put("u" + std::to_string(i), std::move(value)));
    }
    save(store.get(), std::move(users), 1);
  }
  const auto store = open_rocksdb(directory.path());
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream table(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::uint64_t size = entry.file_size();
    table.seekp(1'000);
    table << std::string(size > 200'000 ? size - 100'000 : 0, '\x55');
  }
  int damaged = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto value = store->read_user(kPartition, UserId("u" + std::to_string(i)));
    if (value) continue;
    EXPECT_EQ(value.error().code, ErrorCode::kCorruptStore) << value.error().message;
    ++damaged;
  }
  EXPECT_GT(damaged, 0);
}

}  // namespace rocksdb_aside_test
}  // namespace freshet::stateful
