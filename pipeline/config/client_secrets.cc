#include "pipeline/config/client_secrets.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "common/json_text.h"
#include "pipeline/config/did_you_mean.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kSecretBytesMax = 64 << 10;

// "jaas" is no option of librdkafka, but pasted from Java's it holds a password.
constexpr std::array<std::string_view, 7> kSecretWords = {
    "password", "passphrase", "secret", "private.key", "ssl.key.pem", "jaas", "oauthbearer.config"};

// A secret under a misspelt name is one as well: "sasl.pasword".
bool is_nearly_secret(std::string_view word) {
  constexpr std::size_t kSlipsMax = 2;
  return word.size() <= kExcerptBytesMax && (edit_distance(word, "password") <= kSlipsMax ||
                                             edit_distance(word, "passphrase") <= kSlipsMax ||
                                             edit_distance(word, "secret") < kSlipsMax);
}

}  // namespace

bool is_secret_client_option(std::string_view name) {
  for (std::string_view rest = name; !rest.empty();) {
    const std::size_t end = rest.find_first_of("._");
    if (is_nearly_secret(rest.substr(0, end))) return true;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return std::any_of(kSecretWords.begin(), kSecretWords.end(), [name](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

std::optional<std::string_view> option_of_file_option(std::string_view name) {
  constexpr std::string_view kSuffix = "_file";
  if (!name.ends_with(kSuffix)) return std::nullopt;
  return name.substr(0, name.size() - kSuffix.size());
}

tl::expected<std::string, std::string> read_secret_file(const std::string& path) {
  const auto refuse = [&](std::string_view what) {
    return tl::unexpected(quote_excerpt(path) + " " + std::string(what));
  };
  std::error_code problem;
  const std::filesystem::file_status status = std::filesystem::status(path, problem);
  if (!std::filesystem::exists(status)) return refuse("does not exist or cannot be reached");
  if (!std::filesystem::is_regular_file(status)) return refuse("is not a file");
  std::ifstream stream(path, std::ios::binary);
  std::string text(kSecretBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) return refuse("cannot be read by this user");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kSecretBytesMax) return refuse("is larger than 64 KiB: no secret is");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return refuse("is empty");
  if (text.find('\0') != std::string::npos) return refuse("holds a zero byte: is it a text file?");
  return text;
}

std::string without_secrets(const std::vector<std::pair<std::string, std::string>>& options,
                            std::string text) {
  for (const auto& [name, value] : options) {
    if (value.empty() || !is_secret_client_option(name)) continue;
    for (std::size_t at = text.find(value); at != std::string::npos;
         at = text.find(value, at + kRedacted.size())) {
      text.replace(at, value.size(), kRedacted);
    }
  }
  return text;
}

}  // namespace freshet::pipeline
