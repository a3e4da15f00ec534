// A user's stored value: the input as it is, and with its check made right, without which nothing
// behind the check would ever be reached. What decodes must encode to the same bytes.
#include <string>
#include <vector>

#include "common/check.h"
#include "stateful/sealed_value.h"
#include "stateful/user_state.h"
#include "tests/fuzz/target.h"

namespace freshet::fuzz {

void decode(std::string_view bytes) {
  static const std::vector<stateful::BehaviourLimits> behaviours = {{"click", 50, DurationMs{1000}},
                                                                    {"cart", 50, DurationMs{1000}}};
  const auto state = stateful::decode_user_state(behaviours, bytes);
  if (!state) {
    FRESHET_CHECK(state.error().code == ErrorCode::kCorruptState ||
                  state.error().code == ErrorCode::kInvalidConfig);
    return;
  }
  // A value with more clicks than length_max + 1 is cut, so its bytes may differ; once cut it is
  // canonical.
  const std::string once = stateful::encode_user_state(*state);
  FRESHET_CHECK(once.size() <= bytes.size());
  const auto again = stateful::decode_user_state(behaviours, once);
  FRESHET_CHECK(again && *again == *state && stateful::encode_user_state(*again) == once);
  if (once.size() == bytes.size()) FRESHET_CHECK(once == bytes);
}

}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(freshet::fuzz::text_of(data, size));
  freshet::fuzz::decode(bytes);
  freshet::stateful::seal(&bytes);
  freshet::fuzz::decode(bytes);
  return 0;
}
