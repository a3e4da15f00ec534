// ByteSource: the bytes of a file, of standard input, or of what gzip made of them, in order.
//
// A gzip stream is recognised by its first two bytes (1f 8b), not by its name; members that follow
// one another are one stream (RFC 1952), as `cat a.gz b.gz` makes them.
// Errors:  kInvalidConfig where the file cannot be opened; kUnavailable where a stop was requested
//          while bytes were waited for; kFatal where reading fails, or where
//          gzip data is truncated or corrupt, naming the byte. All bytes before the fault come
//          first
// Threads: one
// Cost:    one copy of plain bytes; memory does not depend on the file's size
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/status.h"
#include "pipeline/stop_signal.h"

namespace freshet::pipeline {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills the front of `buffer` and returns how many bytes; 0 is the end, again and again. After an
  // error the same error again. Requires: buffer is not empty.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
  // How much of the file has been read, from 0 to 1, as it stands on disk: for a progress line.
  // None where the size is not known, as of a pipe.
  virtual std::optional<double> share() const { return std::nullopt; }
};

// "-" is standard input. With `stop`, which outlives the source, a request ends a read: of a pipe
// nobody knows when more comes.
Result<std::unique_ptr<ByteSource>> open_byte_source(const std::filesystem::path& file,
                                                     const StopSignal* stop = nullptr);

// `bytes` taken as a file's content, gzip included; for tests and for data that is in memory.
std::unique_ptr<ByteSource> memory_byte_source(std::string bytes, std::string name);

}  // namespace freshet::pipeline
