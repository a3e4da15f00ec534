// Two processes and one directory: the child holds it until the parent closes a pipe.
#include "stateful/directory_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "tests/support/temp_dir.h"

namespace freshet::stateful::directory_lock_test {

using ::testing::HasSubstr;

// A process that holds `directory` from the constructor's end to end().
class Holder {
 public:
  explicit Holder(const std::filesystem::path& directory) {
    std::array<int, 2> held{};
    EXPECT_EQ(pipe(held.data()), 0);
    EXPECT_EQ(pipe(release_.data()), 0);
    process_ = fork();
    if (process_ == 0) {
      close(release_[1]);
      const auto lock = DirectoryLock::take(directory);
      char byte = lock ? 'y' : 'n';
      if (write(held[1], &byte, 1) == 1) (void)!read(release_[0], &byte, 1);
      _exit(0);
    }
    char byte = 'n';
    EXPECT_EQ(read(held[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    close(held[0]);
    close(held[1]);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { end(); }

  int process() const { return process_; }
  void end() {
    if (process_ <= 0) return;
    close(release_[1]);
    close(release_[0]);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  std::array<int, 2> release_{};
  int process_ = 0;
};

TEST(DirectoryLockTest, AFreeDirectoryHasNoHolder) {
  const test::TempDir directory;
  EXPECT_FALSE(holder_of(directory.path()).has_value());
  EXPECT_TRUE(DirectoryLock::take(directory.path()).has_value());
}

TEST(DirectoryLockTest, TheHolderIsNamedByItsProcess) {
  const test::TempDir directory;
  Holder holder(directory.path());
  const auto found = holder_of(directory.path());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->process, holder.process());
  const auto lock = DirectoryLock::take(directory.path());
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(lock.error().message, HasSubstr("is held by another worker (process " +
                                              std::to_string(holder.process()) + "): stop it"));
}

TEST(DirectoryLockTest, TheLockEndsWithItsProcess) {
  const test::TempDir directory;
  Holder holder(directory.path());
  holder.end();
  EXPECT_FALSE(holder_of(directory.path()).has_value());
  EXPECT_TRUE(DirectoryLock::take(directory.path()).has_value());
}

TEST(DirectoryLockTest, ADirectoryThatIsNotThereIsRefusedByName) {
  const test::TempDir directory;
  const auto lock = DirectoryLock::take(directory.path() / "nowhere");
  ASSERT_FALSE(lock.has_value());
  EXPECT_THAT(lock.error().message, HasSubstr("nowhere/LOCK: cannot be opened"));
}

}  // namespace freshet::stateful::directory_lock_test
