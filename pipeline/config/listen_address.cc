#include "pipeline/config/listen_address.h"

#include <charconv>

#include "common/json_text.h"

namespace freshet::pipeline {

bool ListenAddress::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string ListenAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<std::optional<ListenAddress>> parse_listen_address(std::string_view text) {
  if (text == "off") return std::nullopt;
  const auto refused = [&] {
    return error(ErrorCode::kInvalidConfig,
                 quote_excerpt(text) + " is neither host:port (port 0 takes any free one) nor off");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return refused();
  ListenAddress address;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refused();
  }
  const std::string_view port = text.substr(colon + 1);
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (host.empty() || failure != std::errc() || end != port.data() + port.size()) return refused();
  address.host = host;
  return address;
}

}  // namespace freshet::pipeline
