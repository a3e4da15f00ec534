// What only the store on disk promises: who may open a directory, and what lies in it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/contract/stateful/store_under_test.h"

namespace freshet::stateful {
namespace rocksdb_store_test {

using store_contract::batch;
using store_contract::marker_number;
using store_contract::open_rocksdb;
using store_contract::put;
using store_contract::rocksdb_options;
using testing::HasSubstr;

constexpr Partition kPartition{3};

Error refusal(const RocksDbOptions& options) {
  const auto store = RocksDbStateStore::open(options);
  EXPECT_FALSE(store.has_value());
  return store ? Error{ErrorCode::kFatal, "it opened"} : store.error();
}

void save(StateStore* store, std::vector<UserChange> users, std::uint64_t number) {
  const OwnerToken owner = store->take_ownership(kPartition);
  ASSERT_EQ(store->apply(batch(kPartition, owner, std::move(users), number)),
            ApplyOutcome::kApplied);
}

TEST(RocksDbStateStoreTest, HeldDirectoryIsRefusedWithTheRemedy) {
  const test::TempDir directory;
  const auto store = open_rocksdb(directory.path());
  const Error refused = refusal(rocksdb_options(directory.path()));
  EXPECT_EQ(refused.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.message, HasSubstr("state directory " + directory.path().string() +
                                         " is held by another worker"));
  EXPECT_THAT(refused.message, HasSubstr("state.path"));
}

TEST(RocksDbStateStoreTest, DirectoryHeldByAnotherProcessIsRefused) {
  const test::TempDir directory;
  open_rocksdb(directory.path()).reset();
  // The child holds the lock in RocksDB's way; it makes no call that a fork of threads forbids.
  const std::string lock_file = (directory.path() / "LOCK").string();
  int held[2];
  int release[2];
  ASSERT_EQ(pipe(held), 0);
  ASSERT_EQ(pipe(release), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(release[1]);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int file = open(lock_file.c_str(), O_RDWR);
    char byte = fcntl(file, F_SETLK, &lock) == 0 ? 1 : 0;
    if (write(held[1], &byte, 1) == 1) byte = static_cast<char>(read(release[0], &byte, 1));
    _exit(0);
  }
  char locked = 0;
  ASSERT_EQ(read(held[0], &locked, 1), 1);
  EXPECT_EQ(locked, 1);
  EXPECT_THAT(refusal(rocksdb_options(directory.path())).message,
              HasSubstr("is held by another worker"));
  for (const int end : {held[0], held[1], release[0], release[1]}) close(end);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(RocksDbStateStore::open(rocksdb_options(directory.path())).has_value());
}

TEST(RocksDbStateStoreTest, DirectoryOfAnotherApplicationIsRefused) {
  const test::TempDir directory;
  open_rocksdb(directory.path()).reset();
  RocksDbOptions options = rocksdb_options(directory.path());
  options.application_id = "somebody-else";
  const Error refused = refusal(options);
  EXPECT_EQ(refused.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.message, HasSubstr("belongs to application_id \"freshet-test\""));
  options.read_only = true;
  EXPECT_EQ(refusal(options).code, ErrorCode::kInvalidConfig);
}

TEST(RocksDbStateStoreTest, MissingParentDirectoriesAreMade) {
  const test::TempDir directory;
  EXPECT_TRUE(
      RocksDbStateStore::open(rocksdb_options(directory.path() / "some" / "where")).has_value());
}

TEST(RocksDbStateStoreTest, FileInTheDirectorysPlaceIsRefused) {
  const test::TempDir directory;
  const std::filesystem::path file = directory.path() / "file";
  std::ofstream(file) << "not a directory";
  const Error refused = refusal(rocksdb_options(file));
  EXPECT_EQ(refused.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.message, HasSubstr(file.string()));
}

TEST(RocksDbStateStoreTest, ReaderBesideAWriterSeesWhatWasThereWhenItOpened) {
  const test::TempDir directory;
  const auto writer = open_rocksdb(directory.path());
  save(writer.get(), {put("u1", "one")}, 1);
  RocksDbOptions options = rocksdb_options(directory.path());
  options.read_only = true;
  const auto reader = RocksDbStateStore::open(options);
  ASSERT_TRUE(reader.has_value());
  save(writer.get(), {put("u1", "later")}, 2);
  EXPECT_EQ((*reader)->read_user(kPartition, UserId("u1")).value(), "one");
  EXPECT_EQ((*reader)->read_marker(kPartition).value(), marker_number(1));
  EXPECT_EQ(writer->read_user(kPartition, UserId("u1")).value(), "later");
}

TEST(RocksDbStateStoreTest, ReaderMakesNoDirectory) {
  const test::TempDir directory;
  RocksDbOptions options = rocksdb_options(directory.path() / "nothing");
  options.read_only = true;
  EXPECT_THAT(refusal(options).message, HasSubstr("holds no state"));
  EXPECT_FALSE(std::filesystem::exists(options.directory));
}

TEST(RocksDbStateStoreTest, WhatCannotBeReadIsNotCalledEmpty) {
  const test::TempDir directory;
  RocksDbOptions options = rocksdb_options(directory.path() / "loop");
  options.read_only = true;
  std::filesystem::create_symlink(options.directory, options.directory);
  EXPECT_THAT(refusal(options).message, HasSubstr("cannot be read: Too many levels"));
}

TEST(RocksDbStateStoreTest, NoLogFileIsWritten) {
  const test::TempDir directory;
  save(open_rocksdb(directory.path()).get(), {put("u1", "one")}, 1);
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "CURRENT"));
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    const std::string name = entry.path().filename().string();
    EXPECT_FALSE(name.starts_with("LOG")) << name;
  }
}

}  // namespace rocksdb_store_test
}  // namespace freshet::stateful
