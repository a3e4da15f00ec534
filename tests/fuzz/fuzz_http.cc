// What comes over HTTP: whatever a client sends as a user's id is refused or a valid id, and an id
// that is encoded byte by byte comes back; an address to listen on is refused or read back as said.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/check.h"
#include "pipeline/config/listen_address.h"
#include "pipeline/http/user_path.h"
#include "tests/fuzz/target.h"

namespace freshet::fuzz {

std::string encode(std::string_view id) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char character : id) {
    const auto byte = static_cast<std::uint8_t>(character);
    encoded += {'%', kDigits[byte >> 4], kDigits[byte & 0xF]};
  }
  return encoded;
}

void run_listen_address(std::string_view input) {
  const auto address = pipeline::parse_listen_address(input);
  if (!address) {
    FRESHET_CHECK(address.error().code == ErrorCode::kInvalidConfig);
    return;
  }
  if (!*address) return;
  const auto again = pipeline::parse_listen_address((*address)->text());
  FRESHET_CHECK(again && *again && (*again)->host == (*address)->host &&
                (*again)->port == (*address)->port);
}

void run_user_path(std::string_view input) {
  const Result<UserId> user = pipeline::user_id_of_path(input);
  if (user) {
    FRESHET_CHECK(is_valid_id(user->view()));
    const Result<UserId> again = pipeline::user_id_of_path(encode(user->view()));
    FRESHET_CHECK(again && *again == *user);
  } else {
    FRESHET_CHECK(user.error().code == ErrorCode::kBadRecord && !user.error().message.empty());
  }
  const Result<UserId> whole = pipeline::user_id_of_path(encode(input));
  FRESHET_CHECK(whole.has_value() == is_valid_id(input));
}

}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = freshet::fuzz::text_of(data, size);
  freshet::fuzz::run_user_path(input);
  freshet::fuzz::run_listen_address(input);
  return 0;
}
