#include "scorer/model/limit_check.h"

#include <algorithm>

#include "scorer/model/model_limits.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

}  // namespace

Status check_size(const std::string& what, std::size_t value, std::size_t max) {
  if (value >= 1 && value <= max) return {};
  return refuse_model(what + " is " + std::to_string(value) + "; it must be from 1 to " +
                      std::to_string(max));
}

Status check_name(const std::string& what, std::string_view name) {
  if (is_plain_name(name)) return {};
  return refuse_model(what + " \"" + std::string(name) +
                      "\" must be 1 to 64 characters of A-Z a-z 0-9 _ . -");
}

}  // namespace freshet::scorer
