#include "pipeline/worker/instance_id.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <system_error>

namespace freshet::pipeline {
namespace {

constexpr std::size_t kDigits = 32;

std::string random_digits() {
  std::random_device entropy;
  std::string digits;
  while (digits.size() < kDigits) {
    std::array<char, 9> eight{};
    std::snprintf(eight.data(), eight.size(), "%08x", entropy());
    digits += eight.data();
  }
  return digits;
}

bool is_instance(std::string_view text) {
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

tl::unexpected<Error> refused_instance(const std::filesystem::path& file, const std::string& why) {
  return error(ErrorCode::kInvalidConfig, file.string() + ": " + why);
}

Result<std::string> read_instance(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::array<char, kDigits + 2> bytes{};  // one more than there may be
  stream.read(bytes.data(), bytes.size());
  const std::string_view text(bytes.data(), static_cast<std::size_t>(stream.gcount()));
  if (text.size() == kDigits + 1 && text.ends_with('\n') && is_instance(text.substr(0, kDigits))) {
    return std::string(text.substr(0, kDigits));
  }
  return refused_instance(
      file,
      "is not a worker's identity (32 hexadecimal digits and a line feed); delete it, "
      "and the worker joins its group under a new one");
}

// On the disk before it has its name, so that the file is whole whenever it is there.
bool write_whole(const std::filesystem::path& file, const std::string& content) {
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) return false;
  const bool written = std::fwrite(content.data(), 1, content.size(), stream) == content.size() &&
                       std::fflush(stream) == 0 && fsync(fileno(stream)) == 0;
  return std::fclose(stream) == 0 && written;
}

Status write_instance(const std::filesystem::path& file, const std::string& instance) {
  const std::filesystem::path partial = file.string() + ".new";
  std::error_code failure;
  const bool written = write_whole(partial, instance + "\n");
  if (written) std::filesystem::rename(partial, file, failure);
  if (!written || failure) {
    return refused_instance(
        file, "cannot be written; check the rights and the room of the state directory");
  }
  return {};
}

}  // namespace

Result<std::string> instance_id_of(const std::filesystem::path& state_directory) {
  const std::filesystem::path file = state_directory / "instance";
  std::error_code failure;
  const std::filesystem::file_status status = std::filesystem::symlink_status(file, failure);
  if (status.type() != std::filesystem::file_type::not_found) return read_instance(file);
  std::string instance = random_digits();
  if (Status written = write_instance(file, instance); !written)
    return tl::unexpected(written.error());
  return instance;
}

std::string group_instance_id(std::string_view application_id, std::string_view instance,
                              std::size_t thread) {
  std::string id(application_id);
  return id.append("-").append(instance).append("-").append(std::to_string(thread));
}

}  // namespace freshet::pipeline
