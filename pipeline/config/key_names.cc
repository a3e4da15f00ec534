#include "pipeline/config/key_names.h"

#include <algorithm>
#include <set>
#include <vector>

#include "pipeline/config/config_keys.h"
#include "pipeline/config/did_you_mean.h"

namespace freshet::pipeline {
namespace {

const std::set<std::string_view>& sections() {
  static const std::set<std::string_view> all = [] {
    std::set<std::string_view> found;
    for (const WorkerKey& key : worker_keys()) {
      for (std::size_t dot = key.path.find('.'); dot != key.path.npos;
           dot = key.path.find('.', dot + 1)) {
        found.insert(key.path.substr(0, dot));
      }
    }
    return found;
  }();
  return all;
}

}  // namespace

bool is_section(std::string_view path) { return sections().contains(path); }

std::string nearest_worker_key(std::string_view path) {
  std::vector<std::string_view> names;
  for (const WorkerKey& key : worker_keys()) names.push_back(key.path);
  names.push_back("behaviours");
  names.insert(names.end(), sections().begin(), sections().end());
  const std::string tail = "." + std::string(path.substr(path.rfind('.') + 1));
  for (const std::string_view known : names) {
    if (known.ends_with(tail)) return "; did you mean " + std::string(known) + "?";
  }
  return suggestion_for(path, names);
}

std::string nearest_behaviour_key(std::string_view name) {
  std::vector<std::string_view> names;
  for (const BehaviourKey& key : behaviour_keys()) names.push_back(key.path);
  return suggestion_for(name, names);
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

}  // namespace freshet::pipeline
