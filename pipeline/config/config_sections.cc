#include "pipeline/config/config_sections.h"

namespace freshet::pipeline {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    parts.push_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  parts.push_back(path);
  return parts;
}

std::size_t SectionWriter::open(std::string_view path, std::string_view before_section) {
  const std::vector<std::string_view> parts = split_path(path);
  std::size_t shared = 0;
  while (shared < sections_.size() && shared + 1 < parts.size() &&
         sections_[shared] == parts[shared]) {
    ++shared;
  }
  if (shared == 0) *out_ += before_section;
  for (std::size_t depth = shared; depth + 1 < parts.size(); ++depth) {
    *out_ += std::string(2 * depth, ' ') + std::string(parts[depth]) + ":\n";
  }
  sections_.assign(parts.begin(), parts.end() - 1);
  return 2 * sections_.size();
}

}  // namespace freshet::pipeline
