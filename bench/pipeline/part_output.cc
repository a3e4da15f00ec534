#include <algorithm>

#include "bench/pipeline/click_source.h"
#include "bench/pipeline/output_copy.h"
#include "bench/pipeline/parts.h"
#include "common/check.h"
#include "common/random.h"
#include "pipeline/events/output_decoder.h"
#include "pipeline/events/output_encoder.h"

namespace freshet::bench {
namespace {

class OutputPart final : public Stage {
 public:
  OutputPart(const Point& point, std::size_t candidates)
      : candidates_(candidates), model_(point.model(0)) {
    event_.user_id = user_.view();
    event_.event_id = "e123456789";
    event_.ts = EventTime{kLogBeginMs};
    event_.source = {point.config().kafka.input, Partition{0}, Offset{1'000'000}};
    event_.model = model_->label;
    event_.sequence_length = point.options().length;
    Random random(1);
    const std::size_t published = std::min(point.config().candidates.publish, candidates);
    for (std::size_t k = 0; k < published; ++k) {
      const std::size_t row = random.below(point.options().items);
      scores_.push_back(
          {model_->model->item_ids[row].view(), static_cast<float>(random.uniform(0.4, 0.6))});
    }
    event_.scores = scores_;
    encode();
    const auto read = pipeline::decode_score_event(value_);
    FRESHET_CHECK(read && read->user_id == user_.view() && read->scores.size() == published);
    for (std::size_t k = 0; k < published; ++k) {
      FRESHET_CHECK(read->scores[k].item_id == event_.scores[k].item_id);
      FRESHET_CHECK(read->scores[k].score == event_.scores[k].score);
    }
  }

  std::string name() const override { return "output " + std::to_string(candidates_); }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) encode();
  }

 private:
  void encode() {
    ++event_.source.offset.value;
    pipeline::encode_score_event(event_, &value_);
    copy_.take(user_.view(), value_);
  }

  std::size_t candidates_;
  std::shared_ptr<const pipeline::ServedModel> model_;
  UserId user_{"u1234567"};
  std::vector<pipeline::PublishedScore> scores_;
  pipeline::ScoreEvent event_;
  std::string value_;
  OutputCopy copy_;
};

}  // namespace

std::unique_ptr<Stage> output_part(const Point& point, std::size_t candidates) {
  return std::make_unique<OutputPart>(point, candidates);
}

}  // namespace freshet::bench
