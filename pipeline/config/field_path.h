// The path of an event's field, as events.fields and events.context write it.
//
//   payload.item.id     the field "id" of the object "item" of the object "payload"
//   payload\.item.id    the field "id" of the object "payload.item"; \\ is a backslash
//
// Errors: the problem's message. Threads: free function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"

namespace freshet::pipeline {

// The names from the event's own object on, each as it stands in the JSON, at least one.
tl::expected<std::vector<std::string>, std::string> parse_field_path(std::string_view path);

}  // namespace freshet::pipeline
