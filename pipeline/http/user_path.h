// The id in /v1/users/{id}: percent-decoded and checked, from whatever a client sends.
//
// Errors:  kBadRecord with the reason: a broken escape, an empty id, one of more than 128 bytes or
//          that is not UTF-8
// Threads: a free function. Oracle: tests/fuzz/fuzz_http.cc
#pragma once

#include <string_view>

#include "common/ids.h"
#include "common/status.h"

namespace freshet::pipeline {

// `encoded` is the last segment of the path, as it was sent.
Result<UserId> user_id_of_path(std::string_view encoded);

}  // namespace freshet::pipeline
