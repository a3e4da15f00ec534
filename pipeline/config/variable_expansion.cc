#include "pipeline/config/variable_expansion.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "common/ids.h"

namespace freshet::pipeline {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name(std::string_view name) {
  return !name.empty() && is_name_start(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_name_start(c) || (c >= '0' && c <= '9'); });
}

// "$$" -> "$".
std::string without_doubled_dollars(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out.push_back(text[i]);
    if (text[i] == '$' && text.substr(i + 1).starts_with('$')) ++i;
  }
  return out;
}

// Appends what stands for "${body}".
tl::expected<void, std::string> append_variable(std::string_view body,
                                                const Environment& environment, ExpandedText* out) {
  if (body.find("${") != std::string_view::npos) {
    return tl::unexpected<std::string>("a ${...} stands in another one; use one after the other");
  }
  const std::string name(body.substr(0, body.find(':')));
  const std::string_view rest = body.substr(name.size());
  const bool has_default = rest.starts_with(":-");
  const bool has_message = rest.starts_with(":?");
  if (!is_name(name) || (!rest.empty() && !has_default && !has_message)) {
    // What stands there may be a piece of a secret, so it is not repeated.
    return tl::unexpected<std::string>(
        "a ${...} names no variable; say ${NAME}, ${NAME:-default} or ${NAME:?message}, "
        "or $${ for the text ${");
  }
  const std::optional<std::string> value = environment(name);
  if (value && (!value->empty() || rest.empty())) {
    if (!is_valid_utf8(*value)) {
      return tl::unexpected("the environment variable " + name + " is not UTF-8 text");
    }
    out->text += *value;
    out->variables.push_back(name);
  } else if (has_default) {
    out->text += without_doubled_dollars(rest.substr(2));
  } else if (has_message && rest.size() > 2) {
    return tl::unexpected("the environment variable " + name +
                          " is not set: " + std::string(rest.substr(2)));
  } else {
    return tl::unexpected("the environment variable " + name +
                          " is not set; set it, or give a default: ${" + name + ":-default}");
  }
  return {};
}

}  // namespace

tl::expected<ExpandedText, std::string> expand_variables(std::string_view text,
                                                         const Environment& environment) {
  ExpandedText out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out.text += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) {
        return tl::unexpected<std::string>("a ${ has no }; close it, or write $${ for the text ${");
      }
      if (auto done = append_variable(text.substr(2, end - 2), environment, &out); !done) {
        return tl::unexpected(std::move(done.error()));
      }
      text.remove_prefix(end + 1);
    } else {
      out.text += '$';
      text.remove_prefix(text.starts_with("$$") ? 2 : 1);
    }
    if (out.text.size() > kExpandedBytesMax) {
      return tl::unexpected<std::string>("expands to more than 64 KiB");
    }
  }
  return out;
}

}  // namespace freshet::pipeline
