// Whether the files that a command names are different ones, so that writing one destroys no other.
//
// Two names are the same file when device and inode are (hard and symbolic links included) or,
// where a file does not exist yet, when their absolute paths are, links of their folders resolved.
// "-" is standard input where it is read and standard output where it is written, and what the
// shell put behind it. Devices and pipes, such as /dev/null, keep nothing that could be
// overwritten: several names may share one.
// Errors:  kInvalidConfig naming both options and files
// Threads: free function; opens nothing
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "common/status.h"

namespace freshet::pipeline {

enum class FileUse { kRead, kWritten };

struct NamedFile {
  std::string option;  // as the user says it, for the message
  std::filesystem::path path;
  FileUse use = FileUse::kRead;
};

// Two files that are only read may be the same one, unless it is standard input.
Status check_distinct_files(std::span<const NamedFile> files);

}  // namespace freshet::pipeline
