#include "pipeline/files/distinct_files.h"

#include <system_error>

namespace freshet::pipeline {
namespace {

namespace fs = std::filesystem;

bool is_standard(const NamedFile& file) { return file.path == "-"; }

// What "-" stands for has a name, through which its device and inode can be read.
fs::path named_path(const NamedFile& file) {
  if (!is_standard(file)) return file.path;
  return file.use == FileUse::kRead ? "/dev/stdin" : "/dev/stdout";
}

bool are_same(const NamedFile& left, const NamedFile& right) {
  if (is_standard(left) && is_standard(right)) return left.use == right.use;
  const fs::path a = named_path(left);
  const fs::path b = named_path(right);
  std::error_code failed;
  const fs::file_status a_status = fs::status(a, failed);
  const fs::file_status b_status = fs::status(b, failed);
  if (fs::exists(a_status) && fs::exists(b_status)) {
    return !fs::is_other(a_status) && fs::equivalent(a, b, failed);
  }
  if (fs::exists(a_status) || fs::exists(b_status)) return false;
  const fs::path a_canonical = fs::weakly_canonical(fs::absolute(a, failed), failed);
  const fs::path b_canonical = fs::weakly_canonical(fs::absolute(b, failed), failed);
  return !a_canonical.empty() && a_canonical == b_canonical;
}

std::string text(const NamedFile& file) { return file.option + " " + file.path.string(); }

tl::unexpected<Error> refuse(const NamedFile& left, const NamedFile& right) {
  const bool both_written = left.use == FileUse::kWritten && right.use == FileUse::kWritten;
  const bool both_read = left.use == FileUse::kRead && right.use == FileUse::kRead;
  const std::string why = both_written ? "their lines would mix or overwrite each other"
                          : both_read  ? "each would get a part of it"
                                       : "what is read would be overwritten";
  return error(ErrorCode::kInvalidConfig, text(left) + " and " + text(right) +
                                              " are the same file, " + why +
                                              "; name another one for " + right.option);
}

}  // namespace

Status check_distinct_files(std::span<const NamedFile> files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = i + 1; j < files.size(); ++j) {
      const bool both_read = files[i].use == FileUse::kRead && files[j].use == FileUse::kRead;
      if (both_read && !(is_standard(files[i]) && is_standard(files[j]))) continue;
      if (are_same(files[i], files[j])) return refuse(files[i], files[j]);
    }
  }
  return {};
}

}  // namespace freshet::pipeline
