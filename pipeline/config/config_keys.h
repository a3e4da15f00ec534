// The one table of configuration keys: path, kind, default, unit, range, meaning, setter.
//
// Parsing, configs/worker.yaml (a test compares them) and the documentation all read this table.
// Threads: constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/config/config_value.h"

namespace freshet::pipeline {

struct KeyRules {
  std::string_view path;  // "kafka.bootstrap"; a behaviour's key has no prefix: "length_max"
  ValueKind kind = ValueKind::kText;
  std::string_view default_text;  // as YAML; empty: required
  std::string_view unit;          // "ms", "bytes", "MiB"; empty: none
  // Inclusive. Of an integer its value, of a duration its ms, of a text or list its size.
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::vector<std::string_view> choices;  // of a text; empty: any
  std::string_view meaning;
};

// What is wrong with a value of the key's kind, "" where nothing is.
std::string problem_of_value(const KeyRules& rules, const ConfigValue& value);

template <class Target>
struct ConfigKey : KeyRules {
  // Requires: the value has the kind's type and is within range and choices.
  void (*set)(const ConfigValue& value, Target* target) = nullptr;
};

using WorkerKey = ConfigKey<WorkerConfig>;
using BehaviourKey = ConfigKey<BehaviourConfig>;

// Every key but those of the `behaviours` list, in the order of configs/worker.yaml.
std::span<const WorkerKey> worker_keys();

// The keys of one entry of the `behaviours` list.
std::span<const BehaviourKey> behaviour_keys();

// The first word of a path ("kafka" of "kafka.input"), where the table has it; else empty.
std::string_view section_of(std::string_view path);

// What `behaviours` is where the file does not say.
std::vector<BehaviourConfig> default_behaviours();

inline constexpr std::size_t kBehavioursMax = 16;

}  // namespace freshet::pipeline
