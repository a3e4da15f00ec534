#include "scorer/files/folder_files.h"

#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

#include "scorer/files/sha256.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;

}  // namespace

Result<OpenFile> open_file(const std::filesystem::path& path) {
  std::error_code failure;
  const bool regular = std::filesystem::is_regular_file(path, failure);
  if (failure || !regular) {
    return refuse_model(path.string(),
                        (failure ? failure.message() : std::string("not a regular file")) +
                            "; a model folder holds model.yaml, weights.safetensors and items.txt");
  }
  OpenFile file;
  file.bytes = std::filesystem::file_size(path, failure);
  errno = 0;
  file.stream.open(path, std::ios::binary);
  if (failure || !file.stream) {
    const std::error_code reason =
        failure ? failure : std::error_code(errno, std::generic_category());
    return refuse_model(path.string(),
                        "cannot be read (" + reason.message() + "); check its permissions");
  }
  return file;
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t bytes_max) {
  Result<OpenFile> file = open_file(path);
  if (!file) return tl::unexpected(file.error());
  if (file->bytes > bytes_max) {
    return refuse_model(path.string(), "has " + std::to_string(file->bytes) + " bytes; at most " +
                                           std::to_string(bytes_max) +
                                           " are expected, is it the right file?");
  }
  std::string text(file->bytes, '\0');
  file->stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file->stream)
    return refuse_model(path.string(), "cannot be read to its end; it changed meanwhile");
  return text;
}

Result<FileDigest> digest_of(const std::filesystem::path& path) {
  Result<OpenFile> file = open_file(path);
  if (!file) return tl::unexpected(file.error());
  Sha256 sha;
  std::string chunk(kReadBytes, '\0');
  while (file->stream) {
    file->stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    sha.update(std::string_view(chunk).substr(0, static_cast<std::size_t>(file->stream.gcount())));
  }
  return FileDigest{file->bytes, sha.hex()};
}

Status check_sha256(const std::filesystem::path& path, std::string_view expected) {
  const Result<FileDigest> actual = digest_of(path);
  if (!actual) return tl::unexpected(actual.error());
  if (actual->sha256 == expected) return {};
  return refuse_model(path.string(),
                      "SHA-256 is " + actual->sha256 + ", model.yaml has " + std::string(expected) +
                          "; the file is damaged or of another model, copy the folder again");
}

Result<std::vector<ItemId>> read_items(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path, std::numeric_limits<std::uint64_t>::max());
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  if (!rest.ends_with('\n')) {
    return refuse_model(path.string(), rest.empty()
                                           ? "is empty; a model needs at least one item"
                                           : "does not end with a line feed; is its end missing?");
  }
  std::vector<ItemId> items;
  while (!rest.empty()) {
    const std::size_t length = rest.find('\n');
    items.emplace_back(rest.substr(0, length));
    rest.remove_prefix(length + 1);
  }
  return items;
}

}  // namespace freshet::scorer
