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

// As many outputs, one after the other: of one alone a processor learns every digit.
constexpr std::size_t kEvents = 256;

struct Sample {
  UserId user;
  std::string event_id;
  std::vector<pipeline::PublishedScore> scores;
};

class OutputPart final : public Stage {
 public:
  OutputPart(const Point& point, std::size_t candidates)
      : candidates_(candidates), model_(point.model(0)), input_(point.config().kafka.input) {
    Random random(1);
    const std::size_t published = std::min(point.config().candidates.publish, candidates);
    for (std::size_t i = 0; i < kEvents; ++i) {
      Sample& sample = samples_.emplace_back();
      sample.user = user_id(static_cast<std::uint32_t>(random.below(point.options().users)));
      sample.event_id = "e" + std::to_string(random.below(1'000'000'000));
      for (std::size_t k = 0; k < published; ++k) {
        const std::size_t row = random.below(point.options().items);
        sample.scores.push_back(
            {model_->model->item_ids[row].view(), static_cast<float>(random.uniform(0.4, 0.6))});
      }
    }
    length_ = point.options().length;
    encode(samples_[0]);
    check(samples_[0]);
  }

  std::string name() const override { return "output " + std::to_string(candidates_); }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) encode(samples_[i % kEvents]);
  }

 private:
  void encode(const Sample& sample) {
    ++offset_;
    pipeline::ScoreEvent event;
    event.user_id = sample.user.view();
    event.event_id = sample.event_id;
    event.ts = EventTime{kLogBeginMs + 10 * offset_};
    event.source = {input_, Partition{0}, Offset{offset_}};
    event.model = model_->label;
    event.sequence_length = length_;
    event.scores = sample.scores;
    pipeline::encode_score_event(event, &value_);
    copy_.take(sample.user.view(), value_);
  }

  void check(const Sample& sample) const {
    const auto read = pipeline::decode_score_event(value_);
    FRESHET_CHECK(read && read->user_id == sample.user.view());
    FRESHET_CHECK(read->scores.size() == sample.scores.size());
    for (std::size_t k = 0; k < sample.scores.size(); ++k) {
      FRESHET_CHECK(read->scores[k].item_id == sample.scores[k].item_id);
      FRESHET_CHECK(read->scores[k].score == sample.scores[k].score);
    }
  }

  std::size_t candidates_;
  std::shared_ptr<const pipeline::ServedModel> model_;
  std::string_view input_;
  std::size_t length_ = 0;
  std::int64_t offset_ = 1'000'000;
  std::vector<Sample> samples_;  // [kEvents]
  std::string value_;
  OutputCopy copy_;
};

}  // namespace

std::unique_ptr<Stage> output_part(const Point& point, std::size_t candidates) {
  return std::make_unique<OutputPart>(point, candidates);
}

}  // namespace freshet::bench
