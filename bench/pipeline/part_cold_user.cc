#include "bench/pipeline/click_source.h"
#include "bench/pipeline/parts.h"
#include "common/check.h"
#include "common/random.h"
#include "pipeline/scoring/hot_user.h"

namespace freshet::bench {
namespace {

// Beyond anything that the log's time comes to.
constexpr EventTime kNow{kLogBeginMs + 1'000'000'000};

class ColdUserPart final : public Stage {
 public:
  explicit ColdUserPart(Point* point)
      : point_(point), models_(point->models(0)), random_(point->options().seed) {}

  std::string name() const override { return "cold user"; }

  // Users drawn evenly: the hot ones are not read.
  void prepare(std::size_t count) override {
    ids_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      ids_.push_back(user_id(static_cast<std::uint32_t>(random_.below(point_->options().users))));
    }
  }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = require(point_->store().read_user(Partition{0}, ids_[i]));
      FRESHET_CHECK(value.has_value());
      auto state = require(stateful::decode_user_state(point_->limits(), *value));
      pipeline::HotUser user(models_, std::move(state), stateful::digest_of_user(ids_[i], *value));
      user.refresh(models_, point_->limits(), kNow, &windows_);
      keep(user);
    }
  }

 private:
  Point* point_;
  pipeline::ServedModels models_;
  Random random_;
  std::vector<UserId> ids_;
  pipeline::Windows windows_;
};

}  // namespace

std::unique_ptr<Stage> cold_user_part(Point* point) {
  return std::make_unique<ColdUserPart>(point);
}

}  // namespace freshet::bench
