#include "pipeline/config/listen_address.h"

#include <charconv>

#include "common/json_text.h"

namespace freshet::pipeline {

namespace {

bool is_host(std::string_view host, bool in_brackets) {
  constexpr std::string_view kName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  constexpr std::string_view kAddress = "abcdefABCDEF0123456789:.";
  const std::string_view allowed = in_brackets ? kAddress : kName;
  return !host.empty() && host.find_first_not_of(allowed) == std::string_view::npos &&
         (host.find(':') != std::string_view::npos) == in_brackets;
}

}  // namespace

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
  const bool in_brackets = host.size() >= 2 && host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (!is_host(host, in_brackets) || failure != std::errc() || end != port.data() + port.size())
    return refused();
  address.host = host;
  return address;
}

}  // namespace freshet::pipeline
