// What the command line and the environment give a configuration: a --set of any bytes, variables
// with any values, paths of fields.
#include "common/check.h"
#include "common/ids.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/config/field_path.h"
#include "pipeline/config/variable_expansion.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace pipeline = freshet::pipeline;
  const std::string text(freshet::fuzz::text_of(data, size));
  const auto environment = [&](const std::string& name) {
    return name == "NONE" ? std::nullopt : std::optional(text.substr(0, 100));
  };
  const pipeline::ConfigSource source{.file = "f.yaml", .sets = {text}, .environment = environment};
  const auto config = pipeline::parse_config("kafka: {client: {client.rack: '${X}'}}", source);
  if (config) {
    FRESHET_CHECK(!config->behaviours.empty());
  } else {
    FRESHET_CHECK(config.error().code == freshet::ErrorCode::kInvalidConfig);
    FRESHET_CHECK(freshet::is_valid_utf8(config.error().message));
  }
  if (const auto expanded = pipeline::expand_variables(text, environment)) {
    FRESHET_CHECK(expanded->text.size() <= pipeline::kExpandedBytesMax);
    FRESHET_CHECK(text.find('$') != std::string::npos || expanded->text == text);
  }
  if (const auto names = pipeline::parse_field_path(text)) {
    for (const std::string& name : *names) FRESHET_CHECK(!name.empty());
  }
  return 0;
}
