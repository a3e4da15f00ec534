// What an operator does to a topic of the real broker while a test runs.
//
// Errors:  a failed CHECK
// Threads: free functions
#pragma once

#include <map>
#include <string>

#include "common/log_position.h"

namespace freshet::test {

// The topic's own settings from now on: these and no others.
void set_topic_settings(const std::string& bootstrap, const std::string& topic,
                        const std::map<std::string, std::string>& settings);

// Everything below `begin` is gone.
void delete_records(const std::string& bootstrap, const std::string& topic, Partition partition,
                    Position begin);

}  // namespace freshet::test
