#include "pipeline/examples/label_joiner.h"

#include <utility>

namespace freshet::pipeline {
namespace {

// What a node of a tree takes beside its value.
constexpr std::size_t kNodeBytes = 48;
constexpr std::size_t kWaitingBytes = kNodeBytes + sizeof(std::tuple<UserId, ItemId, EventTime>);
constexpr std::size_t kRowBytes =
    kNodeBytes + sizeof(EventTime) + sizeof(UserId) + sizeof(ItemId) + sizeof(Example);

std::size_t bytes_of(const ExampleFeatures& features) {
  return sizeof features + features.user.view().size() + features.json.size() +
         features.source.size();
}

}  // namespace

LabelJoiner::LabelJoiner(DurationMs wait, Write write)
    : wait_(wait), write_(std::move(write)), oldest_{0} {}

void LabelJoiner::write(const Example& row) {
  ++(!row.label ? counts_.unlabelled : *row.label ? counts_.clicked : counts_.not_clicked);
  write_(row);
}

void LabelJoiner::stop_waiting(Example* row, std::optional<bool> label) {
  bytes_ -= kWaitingBytes;
  row->label = label;
  write(*row);
  // The last row of a request takes its features along.
  if (row->features.use_count() == 1) bytes_ -= bytes_of(*row->features);
  row->features = nullptr;
}

void LabelJoiner::advance(EventTime stream_time) {
  oldest_ = stream_time - wait_;
  while (!rows_.empty() && rows_.begin()->first.ts < oldest_) {
    auto& [key, row] = *rows_.begin();
    if (row.features != nullptr) {
      waiting_.erase({key.user, key.item, key.ts});
      stop_waiting(&row, false);
    }
    bytes_ -= kRowBytes;
    rows_.erase(rows_.begin());
  }
}

void LabelJoiner::add(std::shared_ptr<const ExampleFeatures> features, std::vector<Example> rows) {
  for (Example& row : rows) {
    row.features = features;
    add_row(std::move(row));
  }
  rows.clear();
  if (features.use_count() > 1) bytes_ += bytes_of(*features);
}

void LabelJoiner::add_row(Example row) {
  const ExampleFeatures& features = *row.features;
  if (features.ts < oldest_) {
    ++counts_.late;
    return;
  }
  const auto [place, is_new] = rows_.try_emplace({features.ts, features.user, row.item});
  if (!is_new) {
    ++counts_.repeated;
    return;
  }
  bytes_ += kRowBytes;
  if (row.label) {
    write(row);
    return;
  }
  const RowKey& key = place->first;
  waiting_.emplace(key.user, key.item, key.ts);
  bytes_ += kWaitingBytes;
  place->second = std::move(row);
}

void LabelJoiner::click(const UserId& user, const ItemId& item, EventTime ts) {
  auto at = waiting_.lower_bound({user, item, ts - wait_});
  while (at != waiting_.end()) {
    const auto& [row_user, row_item, row_ts] = *at;
    if (row_user != user || row_item != item || row_ts > ts) return;
    stop_waiting(&rows_.find({row_ts, row_user, row_item})->second, true);
    at = waiting_.erase(at);
  }
}

void LabelJoiner::finish() {
  for (auto& [key, row] : rows_) {
    if (row.features != nullptr) stop_waiting(&row, std::nullopt);
  }
  rows_.clear();
  waiting_.clear();
  bytes_ = 0;
}

}  // namespace freshet::pipeline
