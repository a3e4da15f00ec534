#include "bench/pipeline/click_source.h"
#include "bench/pipeline/parts.h"
#include "common/check.h"
#include "pipeline/events/event_checks.h"
#include "pipeline/events/event_decoder.h"

namespace freshet::bench {
namespace {

class ParsePart final : public Stage {
 public:
  explicit ParsePart(const Point& point)
      : config_(point.config()), source_(point.options(), 1), decoder_(point.config()) {}

  std::string name() const override { return "parse"; }

  void prepare(std::size_t count) override {
    source_.fill(count, &batch_);
    for (std::size_t i = 0; i < count && !checked_; ++i) {
      const auto event = decoder_.decode(batch_.values[i]);
      FRESHET_CHECK(event && event->user == user_id(batch_.clicks[i].user));
      FRESHET_CHECK(event->item == item_id(batch_.clicks[i].item));
      FRESHET_CHECK(event->ts == batch_.clicks[i].ts);
    }
    checked_ = true;
  }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      const pipeline::InputRecord record = batch_.record(i, Partition{0}, Offset{0});
      const auto event = decoder_.decode(*record.value);
      keep(pipeline::check_event(*event, record, config_.input));
    }
  }

 private:
  const pipeline::WorkerConfig& config_;
  ClickSource source_;
  pipeline::EventDecoder decoder_;
  ClickBatch batch_;
  bool checked_ = false;
};

}  // namespace

std::unique_ptr<Stage> parse_part(const Point& point) { return std::make_unique<ParsePart>(point); }

}  // namespace freshet::bench
