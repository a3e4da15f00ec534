#include "pipeline/metrics/model_bytes.h"

#include "stateful/heap_bytes.h"

namespace freshet::pipeline {
namespace {

std::size_t bytes_of(const std::vector<float>& values) { return values.capacity() * sizeof(float); }

std::size_t bytes_of(const scorer::DenseLayer& layer) {
  return bytes_of(layer.weight.data) + bytes_of(layer.bias);
}

}  // namespace

std::size_t model_bytes(const scorer::Model& model) {
  std::size_t bytes = sizeof model + bytes_of(model.items.data) + bytes_of(model.hidden1) +
                      bytes_of(model.hidden2) + bytes_of(model.output) +
                      bytes_of(model.wide.weights);
  for (const scorer::BehaviourModel& behaviour : model.behaviours) {
    const scorer::TraditionalAttention& attention = behaviour.attention;
    bytes += bytes_of(attention.w1.data) + bytes_of(attention.b1) + bytes_of(attention.w2.data) +
             bytes_of(attention.b2);
  }
  bytes += model.item_ids.capacity() * sizeof(ItemId);
  for (const ItemId& item : model.item_ids) bytes += stateful::string_heap_bytes(item.view());
  bytes += model.item_id_rank.capacity() * sizeof(std::uint32_t);
  // Of the index: a bucket, and a node of link, pair and cached hash, for each item.
  constexpr std::size_t kNode =
      sizeof(void*) + sizeof(decltype(model.row_by_id)::value_type) + sizeof(std::size_t);
  bytes += model.row_by_id.bucket_count() * sizeof(void*) +
           model.row_by_id.size() * stateful::heap_block_bytes(kNode);
  return bytes;
}

}  // namespace freshet::pipeline
