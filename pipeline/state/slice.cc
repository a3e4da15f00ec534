#include "pipeline/state/slice.h"

#include <utility>

namespace freshet::pipeline {
namespace {

std::size_t bytes_of(const stateful::UserChange& change) {
  return change.user.view().size() + (change.value ? change.value->size() : 0);
}

}  // namespace

void Slice::add(stateful::UserChange change) {
  bytes_ += bytes_of(change);
  if (const std::uint32_t* place = places_.find(change.user.view(), id_of())) {
    stateful::UserChange& earlier = batch_->users[*place];
    bytes_ -= bytes_of(earlier);
    earlier = std::move(change);
    return;
  }
  const auto place = static_cast<std::uint32_t>(batch_->users.size());
  batch_->users.push_back(std::move(change));
  places_.insert(batch_->users.back().user.view(), place, id_of());
}

const stateful::UserChange* Slice::find(const UserId& user) const {
  const std::uint32_t* place = places_.find(user.view(), id_of());
  return place == nullptr ? nullptr : &batch_->users[*place];
}

}  // namespace freshet::pipeline
