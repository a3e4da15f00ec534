#include "scorer/model/model.h"

#include <algorithm>
#include <numeric>

#include "common/prefetch.h"

namespace freshet::scorer {
namespace {

auto id_of(const Model& model) {
  return [&model](ItemRow row) { return model.item_ids[row.value].view(); };
}

}  // namespace

std::optional<ItemRow> Model::row_of(const ItemId& item) const {
  const ItemRow* row = row_by_id.find(item.view(), id_of(*this));
  if (row == nullptr) return std::nullopt;
  return *row;
}

std::optional<ItemRow> Model::prefetch_id_of(std::uint32_t hash) const {
  const ItemRow* row = row_by_id.guess(hash);
  if (row == nullptr) return std::nullopt;
  prefetch(&item_ids[row->value], sizeof(ItemId));
  return *row;
}

std::vector<Representation> Model::representations() const {
  std::vector<Representation> all;
  for (std::size_t b = 0; b < behaviours.size(); ++b) {
    if (behaviours[b].traditional()) all.push_back({b, RepresentationKind::kTraditional});
    if (behaviours[b].self()) all.push_back({b, RepresentationKind::kSelf});
    if (behaviours[b].target()) all.push_back({b, RepresentationKind::kTarget});
    if (std::holds_alternative<NoAttention>(behaviours[b].attention)) {
      all.push_back({b, RepresentationKind::kNone});
    }
  }
  return all;
}

std::string Model::label() const { return name + "@" + std::to_string(version); }

void index_items(Model* model) {
  const std::size_t count = model->item_ids.size();
  model->row_by_id.clear();
  model->row_by_id.reserve(count);
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
    return model->item_ids[left] < model->item_ids[right];
  });
  model->item_id_rank.resize(count);
  for (std::size_t place = 0; place < count; ++place) {
    const std::uint32_t row = order[place];
    model->item_id_rank[row] = static_cast<std::uint32_t>(place);
    model->row_by_id.insert(model->item_ids[row].view(), ItemRow{row}, id_of(*model));
  }
}

}  // namespace freshet::scorer
