#include "pipeline/commands/demo_folder.h"

#include <stdlib.h>

#include <fstream>
#include <system_error>

namespace freshet::commands {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = "made-by-freshet-demo";

tl::unexpected<Error> refused(const fs::path& path, const std::string& why) {
  return error(ErrorCode::kInvalidConfig, path.string() + ": " + why);
}

}  // namespace

Result<std::unique_ptr<DemoFolder>> DemoFolder::open(const std::string& name) {
  const bool stays = !name.empty();
  fs::path path = name;
  if (!stays) {
    std::error_code failure;
    std::string temporary = (fs::temp_directory_path(failure) / "freshet-demo-XXXXXX").string();
    if (failure || ::mkdtemp(temporary.data()) == nullptr) {
      return refused(temporary, "cannot be made; name a folder with --directory");
    }
    path = temporary;
  }
  std::unique_ptr<DemoFolder> folder(new DemoFolder(path, stays));
  if (Status prepared = folder->prepare(); !prepared) return tl::unexpected(prepared.error());
  return folder;
}

Status DemoFolder::prepare() {
  std::error_code failure;
  fs::create_directories(path_, failure);
  if (!fs::is_directory(path_, failure)) return refused(path_, "is not a folder that can be made");
  const bool is_ours = fs::exists(path_ / kMarker, failure);
  if (!is_ours && !fs::is_empty(path_, failure)) {
    return refused(path_, "is not empty and not a demo's; name a new folder");
  }
  if (!is_ours) std::ofstream(path_ / kMarker) << "A demo may remove what is in here.\n";
  if (!fs::exists(path_ / kMarker, failure)) return refused(path_, "cannot be written");
  fs::remove_all(state(), failure);
  if (fs::exists(state(), failure)) return refused(state(), "cannot be removed");
  return {};
}

DemoFolder::~DemoFolder() {
  std::error_code ignored;
  if (!stays_) fs::remove_all(path_, ignored);
}

}  // namespace freshet::commands
