// BoundedSocket: one client's connection, with bounds on what it may send and on how long it may
// take.
//
// Bounds:  bytes in all that are read, the time from the beginning to the last read, and the time
//          from the first write to the last; a client that sends or takes a byte now and then has
//          no more of it
// Errors:  read and write give -1 where the connection broke or a bound is reached
// Threads: one
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace freshet::pipeline {

struct SocketBounds {
  std::size_t read_bytes_max = 0;
  std::chrono::milliseconds read_time{0};
  std::chrono::milliseconds write_time{0};
};

class BoundedSocket {
 public:
  // Owns the socket.
  BoundedSocket(int socket, const SocketBounds& bounds);
  ~BoundedSocket();
  BoundedSocket(const BoundedSocket&) = delete;
  BoundedSocket& operator=(const BoundedSocket&) = delete;

  // Up to `size` bytes, at least one; 0 where the client has ended. Buffered: single bytes are
  // cheap.
  ssize_t read(char* to, std::size_t size);
  // How many bytes were taken.
  ssize_t write(const char* from, std::size_t size);

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // Waits until the socket can be read (POLLIN) or written (POLLOUT).
  bool wait(short event, SteadyTime deadline) const;
  ssize_t fill();

  int socket_;
  std::size_t readable_;  // bytes that may still come
  std::chrono::milliseconds write_time_;
  SteadyTime read_deadline_;
  std::optional<SteadyTime> write_deadline_;
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0;  // of what is buffered
  std::size_t end_ = 0;
};

}  // namespace freshet::pipeline
