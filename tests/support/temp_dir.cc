#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include "common/check.h"

namespace freshet::test {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "freshet-test-XXXXXX").string();
  FRESHET_CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace freshet::test
