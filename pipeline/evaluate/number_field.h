// NumberField: one number of an event that no part of the worker reads: the planted truth.
//
// Errors:  none; what is not there or not a number is none
// Threads: one field per task (it owns the parser's buffers). Cost: a parse of the event
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"

namespace freshet::pipeline {

class NumberField {
 public:
  // `path` as events.fields writes it. kInvalidConfig where it is no path.
  static Result<NumberField> at(const std::string& path);
  ~NumberField();
  NumberField(NumberField&&) noexcept;
  NumberField& operator=(NumberField&&) noexcept;

  std::optional<double> read(std::string_view value);

 private:
  struct Parser;
  explicit NumberField(std::vector<std::string> names);

  std::vector<std::string> names_;  // from the event's own object on
  std::unique_ptr<Parser> parser_;
};

}  // namespace freshet::pipeline
