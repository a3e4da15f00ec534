#include "tests/support/memory_log.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/check.h"

namespace freshet::test {

Offset MemoryLog::append(StoredRecord record, std::optional<ProducerId> producer) {
  const Offset offset{end_.value};
  record.partition = partition_;
  record.offset = offset;
  Entry entry;
  entry.record = std::move(record);
  if (producer) {
    entry.kind = Kind::kOpen;
    entry.producer = *producer;
    open_.insert({*producer, offset});
  }
  entries_.push_back(std::move(entry));
  end_ = position_after(offset);
  return offset;
}

Offset MemoryLog::append_marker(ProducerId producer, TransactionEnd end) {
  const Offset offset{end_.value};
  // A transaction may end where its record never came: the partition was only named to it.
  if (const auto open = open_.find(producer); open != open_.end()) {
    const Kind kind = end == TransactionEnd::kCommit ? Kind::kCommitted : Kind::kAborted;
    for (auto entry = entries_.rbegin();
         entry != entries_.rend() && entry->record.offset >= open->second; ++entry) {
      if (entry->producer == producer && entry->kind == Kind::kOpen) entry->kind = kind;
    }
    open_.erase(open);
  }
  Entry marker;
  marker.record.partition = partition_;
  marker.record.offset = offset;
  marker.kind = Kind::kControl;
  marker.producer = producer;
  entries_.push_back(std::move(marker));
  end_ = position_after(offset);
  return offset;
}

void MemoryLog::trim(Position begin) {
  FRESHET_CHECK(begin_ <= begin && begin <= end_);
  begin_ = begin;
  std::erase_if(entries_, [&](const Entry& e) { return is_before(e.record.offset, begin); });
}

Position MemoryLog::stable_end() const {
  Position stable = end_;
  for (const auto& [producer, first] : open_) stable = std::min(stable, Position{first.value});
  return stable;
}

std::optional<Position> MemoryLog::position_for_time(EventTime time) const {
  const Position stable = stable_end();
  for (const Entry& entry : entries_) {
    if (!is_before(entry.record.offset, stable)) break;
    const Position position{entry.record.offset.value};
    if (entry.record.timestamp && *entry.record.timestamp >= time) return position;
  }
  return std::nullopt;
}

Position MemoryLog::read(Position from, std::size_t records_max,
                         std::vector<StoredRecord>* into) const {
  FRESHET_CHECK(holds(from));
  const Position stable = stable_end();
  auto entry = std::lower_bound(
      entries_.begin(), entries_.end(), from,
      [](const Entry& e, Position position) { return is_before(e.record.offset, position); });
  for (; entry != entries_.end() && is_before(entry->record.offset, stable); ++entry) {
    if (!is_shown(*entry)) continue;
    if (records_max-- == 0) return Position{entry->record.offset.value};
    into->push_back(entry->record);
  }
  return std::max(from, stable);
}

void MemoryLog::compact(EventTime now, DurationMs delete_retention, Position below) {
  below = std::min(below, stable_end());
  const auto first_kept = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return !is_before(e.record.offset, below);
  });
  std::unordered_map<std::string_view, Offset> last;
  for (auto entry = entries_.begin(); entry != first_kept; ++entry) {
    if (!is_shown(*entry)) continue;
    FRESHET_CHECK(entry->record.key.has_value());
    last[*entry->record.key] = entry->record.offset;
  }
  const auto is_due = [&](Entry* entry) {
    if (!entry->delete_at) entry->delete_at = now + delete_retention;
    return now >= *entry->delete_at;
  };
  std::vector<Entry> kept;
  std::unordered_set<ProducerId> alive;  // producers with a record kept since their last marker
  for (auto entry = entries_.begin(); entry != first_kept; ++entry) {
    bool stays = false;
    if (entry->kind == Kind::kControl) {
      stays = alive.erase(entry->producer) != 0 || !is_due(&*entry);
    } else if (is_shown(*entry) && last[*entry->record.key] == entry->record.offset) {
      stays = entry->record.value.has_value() || !is_due(&*entry);
      if (stays && entry->kind == Kind::kCommitted) alive.insert(entry->producer);
    }
    // `last` looks into the keys, so that nothing moves before the loop is over.
    if (!stays) entry->record.offset = Offset{-1};
  }
  std::erase_if(entries_, [](const Entry& e) { return e.record.offset.value < 0; });
}

}  // namespace freshet::test
