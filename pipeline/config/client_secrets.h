// Which librdkafka options are secrets, and how one is read from a file instead.
//
// An entry `sasl.password_file: PATH` under kafka.client gives sasl.password the content of PATH,
// as container platforms hand out secrets. Values of secrets stand in no message and no output.
// Errors:  the problem's message; it never holds the secret
// Threads: free functions
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/status.h"

namespace freshet::pipeline {

// What stands wherever a secret would.
inline constexpr std::string_view kRedacted = "[redacted]";

// By the words of the name, so that options of later versions of librdkafka are secrets as well.
bool is_secret_client_option(std::string_view name);

// "sasl.password" of "sasl.password_file"; none of a name that does not end so.
std::optional<std::string_view> option_of_file_option(std::string_view name);

// The file's content without the line's end that editors leave. A file of more than 64 KiB, an
// empty one, one with a zero byte and anything that is not a regular file is refused.
tl::expected<std::string, std::string> read_secret_file(const std::string& path);

// The text with kRedacted in place of each value of a secret. For what librdkafka says: it repeats
// a value that it does not take.
std::string without_secrets(const std::vector<std::pair<std::string, std::string>>& options,
                            std::string text);

}  // namespace freshet::pipeline
