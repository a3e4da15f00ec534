#include "scorer/pooling/pool.h"

#include "common/check.h"

namespace freshet::scorer {
namespace {

TraditionalSums& sums_of(const TraditionalPool&, PoolSums* sums) {
  return std::get<TraditionalSums>(*sums);
}
RowSums& sums_of(const SelfAttentionPool&, PoolSums* sums) { return std::get<RowSums>(*sums); }

}  // namespace

std::size_t heap_bytes(const PoolSums& sums) {
  return std::visit([](const auto& kind) { return kind.heap_bytes(); }, sums);
}

bool Pool::serves(RepresentationKind kind) {
  return kind == RepresentationKind::kTraditional || kind == RepresentationKind::kSelf;
}

Result<Pool> Pool::create(const std::shared_ptr<const Model>& model, Representation representation,
                          std::size_t length_max) {
  FRESHET_CHECK(serves(representation.kind));
  if (representation.kind == RepresentationKind::kTraditional) {
    Result<TraditionalPool> pool =
        TraditionalPool::create(model, representation.behaviour, length_max);
    if (!pool) return tl::unexpected(pool.error());
    return Pool(std::move(*pool));
  }
  Result<SelfAttentionPool> pool =
      SelfAttentionPool::create(model, representation.behaviour, length_max);
  if (!pool) return tl::unexpected(pool.error());
  return Pool(std::move(*pool));
}

PoolSums Pool::empty() const {
  return std::visit([](const auto& kind) -> PoolSums { return kind.empty(); }, kind_);
}

void Pool::rebuild(std::span<const PooledClick> visible, PoolSums* sums) const {
  std::visit([&](const auto& kind) { kind.rebuild(visible, &sums_of(kind, sums)); }, kind_);
}

void Pool::slide(std::span<const PooledClick> visible, std::span<const PooledClick> removed,
                 std::span<const PooledClick> added, PoolSums* sums) const {
  std::visit([&](const auto& kind) { kind.slide(visible, removed, added, &sums_of(kind, sums)); },
             kind_);
}

void Pool::representation(const PoolSums& sums, std::span<float> u) const {
  if (const auto* traditional = std::get_if<TraditionalPool>(&kind_)) {
    traditional->representation(std::get<TraditionalSums>(sums), u);
  } else {
    std::get<SelfAttentionPool>(kind_).representation(std::get<RowSums>(sums), u);
  }
}

void Pool::prefetch(ItemRow item) const {
  std::visit([&](const auto& kind) { kind.prefetch(item); }, kind_);
}

std::vector<float> Pool::weights(std::span<const PooledClick> visible) const {
  return std::visit([&](const auto& kind) { return kind.weights(visible); }, kind_);
}

std::size_t Pool::heap_bytes() const {
  return std::visit([](const auto& kind) { return kind.heap_bytes(); }, kind_);
}

const PoolGrid& Pool::grid() const {
  return std::visit([](const auto& kind) -> const PoolGrid& { return kind.grid(); }, kind_);
}

}  // namespace freshet::scorer
