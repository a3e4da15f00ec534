#include "scorer/model/attention.h"

namespace freshet::scorer {
namespace {

// The part of merged, or the variant itself; null where it is neither.
template <class Part, class AnyAttention>
auto* part_of(AnyAttention& attention, Part MergedAttention::*part) {
  if (auto* merged = std::get_if<MergedAttention>(&attention)) return &(merged->*part);
  return std::get_if<Part>(&attention);
}

}  // namespace

const TraditionalAttention* BehaviourModel::traditional() const {
  return part_of(attention, &MergedAttention::traditional);
}
TraditionalAttention* BehaviourModel::traditional() {
  return part_of(attention, &MergedAttention::traditional);
}

const SelfAttention* BehaviourModel::self() const {
  return part_of(attention, &MergedAttention::self);
}
SelfAttention* BehaviourModel::self() { return part_of(attention, &MergedAttention::self); }

const TargetAttention* BehaviourModel::target() const {
  return std::get_if<TargetAttention>(&attention);
}
TargetAttention* BehaviourModel::target() { return std::get_if<TargetAttention>(&attention); }

}  // namespace freshet::scorer
