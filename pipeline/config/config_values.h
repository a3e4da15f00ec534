// ConfigValues: which value each key has in effect, and where it came from; for `config print`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/config/config_node.h"
#include "pipeline/config/config_value.h"

namespace freshet::pipeline {

struct EffectiveValue {
  ConfigValue value;
  ConfigPlace place{};                   // line 0: a default
  std::vector<std::string> variables{};  // of the environment, whose values are in it
  std::string secret_file{};             // that it was read from; empty: none
};

// By path: "commit.interval_ms", "behaviours[0].types", "kafka.client.linger.ms" (each option is
// its own). A key that is not here has its default.
using ConfigValues = std::map<std::string, EffectiveValue, std::less<>>;

}  // namespace freshet::pipeline
