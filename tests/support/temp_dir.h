// TempDir: a directory of its own for one test, removed with everything in it at the end.
#pragma once

#include <filesystem>

namespace freshet::test {

class TempDir {
 public:
  // Makes a new, empty directory under TMPDIR (/tmp where it is not set). Aborts when it cannot.
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace freshet::test
