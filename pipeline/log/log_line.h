// What makes a message safe to stand in one line of a log.
//
// Errors: none. Threads: free functions
#pragma once

#include <string>
#include <string_view>

namespace freshet::pipeline {

// The message with control characters as \n, \t or \x1b, and, where it is not UTF-8, with every
// byte above 0x7f as \x escape too, so nothing in it can pass for a line of its own.
std::string one_line(std::string_view message);

// {"time":...} is spdlog's; this is the rest: "source" where there is one, and "message".
std::string json_fields(std::string_view source, std::string_view message);
std::string text_fields(std::string_view source, std::string_view message);

}  // namespace freshet::pipeline
