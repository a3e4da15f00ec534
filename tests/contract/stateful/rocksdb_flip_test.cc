// One bit flipped at a random place of a random file of the store: what was written up to some
// batch, or an error that says damage. Never a wrong answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "common/random.h"
#include "stateful/digest.h"
#include "tests/contract/stateful/store_under_test.h"
#include "tests/support/seed.h"

namespace freshet::stateful {
namespace rocksdb_flip_test {

using store_contract::open_rocksdb;
using store_contract::put;
using store_contract::remove;
using store_contract::rocksdb_options;

namespace fs = std::filesystem;

constexpr int kPartitions = 2;
constexpr int kUsers = 1'500;
constexpr int kUsersPerBatch = 50;

// One partition as it is after each of its batches: of the n-th its marker's digest and count.
struct History {
  std::map<std::string, std::string> users;
  std::vector<RestoredSoFar> after = {{}};  // [marker number]
};

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed), histories_(kPartitions) {}

  const std::vector<History>& histories() const { return histories_; }

  // Writes `count` batches to each partition in turn.
  void write(StateStore* store, int count) {
    std::vector<OwnerToken> owners;
    for (int p = 0; p < kPartitions; ++p) owners.push_back(store->take_ownership({p}));
    for (int i = 0; i < count * kPartitions; ++i) {
      const Partition partition{i % kPartitions};
      const CheckpointBatch next =
          next_batch(partition, owners[static_cast<std::size_t>(partition.value)]);
      ASSERT_EQ(store->apply(next), ApplyOutcome::kApplied);
    }
  }

 private:
  CheckpointBatch next_batch(Partition partition, OwnerToken owner) {
    History& history = histories_[static_cast<std::size_t>(partition.value)];
    RestoredSoFar saved = history.after.back();
    std::map<std::string, std::optional<std::string>> changes;
    for (int i = 0; i < kUsersPerBatch; ++i) {
      const std::string user = "u" + std::to_string(random_.below(kUsers));
      changes[user] = std::nullopt;
      if (random_.chance(0.9)) changes[user] = random_value();
    }
    CheckpointBatch batch{partition, owner, {}, {}};
    for (const auto& [user, value] : changes) {
      if (const auto old = history.users.find(user); old != history.users.end()) {
        saved.digest -= digest_of_user(UserId(user), old->second);
        --saved.user_count;
        history.users.erase(old);
      }
      if (value) {
        saved.digest += digest_of_user(UserId(user), *value);
        ++saved.user_count;
        history.users[user] = *value;
      }
      batch.users.push_back({UserId(user), value});
    }
    batch.marker = store_contract::marker_number(history.after.size());
    batch.marker.marker.digest = saved.digest;
    batch.marker.marker.user_count = saved.user_count;
    history.after.push_back(saved);
    return batch;
  }

  std::string random_value() {
    std::string value(200 + random_.below(1'000), '\0');
    for (char& byte : value) byte = static_cast<char>(random_.below(256));
    return value;
  }

  Random random_;
  std::vector<History> histories_;
};

// A closed store: tables of many flushes and of compactions, as far as these have come, and batches
// that lie in the write-ahead log alone.
void fill(const fs::path& directory, Writer* writer) {
  for (const int batches : {80, 40, 4}) {
    writer->write(open_rocksdb(directory).get(), batches);
  }
}

enum class Found { kAsWritten, kEarlierBatch, kDamage };

Found damage(const Error& error) {
  EXPECT_TRUE(error.code == ErrorCode::kCorruptStore || error.code == ErrorCode::kCorruptState)
      << name_of(error.code) << ": " << error.message;
  return Found::kDamage;
}

// Everything that a store answers is of one batch boundary, or it says that it is damaged.
Found look_at(StateStore* store, const std::vector<History>& histories) {
  bool as_written = true;
  std::vector<std::uint64_t> numbers;
  const auto partitions = store->partitions();
  if (!partitions) return damage(partitions.error());
  for (int p = 0; p < kPartitions; ++p) {
    const History& history = histories[static_cast<std::size_t>(p)];
    const auto marker = store->read_marker({p});
    if (!marker) return damage(marker.error());
    const std::uint64_t number = *marker ? (*marker)->marker.number : 0;
    RestoredSoFar scanned;
    const Status status =
        store->scan({p}, std::nullopt, [&](std::string_view user, std::string_view value) {
          scanned.digest += digest_of_user(UserId(user), value);
          ++scanned.user_count;
          return true;
        });
    if (!status) return damage(status.error());
    EXPECT_LT(number, history.after.size());
    if (number >= history.after.size()) continue;
    EXPECT_EQ(scanned, history.after[number]) << "partition " << p << " at marker " << number;
    for (int i = 0; i < kUsers; i += 100) {
      const auto value = store->read_user({p}, UserId("u" + std::to_string(i)));
      if (!value) return damage(value.error());
    }
    as_written &= number + 1 == history.after.size();
    numbers.push_back(number);
  }
  // Batches were written to the partitions in turn.
  EXPECT_TRUE(numbers[0] == numbers[1] || numbers[0] == numbers[1] + 1)
      << numbers[0] << " and " << numbers[1];
  return as_written ? Found::kAsWritten : Found::kEarlierBatch;
}

Found open_and_look_at(const fs::path& directory, const std::vector<History>& histories) {
  const auto store = RocksDbStateStore::open(rocksdb_options(directory));
  return store ? look_at(store->get(), histories) : damage(store.error());
}

std::vector<fs::path> files_of(const fs::path& directory, std::string_view kind) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    const bool holds_anything = entry.is_regular_file() && entry.file_size() > 0;
    if (holds_anything && (name.starts_with(kind) || name.ends_with(kind))) {
      found.push_back(entry.path());
    }
  }
  return found;
}

std::uint64_t flip_a_bit(const fs::path& path, Random* random) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::uint64_t bit = random->below(8 * fs::file_size(path));
  file.seekg(static_cast<std::streamoff>(bit / 8));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(bit / 8));
  file.put(static_cast<char>(byte ^ (1 << (bit % 8))));
  return bit;
}

class RocksDbFlipTest : public testing::TestWithParam<const char*> {};

TEST_P(RocksDbFlipTest, OneFlippedBitIsNeverAWrongAnswer) {
  Random random(test::test_seed());
  const test::TempDir directory;
  const fs::path whole = directory.path() / "whole";
  Writer writer(random.next());
  fill(whole, &writer);
  const auto files = files_of(whole, GetParam());
  ASSERT_FALSE(files.empty());
  ASSERT_FALSE(files_of(whole, ".sst").empty());

  int counts[3] = {};
  const int trials = test::case_count(1'000) / 50;
  for (int trial = 0; trial < trials && !HasFailure(); ++trial) {
    const fs::path flipped = directory.path() / "flipped";
    fs::remove_all(flipped);
    fs::copy(whole, flipped);
    const fs::path file = flipped / files[random.below(files.size())].filename();
    const std::uint64_t bit = flip_a_bit(file, &random);
    SCOPED_TRACE("bit " + std::to_string(bit) + " of " + file.filename().string());
    const Found found = open_and_look_at(flipped, writer.histories());
    ++counts[static_cast<int>(found)];
    // What opening has made of it stays so.
    if (found != Found::kDamage) {
      EXPECT_EQ(open_and_look_at(flipped, writer.histories()), found);
    }
  }
  std::printf("%s: %d trials, %d as written, %d at an earlier batch, %d damage found\n", GetParam(),
              trials, counts[0], counts[1], counts[2]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, RocksDbFlipTest,
                         testing::Values(".sst", ".log", "MANIFEST-", "CURRENT", "OPTIONS-",
                                         "IDENTITY"),
                         [](const auto& kind) {
                           std::string name;
                           for (const char* c = kind.param; *c != '\0'; ++c) {
                             if (std::isalpha(static_cast<unsigned char>(*c)) != 0) name += *c;
                           }
                           return name;
                         });

}  // namespace rocksdb_flip_test
}  // namespace freshet::stateful
