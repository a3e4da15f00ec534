// What damage to the files and a disk that refuses do to the store: an error, never a wrong answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <mutex>

#include "common/random.h"
#include "tests/contract/stateful/store_under_test.h"
#include "tests/support/seed.h"

namespace freshet::stateful {
namespace rocksdb_damage_test {

using store_contract::batch;
using store_contract::marker_number;
using store_contract::open_rocksdb;
using store_contract::put;
using store_contract::rocksdb_options;
using store_contract::scanned;
using testing::HasSubstr;

constexpr Partition kPartition{3};

void save(StateStore* store, std::vector<UserChange> users, std::uint64_t number) {
  const OwnerToken owner = store->take_ownership(kPartition);
  ASSERT_EQ(store->apply(batch(kPartition, owner, std::move(users), number)),
            ApplyOutcome::kApplied);
}

// A closed store of `count` users whose values lie in sorted tables, not in the write-ahead log.
void fill(const std::filesystem::path& directory, int count) {
  std::vector<UserChange> users;
  for (int i = 0; i < count; ++i) {
    users.push_back(put("u" + std::to_string(i), "value " + std::to_string(i * 7919)));
  }
  save(open_rocksdb(directory).get(), std::move(users), 1);
  open_rocksdb(directory).reset();  // opening writes what the log holds to a table
}

std::vector<std::filesystem::path> files_ending(const std::filesystem::path& directory,
                                                std::string_view extension) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  return found;
}

// A trial takes as long as many cases of other tests, and what few of them find tells nothing.
int trial_count() {
  constexpr int kLeast = 20;
  return std::max(kLeast, test::case_count(1000) / 25);
}

// A fresh copy of the directory, to be damaged.
std::filesystem::path copy_of(const std::filesystem::path& directory) {
  const std::filesystem::path copy = directory.string() + "-damaged";
  std::filesystem::remove_all(copy);
  std::filesystem::copy(directory, copy, std::filesystem::copy_options::recursive);
  return copy;
}

void flip_a_bit(const std::filesystem::path& path, Random* random) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto at = static_cast<std::streamoff>(random->below(std::filesystem::file_size(path)));
  file.seekg(at);
  const int byte = file.get();
  file.seekp(at);
  file.put(static_cast<char>(byte ^ (1 << random->below(8))));
}

// Reads every user and scans them all. Each answer must be right or an error; counts the errors.
int errors_of_reading(const std::filesystem::path& directory, int count) {
  const auto store = RocksDbStateStore::open(rocksdb_options(directory));
  if (!store) return 1;
  int errors = 0;
  for (int i = 0; i < count; ++i) {
    const auto value = (*store)->read_user(kPartition, UserId("u" + std::to_string(i)));
    if (value) {
      EXPECT_EQ(*value, "value " + std::to_string(i * 7919));
    } else {
      ++errors;
      EXPECT_EQ(value.error().code, ErrorCode::kCorruptStore) << value.error().message;
      EXPECT_THAT(value.error().message, HasSubstr("partition 3, user \"u"));
    }
  }
  int visited = 0;
  const Status scanned =
      (*store)->scan(kPartition, std::nullopt, [&](std::string_view, std::string_view) {
        ++visited;
        return true;
      });
  if (!scanned) return errors + 1;
  EXPECT_EQ(visited, count);
  return errors;
}

TEST(RocksDbDamageTest, FlippedBitInATableIsAnErrorAndNeverAWrongAnswer) {
  constexpr int kUsers = 500;
  const test::TempDir directory;
  const std::filesystem::path whole = directory.path() / "whole";
  fill(whole, kUsers);
  EXPECT_EQ(errors_of_reading(whole, kUsers), 0);
  Random random(test::test_seed());
  int trials_with_errors = 0;
  const int trials = trial_count();
  for (int trial = 0; trial < trials; ++trial) {
    const std::filesystem::path damaged = copy_of(whole);
    const auto tables = files_ending(damaged, ".sst");
    ASSERT_FALSE(tables.empty());
    flip_a_bit(tables[random.below(tables.size())], &random);
    if (errors_of_reading(damaged, kUsers) > 0) ++trials_with_errors;
  }
  EXPECT_GT(trials_with_errors, trials / 4);
}

TEST(RocksDbDamageTest, MissingTableIsAnErrorAtOpeningAndIsLogged) {
  const test::TempDir directory;
  fill(directory.path(), 500);
  for (const auto& table : files_ending(directory.path(), ".sst")) std::filesystem::remove(table);
  RocksDbOptions options = rocksdb_options(directory.path());
  std::mutex mutex;
  std::string log;
  options.log = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    log.append(line).append("\n");
  };
  const auto store = RocksDbStateStore::open(options);
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code, ErrorCode::kCorruptStore);
  EXPECT_THAT(store.error().message, HasSubstr(directory.path().string()));
  EXPECT_THAT(store.error().message, HasSubstr("sets them aside"));
  const std::lock_guard lock(mutex);
  EXPECT_THAT(log, HasSubstr("DB::Open() failed"));
}

TEST(RocksDbDamageTest, TornWriteAheadLogEndsAtAWholeBatch) {
  constexpr std::uint64_t kBatches = 20;
  const test::TempDir directory;
  const std::filesystem::path whole = directory.path() / "whole";
  {
    const auto store = open_rocksdb(whole);
    for (std::uint64_t number = 1; number <= kBatches; ++number) {
      const std::string text = std::to_string(number);
      save(store.get(), {put("all", text), put("u" + text, std::string(100, 'x'))}, number);
    }
  }
  Random random(test::test_seed());
  const int trials = trial_count();
  for (int trial = 0; trial < trials; ++trial) {
    const std::filesystem::path torn = copy_of(whole);
    const auto logs = files_ending(torn, ".log");
    ASSERT_EQ(logs.size(), 1U);
    // The first record names the application; a tear there is a directory made anew.
    const std::uint64_t size = std::filesystem::file_size(logs[0]);
    std::filesystem::resize_file(logs[0], 200 + random.below(size - 200));
    const auto store = open_rocksdb(torn);
    const auto marker = store->read_marker(kPartition).value();
    const std::uint64_t number = marker ? marker->marker.number : 0;
    ASSERT_LT(number, kBatches);
    ASSERT_EQ(scanned(store.get(), kPartition).size(), number == 0 ? 0 : number + 1);
    if (number == 0) continue;
    EXPECT_EQ(store->read_user(kPartition, UserId("all")).value(), std::to_string(number));
    EXPECT_EQ(marker, marker_number(number));
  }
}

// While it lives, no file of this process may grow beyond the given size.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limited{bytes, before_.rlim_max};
    previous_ = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, previous_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*previous_)(int) = SIG_DFL;
};

TEST(RocksDbDamageTest, BatchThatTheDiskRefusesIsUnavailableAndNotThereAfterwards) {
  const test::TempDir directory;
  {
    const auto store = open_rocksdb(directory.path());
    save(store.get(), {put("u1", "one")}, 1);
    const OwnerToken owner = store->take_ownership(kPartition);
    const FileSizeLimit limit(4096);
    const auto refused = store->apply(
        batch(kPartition, owner, {put("u1", std::string(100'000, 'x')), put("u2", "two")}, 2));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable) << refused.error().message;
    EXPECT_THAT(refused.error().message, HasSubstr("partition 3"));
    EXPECT_THAT(refused.error().message, HasSubstr("free space"));
  }
  const auto store = open_rocksdb(directory.path());
  EXPECT_THAT(scanned(store.get(), kPartition), testing::ElementsAre("u1=one"));
  EXPECT_EQ(store->read_marker(kPartition).value(), marker_number(1));
}

}  // namespace rocksdb_damage_test
}  // namespace freshet::stateful
