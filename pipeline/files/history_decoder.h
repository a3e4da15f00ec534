// Decodes one line of a seed file: a user's older history, item ids without times of their own.
//
// Format:  {"user_id": "...", "last_ts": ms, "<field>": ["oldest", ..., "newest"], ...}; ids as in
//          events; fields that are not asked for are ignored (docs/formats.md, "Seed history")
// Errors:  kBadRecord naming the field; the caller adds file and line
// Threads: free function. Cost: one DOM parse
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "common/status.h"
#include "common/time.h"

namespace freshet::pipeline {

struct UserHistory {
  UserId user;
  EventTime last_ts;
  std::vector<std::vector<ItemId>> items;  // [fields], each oldest first; empty where absent
  std::vector<bool> present;               // [fields]
};

Result<UserHistory> decode_history(std::string_view line, std::span<const std::string> fields);

// The fields of a line that could hold a history, its arrays, in their order; none of a line that
// is no object.
std::vector<std::string> history_fields(std::string_view line);

}  // namespace freshet::pipeline
