// Markers, the store's own records and the text that is committed with a position: the input as it
// is, and with its check made right. What decodes must encode to the same bytes.
#include <string>

#include "common/check.h"
#include "pipeline/position_metadata.h"
#include "stateful/manifest_tail.h"
#include "stateful/marker.h"
#include "stateful/sealed_value.h"
#include "stateful/store_keys.h"
#include "tests/fuzz/target.h"

namespace freshet::fuzz {

void decode(std::string_view bytes) {
  if (const auto marker = stateful::decode_marker(bytes)) {
    FRESHET_CHECK(stateful::encode_marker(*marker) == bytes);
  }
  if (const auto stored = stateful::decode_stored_marker(bytes)) {
    FRESHET_CHECK(stateful::encode_stored_marker(*stored) == bytes);
  }
  if (const auto slot = stateful::decode_slot(bytes, "it")) {
    FRESHET_CHECK(stateful::encode_slot(*slot) == bytes);
  }
  if (const auto application = stateful::decode_meta(bytes, "it")) {
    FRESHET_CHECK(stateful::encode_meta(*application, bytes[0] == 2) == bytes);
  }
  stateful::hides_a_whole_record(bytes);
  if (const auto metadata = pipeline::decode_position_metadata(bytes)) {
    const std::string again = pipeline::encode_position_metadata(*metadata);
    FRESHET_CHECK(pipeline::decode_position_metadata(again).value() == *metadata);
  }
}

}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(freshet::fuzz::text_of(data, size));
  freshet::fuzz::decode(bytes);
  freshet::stateful::seal(&bytes);
  freshet::fuzz::decode(bytes);
  return 0;
}
