#include "pipeline/config/config_source.h"

#include <cstdlib>

namespace freshet::pipeline {

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace freshet::pipeline
