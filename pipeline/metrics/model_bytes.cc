#include "pipeline/metrics/model_bytes.h"

#include "common/heap_bytes.h"
#include "scorer/model/model_tensors.h"

namespace freshet::pipeline {

std::size_t model_bytes(const ServedModel& served) {
  const scorer::Model& model = *served.model;
  std::size_t bytes = sizeof model + served.scorer.heap_bytes();
  for (const PooledBehaviour& pooled : served.pools) bytes += pooled.pool.heap_bytes();
  scorer::for_each_tensor(model,
                          [&](const std::string&, const auto&, const std::vector<float>& data) {
                            bytes += data.capacity() * sizeof(float);
                          });
  if (model.target_fields) {
    bytes += model.target_fields->rows.capacity() * sizeof(model.target_fields->rows[0]);
  }
  bytes += model.item_ids.capacity() * sizeof(ItemId);
  for (const ItemId& item : model.item_ids) bytes += string_heap_bytes(item.view());
  bytes += model.item_id_rank.capacity() * sizeof(std::uint32_t);
  return bytes + model.row_by_id.heap_bytes();
}

}  // namespace freshet::pipeline
