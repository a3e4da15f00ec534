// ConfigProblems: what is wrong with a configuration, each problem with its place.
//
// Threads: one. Cost: nothing but memory, and that is bounded: a file of errors lists the first
// hundred and counts the rest.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "pipeline/config/config_node.h"

namespace freshet::pipeline {

class ConfigProblems {
 public:
  // Where the value of `path` stands, so that problems found later can be placed.
  void remember(const std::string& path, ConfigPlace place);

  // `path` may be empty for a problem of the file as a whole.
  void add(const std::string& path, ConfigPlace place, std::string_view message);

  // Places the problem at `path` or, where the file does not hold it, at what holds it. Where
  // either already has a problem nothing is added: it would only be a consequence.
  void add_at_path(const std::string& path, std::string_view message);

  bool empty() const { return problems_.empty(); }

  // The paths of all problems, in no order.
  std::vector<std::string> paths() const;

  // kInvalidConfig with one "name:line:col: path: message" a line, in the file's order, and then
  // "--set KEY: message" for those of the command line.
  Error to_error(std::string_view name) const;

 private:
  struct Problem {
    ConfigPlace place;
    std::string path;
    std::string message;
  };

  std::map<std::string, ConfigPlace, std::less<>> places_;
  std::vector<Problem> problems_;
};

}  // namespace freshet::pipeline
