#include "pipeline/http/bounded_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace freshet::pipeline::bounded_socket_test {

using std::chrono::milliseconds;

class BoundedSocketTest : public testing::Test {
 protected:
  BoundedSocketTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0); }
  ~BoundedSocketTest() override { close(ends_[0]); }

  void client_sends(const std::string& bytes) const {
    EXPECT_EQ(::write(ends_[0], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  int server() const { return ends_[1]; }

  int ends_[2] = {-1, -1};
  char byte_ = 0;
};

TEST_F(BoundedSocketTest, WhatWasSentIsReadInOrderUpToItsEnd) {
  BoundedSocket socket(server(), {100, milliseconds(10'000), milliseconds(0)});
  client_sends("ab");
  shutdown(ends_[0], SHUT_WR);
  EXPECT_EQ(socket.read(&byte_, 1), 1);
  EXPECT_EQ(byte_, 'a');
  EXPECT_EQ(socket.read(&byte_, 1), 1);
  EXPECT_EQ(byte_, 'b');
  EXPECT_EQ(socket.read(&byte_, 1), 0);
}

TEST_F(BoundedSocketTest, MoreThanTheBoundIsNotRead) {
  BoundedSocket socket(server(), {2, milliseconds(10'000), milliseconds(0)});
  client_sends("abc");
  char bytes[8];
  EXPECT_EQ(socket.read(bytes, sizeof bytes), 2);
  EXPECT_EQ(socket.read(bytes, sizeof bytes), -1);
}

TEST_F(BoundedSocketTest, ASilentClientIsNotWaitedForBeyondItsTime) {
  BoundedSocket socket(server(), {100, milliseconds(0), milliseconds(0)});
  EXPECT_EQ(socket.read(&byte_, 1), -1);
}

TEST_F(BoundedSocketTest, AClientThatTakesNothingIsNotWaitedForBeyondItsTime) {
  BoundedSocket socket(server(), {0, milliseconds(0), milliseconds(0)});
  const std::string block(65'536, 'x');
  ssize_t taken = 0;
  for (int i = 0; i < 1'000 && taken >= 0; ++i) taken = socket.write(block.data(), block.size());
  EXPECT_EQ(taken, -1);
}

}  // namespace freshet::pipeline::bounded_socket_test
