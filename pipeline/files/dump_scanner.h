// DumpScanner: reads the little of JSON that a dump's lines are made of.
//
// A tool of dump_format.cc: objects, arrays, strings, integers and null, in the order the caller
// asks for them. After a failure it stays failed and every read returns an empty value; the caller
// tests ok() where it matters.
// Threads: one
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace freshet::pipeline {

class DumpScanner {
 public:
  explicit DumpScanner(std::string_view text) : text_(text) {}

  // Takes `symbol` where it comes next, behind white space.
  bool take(char symbol);
  void expect(char symbol);
  bool take_null();
  std::int64_t integer();
  std::string string();
  // A string that holds base64, decoded.
  std::string base64();
  void expect_end();

  // Notes the first problem, with its column.
  void fail(std::string_view problem);
  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }

 private:
  void skip_space();
  void append_escape(std::string* out);
  std::uint32_t hex4();

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
};

}  // namespace freshet::pipeline
