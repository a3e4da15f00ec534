// The names of the table: which are sections, and which one a misspelt name is nearest to.
//
// Threads: free functions. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace freshet::pipeline {

// True of "kafka" and "events.fields": what has keys and is none itself.
bool is_section(std::string_view path);

// "; did you mean kafka.input?" or nothing. A name that the table has elsewhere comes first.
std::string nearest_worker_key(std::string_view path);
std::string nearest_behaviour_key(std::string_view name);

// True where a name cannot stand in a message as it is.
bool has_control_character(std::string_view text);

}  // namespace freshet::pipeline
