// ConfigProblems: what is wrong with a configuration file, each problem with its place.
//
// Threads: one. Cost: nothing but memory, and that is bounded: a file of errors lists the first
// hundred and counts the rest.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"

namespace freshet::pipeline {

// For people: both count from 1.
struct TextPlace {
  int line = 1;
  int column = 1;
  auto operator<=>(const TextPlace&) const = default;
};

class ConfigProblems {
 public:
  // Where the value of `path` stands, so that problems found later can be placed.
  void remember(const std::string& path, TextPlace place);

  // `path` may be empty for a problem of the file as a whole.
  void add(const std::string& path, TextPlace place, std::string_view message);

  // Places the problem at `path` or, where the file does not hold it, at what holds it. Where
  // either already has a problem nothing is added: it would only be a consequence.
  void add_at_path(const std::string& path, std::string_view message);

  bool empty() const { return problems_.empty(); }

  // The paths of all problems, in no order.
  std::vector<std::string> paths() const;

  // kInvalidConfig with one "name:line:col: path: message" a line, in the file's order.
  Error to_error(std::string_view name) const;

 private:
  struct Problem {
    TextPlace place;
    std::string path;
    std::string message;
  };

  std::map<std::string, TextPlace, std::less<>> places_;
  std::vector<Problem> problems_;
};

}  // namespace freshet::pipeline
