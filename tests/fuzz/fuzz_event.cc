// Events: the decoder's verdict must be that of a plain reader of JSON, whatever the bytes.
#include "common/check.h"
#include "pipeline/events/event_decoder.h"
#include "pipeline/events/schema_frame.h"
#include "tests/fuzz/target.h"
#include "tests/property/pipeline/naive_json.h"

namespace freshet::fuzz {

pipeline::WorkerConfig event_config() {
  pipeline::WorkerConfig config;
  config.behaviours.resize(1);
  config.behaviours[0].limits.name = "click";
  config.behaviours[0].types = {"click"};
  config.events.context = {"tab"};
  config.input.event_bytes_max = 1 << 16;
  return config;
}

// The same fields, within objects, and behaviours that impressions feed.
pipeline::WorkerConfig nested_config() {
  pipeline::WorkerConfig config = event_config();
  config.behaviours.resize(3);
  config.behaviours[1].impression_field = "b.c.seen";
  config.behaviours[2].all_impressions = true;
  config.events.fields.user = "a.user";
  config.events.fields.item = "b.c.item";
  return config;
}

bool is_not_json(const tl::expected<pipeline::Event, pipeline::Refusal>& event) {
  return !event && (event.error().reason == pipeline::DeadLetterReason::kNotJson ||
                    event.error().reason == pipeline::DeadLetterReason::kUnsupportedFormat);
}

// The plain reader descends without a limit, so it is only asked where the decoder was not stopped.
bool was_stopped(const pipeline::Refusal& refusal) {
  return refusal.reason == pipeline::DeadLetterReason::kTooLarge ||
         refusal.reason == pipeline::DeadLetterReason::kTooDeep;
}

bool is_deep(std::string_view text) {
  constexpr int kDepthMax = 64;
  int open = 0;
  for (const char c : text) open += c == '[' || c == '{' ? 1 : 0;
  return open > kDepthMax;
}

}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using freshet::pipeline::EventDecoder;
  static EventDecoder* const kept = new EventDecoder(freshet::fuzz::event_config());
  static EventDecoder* const nested = new EventDecoder(freshet::fuzz::nested_config());
  const std::string_view text = freshet::fuzz::text_of(data, size);

  const auto event = kept->decode(text);
  const auto user = kept->peek_user(text);
  if (event) {
    FRESHET_CHECK(freshet::is_valid_id(event->user.view()));
    FRESHET_CHECK(event->ts >= freshet::kEventTimeMin && event->ts < freshet::kEventTimeEnd);
    FRESHET_CHECK(!event->item || freshet::is_valid_id(event->item->view()));
    FRESHET_CHECK(event->context.size() == 1);
    FRESHET_CHECK(user == event->user);
  } else {
    FRESHET_CHECK(freshet::is_valid_utf8(event.error().message));
    FRESHET_CHECK(event.error().message.size() < 500);
  }
  if ((event || !freshet::fuzz::was_stopped(event.error())) && !freshet::fuzz::is_deep(text)) {
    const auto frame = freshet::pipeline::schema_frame_of(text);
    const bool good = freshet::test::NaiveJson::is_object(frame ? frame->payload : text);
    FRESHET_CHECK(freshet::fuzz::is_not_json(event) != good);
    FRESHET_CHECK(freshet::fuzz::is_not_json(nested->decode(text)) != good);
  }
  return 0;
}
