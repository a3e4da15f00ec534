// ListenAddress: where the worker's HTTP server listens, as http.listen says it.
//
// "host:port", "[::1]:8080", port 0 for any free one, or "off".
// Errors:  kInvalidConfig; the caller names the key
// Threads: free functions
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/status.h"

namespace freshet::pipeline {

struct ListenAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;

  // Only this machine can connect.
  bool is_loopback() const;
  std::string text() const;  // with brackets where the host is an IPv6 address
};

// None for "off".
Result<std::optional<ListenAddress>> parse_listen_address(std::string_view text);

}  // namespace freshet::pipeline
