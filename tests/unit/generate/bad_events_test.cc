#include "pipeline/generate/bad_events.h"

#include <gtest/gtest.h>

#include <string>

#include "pipeline/config/config_parser.h"
#include "pipeline/events/event_decoder.h"

namespace freshet::pipeline {
namespace {

TEST(BadEventsTest, EachKindIsRefusedForItsReason) {
  const auto config = parse_config("{}", "test");
  ASSERT_TRUE(config.has_value());
  EventDecoder decoder(*config);
  for (std::size_t kind = 0; kind < kBadKinds; ++kind) {
    const BadEvent bad = bad_event(kind, "u7", 1'704'067'200'000);
    const auto event = decoder.decode(bad.line);
    if (bad.reason == "unknown_item") {  // well formed: only the model can tell
      EXPECT_TRUE(event.has_value());
      continue;
    }
    ASSERT_FALSE(event.has_value()) << bad.line;
    EXPECT_EQ(name_of(event.error().reason), bad.reason) << bad.line;
  }
}

}  // namespace
}  // namespace freshet::pipeline
