// ByteSink: bytes into a file, into a file as gzip, or to standard output.
//
// A name that ends with ".gz" makes gzip (without a time in it: equal input, equal bytes for one
// version of zlib); "-" is standard output.
// Errors:  kInvalidConfig where the file cannot be created; kFatal where writing fails. Nothing is
//          complete before close() has succeeded
// Threads: one
// Cost:    one copy; gzip at its fastest level
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "common/status.h"

namespace freshet::pipeline {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status write(std::string_view bytes) = 0;
  // Writes what is buffered. Without it the end may be missing.
  virtual Status close() = 0;
};

// Replaces what the file held.
Result<std::unique_ptr<ByteSink>> open_byte_sink(const std::filesystem::path& file);

}  // namespace freshet::pipeline
