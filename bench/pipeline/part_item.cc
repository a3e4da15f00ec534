#include "bench/pipeline/parts.h"
#include "bench/pipeline/sampled_clicks.h"
#include "common/check.h"

namespace freshet::bench {
namespace {

class ItemPart final : public Stage {
 public:
  explicit ItemPart(const Point& point) : model_(point.model(0)), clicks_(point.options(), 4) {}

  std::string name() const override { return "item"; }

  void prepare(std::size_t count) override {
    ids_.resize(count);
    for (ItemId& id : ids_) {
      const scorer::ItemRow row = clicks_.next().item;
      id = item_id(row);
      FRESHET_CHECK(model_->model->item_ids[row.value] == id);
    }
  }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      const auto row = model_->model->row_of(ids_[i]);
      FRESHET_CHECK(row.has_value());
    }
  }

 private:
  std::shared_ptr<const pipeline::ServedModel> model_;
  SampledClicks clicks_;
  std::vector<ItemId> ids_;
};

}  // namespace

std::unique_ptr<Stage> item_part(const Point& point) { return std::make_unique<ItemPart>(point); }

}  // namespace freshet::bench
