// Writes keys of the table as the nested sections of a YAML file, one after the other.
//
// Threads: one. Errors: none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::pipeline {

// "events.fields.user" -> its words.
std::vector<std::string_view> split_path(std::string_view path);

class SectionWriter {
 public:
  explicit SectionWriter(std::string* out) : out_(out) {}

  // Appends the lines that open the sections of `path`, but for those that are open, and returns
  // how far its own line is indented.
  std::size_t open(std::string_view path, std::string_view before_section = "");

 private:
  std::vector<std::string_view> sections_;
  std::string* out_;
};

}  // namespace freshet::pipeline
