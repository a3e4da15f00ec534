// Directories that this Freshet did not make: written here with RocksDB itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "stateful/sealed_value.h"
#include "stateful/store_keys.h"
#include "tests/contract/stateful/store_under_test.h"

namespace freshet::stateful {
namespace rocksdb_foreign_test {

using store_contract::open_rocksdb;
using store_contract::rocksdb_options;
using store_contract::set_aside;
using testing::HasSubstr;

void write_key(const std::filesystem::path& directory, std::string_view key,
               const std::string& value) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, directory.string(), &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), {key.data(), key.size()}, value).ok());
}

std::string read_key(const std::filesystem::path& directory, std::string_view key) {
  rocksdb::DB* opened = nullptr;
  EXPECT_TRUE(rocksdb::DB::OpenForReadOnly(rocksdb::Options(), directory.string(), &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::string value;
  EXPECT_TRUE(db->Get(rocksdb::ReadOptions(), {key.data(), key.size()}, &value).ok());
  return value;
}

Error refusal(const std::filesystem::path& directory) {
  const auto store = RocksDbStateStore::open(rocksdb_options(directory));
  EXPECT_FALSE(store.has_value());
  return store ? Error{ErrorCode::kFatal, "it opened"} : store.error();
}

TEST(RocksDbForeignTest, DatabaseOfAnotherProgramIsRefused) {
  const test::TempDir directory;
  write_key(directory.path(), "some key", "some value");
  const Error refused = refusal(directory.path());
  EXPECT_EQ(refused.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.message, HasSubstr("was not made by Freshet"));
}

TEST(RocksDbForeignTest, NewerFormatIsRefusedByName) {
  const test::TempDir directory;
  std::string meta = "\x03 whatever comes";
  seal(&meta);
  write_key(directory.path(), kMetaKey, meta);
  const Error refused = refusal(directory.path());
  EXPECT_EQ(refused.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.message, HasSubstr("state directory " + directory.path().string() +
                                         " was written by a newer Freshet (format 3"));
}

TEST(RocksDbForeignTest, DamagedMetaValueIsCorrupt) {
  const test::TempDir directory;
  write_key(directory.path(), kMetaKey, "damaged beyond all reading");
  EXPECT_EQ(refusal(directory.path()).code, ErrorCode::kCorruptStore);
}

TEST(RocksDbForeignTest, OnlyADirectoryWithAStateSetAsideIsClosedToReadersOfFormatOne) {
  const test::TempDir directory;
  const Partition partition{3};
  {
    const auto store = open_rocksdb(directory.path());
    const OwnerToken owner = store->take_ownership(partition);
    ASSERT_TRUE(store->apply(store_contract::batch(partition, owner, {})).has_value());
  }
  EXPECT_EQ(read_key(directory.path(), kMetaKey)[0], 1);
  ASSERT_TRUE(set_aside(open_rocksdb(directory.path()).get(), partition));
  EXPECT_EQ(read_key(directory.path(), kMetaKey)[0], 2);
  EXPECT_EQ(decode_slot(read_key(directory.path(), slot_key(partition)), "it").value(), 1U);
}

TEST(RocksDbForeignTest, DamagedSlotRecordIsDamageOfTheStore) {
  const test::TempDir directory;
  open_rocksdb(directory.path()).reset();
  write_key(directory.path(), slot_key(Partition{3}), "damaged beyond all reading");
  EXPECT_EQ(refusal(directory.path()).code, ErrorCode::kCorruptStore);
}

TEST(RocksDbForeignTest, DamagedMarkerIsCorruptNamingItsPartition) {
  const test::TempDir directory;
  open_rocksdb(directory.path()).reset();
  write_key(directory.path(), marker_key({Partition{3}, 0}), "damaged beyond all reading");
  const auto store = open_rocksdb(directory.path());
  const auto marker = store->read_marker(Partition{3});
  ASSERT_FALSE(marker.has_value());
  EXPECT_EQ(marker.error().code, ErrorCode::kCorruptState);
  EXPECT_THAT(marker.error().message, HasSubstr("partition 3: stored marker is corrupt"));
}

}  // namespace rocksdb_foreign_test
}  // namespace freshet::stateful
