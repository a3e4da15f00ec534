// Finding: one thing that a check of the cluster found, with its place and what to do about it.
//
// Threads: a value. Errors: none.
#pragma once

#include <string>
#include <vector>

namespace freshet::pipeline {

enum class FindingLevel {
  kOk,       // as it is wanted, or worth knowing
  kAdvice,   // it works; another setting is better
  kWarning,  // it works until something else happens
  kError,    // the worker would not start, or lose a guarantee
};

struct Finding {
  FindingLevel level = FindingLevel::kOk;
  std::string where;    // "kafka.bootstrap 127.0.0.1:9092", "topic clicks"
  std::string message;  // one line
  std::string remedy;   // empty where there is nothing to do
};

using Findings = std::vector<Finding>;

}  // namespace freshet::pipeline
