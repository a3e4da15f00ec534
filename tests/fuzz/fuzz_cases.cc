// A file of cases: cases that can be run, or a list of problems that begin with the file's name.
#include "common/check.h"
#include "common/ids.h"
#include "pipeline/cases/case_file.h"
#include "pipeline/config/config_parser.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace pipeline = freshet::pipeline;
  static const auto config = pipeline::parse_config("threads: 1", "c.yaml");
  FRESHET_CHECK(config.has_value());
  const auto cases = pipeline::parse_cases(freshet::fuzz::text_of(data, size), "f.yaml", *config);
  if (!cases) {
    FRESHET_CHECK(cases.error().code == freshet::ErrorCode::kInvalidConfig);
    FRESHET_CHECK(cases.error().message.starts_with("f.yaml:"));
    FRESHET_CHECK(freshet::is_valid_utf8(cases.error().message));
    return 0;
  }
  FRESHET_CHECK(!cases->empty());
  for (const pipeline::Case& one : *cases) {
    FRESHET_CHECK(!one.name.empty() && !one.events.empty());
    FRESHET_CHECK(one.outputs.empty() || one.outputs.size() == one.events.size());
    FRESHET_CHECK(!one.outputs.empty() || !one.sequences.empty());
  }
  return 0;
}
