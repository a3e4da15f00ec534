// A disk that is full: a named error, the store goes on once there is room, nothing acknowledged is
// lost. On a small file system of its own, which only root can make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>

#include "common/random.h"
#include "tests/contract/stateful/store_under_test.h"
#include "tests/support/seed.h"

namespace freshet::stateful {
namespace rocksdb_disk_full_test {

using store_contract::batch;
using store_contract::marker_number;
using store_contract::put;
using store_contract::rocksdb_options;
using testing::HasSubstr;

namespace fs = std::filesystem;

constexpr Partition kPartition{3};
constexpr std::uint64_t kDiskBytes = 24 << 20;

class SmallDisk {
 public:
  SmallDisk() {
    const std::string size = "size=" + std::to_string(kDiskBytes);
    mounted_ = mount("tmpfs", path().c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  const fs::path& path() const { return directory_.path(); }

  // Leaves `bytes` of room.
  void fill_up_to(std::uint64_t bytes) const {
    make_room();
    struct statvfs now {};
    ASSERT_EQ(statvfs(path().c_str(), &now), 0);
    const std::uint64_t room = now.f_bavail * now.f_bsize;
    if (room <= bytes) return;
    const std::string block(4096, 'x');
    std::ofstream ballast(path() / "ballast", std::ios::binary);
    for (std::uint64_t left = (room - bytes) / block.size(); left > 0; --left) ballast << block;
  }
  void make_room() const { fs::remove(path() / "ballast"); }

 private:
  test::TempDir directory_;
  bool mounted_ = false;
};

class RocksDbDiskFullTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) {
      GTEST_SKIP() << "mounting a small tmpfs needs root: " << std::strerror(errno);
    }
    options_ = rocksdb_options(disk_.path() / "state");
    // The info log goes to a full disk, too.
    options_.log = [](std::string_view) { throw std::runtime_error("the log cannot be written"); };
  }

  std::unique_ptr<RocksDbStateStore> open() {
    auto store = RocksDbStateStore::open(options_);
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }

  CheckpointBatch next_batch(OwnerToken owner) {
    std::vector<UserChange> users;
    for (std::uint64_t i = 0; i < 20; ++i) {
      std::string value(1'000, '\0');
      for (char& byte : value) byte = static_cast<char>(random_.below(256));
      users.push_back(put("u" + std::to_string(20 * (next_number_ % 100) + i), std::move(value)));
    }
    return batch(kPartition, owner, std::move(users), next_number_++);
  }

  void note_applied(const CheckpointBatch& applied) {
    for (const UserChange& change : applied.users) expected_[change.user] = *change.value;
  }

  void expect_everything_applied(StateStore* store, const CheckpointBatch& last) {
    EXPECT_EQ(store->read_marker(kPartition).value(), last.marker);
    std::map<UserId, std::string> found;
    const Status scanned =
        store->scan(kPartition, std::nullopt, [&](std::string_view user, std::string_view value) {
          found.emplace(user, value);
          return true;
        });
    EXPECT_TRUE(scanned.has_value());
    EXPECT_EQ(found == expected_, true) << found.size() << " users, not " << expected_.size();
  }

  SmallDisk disk_;
  RocksDbOptions options_;
  Random random_{test::test_seed()};
  std::uint64_t next_number_ = 1;
  std::map<UserId, std::string> expected_;
};

// The room decides where it runs out: in the write-ahead log, or in a table that is flushed.
TEST_P(RocksDbDiskFullTest, NothingAcknowledgedIsLostAndTheSameBatchIsTakenOnceThereIsRoom) {
  auto store = open();
  ASSERT_NE(store, nullptr);
  OwnerToken owner = store->take_ownership(kPartition);
  for (int i = 0; i < 100; ++i) {
    const CheckpointBatch next = next_batch(owner);
    ASSERT_TRUE(store->apply(next).has_value());
    note_applied(next);
  }
  disk_.fill_up_to(static_cast<std::uint64_t>(GetParam()) << 10);
  CheckpointBatch refused = next_batch(owner);
  auto outcome = store->apply(refused);
  int taken = 0;
  for (; outcome && taken < 3'000; ++taken) {
    note_applied(refused);
    refused = next_batch(owner);
    outcome = store->apply(refused);
  }
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(outcome.error().message, HasSubstr("partition 3: "));
  EXPECT_THAT(outcome.error().message, HasSubstr("the disk is full: free space on it"));
  std::printf("%d KiB of room: %d batches, then %s\n", GetParam(), taken,
              outcome.error().message.c_str());
  EXPECT_EQ(store->read_marker(kPartition).value(), marker_number(next_number_ - 2));
  // Trying again may find room, as the store has merged what it holds; or is refused likewise.
  outcome = store->apply(refused);
  if (!outcome) {
    EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable) << outcome.error().message;
    EXPECT_THAT(outcome.error().message, HasSubstr("the disk is full: free space on it"));
  }

  disk_.make_room();
  outcome = store->apply(refused);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  note_applied(refused);
  expect_everything_applied(store.get(), refused);
  store.reset();
  store = open();
  ASSERT_NE(store, nullptr);
  expect_everything_applied(store.get(), refused);
}

TEST_P(RocksDbDiskFullTest, RestartWithoutRoomIsRefusedByNameAndWithRoomHasEverything) {
  auto store = open();
  ASSERT_NE(store, nullptr);
  const OwnerToken owner = store->take_ownership(kPartition);
  disk_.fill_up_to(static_cast<std::uint64_t>(GetParam()) << 10);
  std::optional<CheckpointBatch> last;
  for (CheckpointBatch next = next_batch(owner); store->apply(next); next = next_batch(owner)) {
    note_applied(next);
    last = std::move(next);
  }
  store.reset();
  disk_.fill_up_to(0);
  const auto refused = RocksDbStateStore::open(options_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("the disk is full: free space on it"));
  disk_.make_room();
  store = open();
  ASSERT_NE(store, nullptr);
  if (last) expect_everything_applied(store.get(), *last);
}

INSTANTIATE_TEST_SUITE_P(KiB, RocksDbDiskFullTest,
                         testing::Values(0, 40, 300, 900, 1'500, 2'500, 5'000),
                         testing::PrintToStringParamName());

}  // namespace rocksdb_disk_full_test
}  // namespace freshet::stateful
