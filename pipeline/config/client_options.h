// The librdkafka options that the configuration may not set, each with its reason.
//
// Everything else under kafka.client is passed through; whether an option exists is librdkafka's to
// say. Threads: constant data.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace freshet::pipeline {

// All of them, sorted.
std::vector<std::string_view> refused_client_options();

// Why kafka.client may not hold `name`, and what to do instead; none where it may.
std::optional<std::string_view> refusal_of_client_option(std::string_view name);

}  // namespace freshet::pipeline
