// The YAML configuration: a value or a list of problems that begin with the file's name.
#include "common/check.h"
#include "common/ids.h"
#include "pipeline/config/config_parser.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace pipeline = freshet::pipeline;
  const auto config = pipeline::parse_config(freshet::fuzz::text_of(data, size), "f.yaml");
  if (config) {
    FRESHET_CHECK(!config->behaviours.empty());
    FRESHET_CHECK(config->events.label_behaviour < config->behaviours.size());
    FRESHET_CHECK(
        !pipeline::fingerprint_of(*config, config->kafka.input, 1, freshet::Partition{0}).empty());
    FRESHET_CHECK(config->delivery == pipeline::Delivery::kExactlyOnce);
  } else {
    FRESHET_CHECK(config.error().code == freshet::ErrorCode::kInvalidConfig);
    FRESHET_CHECK(config.error().message.starts_with("f.yaml:"));
    FRESHET_CHECK(freshet::is_valid_utf8(config.error().message));
  }
  return 0;
}
