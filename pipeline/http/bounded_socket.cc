#include "pipeline/http/bounded_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace freshet::pipeline {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

BoundedSocket::BoundedSocket(int socket, const SocketBounds& bounds)
    : socket_(socket),
      readable_(bounds.read_bytes_max),
      write_time_(bounds.write_time),
      read_deadline_(steady_clock::now() + bounds.read_time) {}

BoundedSocket::~BoundedSocket() {
  shutdown(socket_, SHUT_RDWR);
  close(socket_);
}

bool BoundedSocket::wait(short event, SteadyTime deadline) const {
  pollfd what{socket_, event, 0};
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    const int ready =
        poll(&what, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return false;
  }
}

ssize_t BoundedSocket::fill() {
  const std::size_t room = std::min(buffer_.size(), readable_);
  if (room == 0 || !wait(POLLIN, read_deadline_)) return -1;
  const ssize_t count = recv(socket_, buffer_.data(), room, MSG_DONTWAIT);
  if (count <= 0) return count;
  begin_ = 0;
  end_ = static_cast<std::size_t>(count);
  readable_ -= end_;
  return count;
}

ssize_t BoundedSocket::read(char* to, std::size_t size) {
  if (begin_ == end_) {
    if (const ssize_t count = fill(); count <= 0) return count;
  }
  const std::size_t count = std::min(size, end_ - begin_);
  std::memcpy(to, buffer_.data() + begin_, count);
  begin_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t BoundedSocket::write(const char* from, std::size_t size) {
  if (!write_deadline_) write_deadline_ = steady_clock::now() + write_time_;
  if (!wait(POLLOUT, *write_deadline_)) return -1;
  return send(socket_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace freshet::pipeline
