// ConfigNode: a configuration as a tree of maps, lists and scalars, each with its place, before
// anything is known of keys and types. Made by yaml_reader.h, changed by config_overrides.h.
//
// Threads: a value.
#pragma once

#include <string>
#include <vector>

namespace freshet::pipeline {

// Where something stands. Places of the file sort before those of the command line.
struct ConfigPlace {
  std::string set{};  // the key of a --set; empty: in the file
  int line = 1;       // in the file, for people: both count from 1
  int column = 1;
  auto operator<=>(const ConfigPlace&) const = default;
};

struct ConfigPair;

struct ConfigNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  ConfigPlace place{};
  std::string text{};                 // of a scalar
  bool plain = true;                  // of a scalar: not quoted
  std::vector<ConfigNode> entries{};  // of a list
  std::vector<ConfigPair> pairs;      // of a map, in the file's order, repeated keys too

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
};

struct ConfigPair {
  ConfigNode key;
  ConfigNode value;
};

}  // namespace freshet::pipeline
