// What a test does to a topic of the real broker that no worker does: other settings, retention.
//
// Errors:  a failed CHECK
// Threads: free functions
#pragma once

#include <map>
#include <string>

#include "common/log_position.h"

namespace freshet::test {

// The topic's own settings become these, all others the broker's defaults.
void alter_topic(const std::string& bootstrap, const std::string& topic,
                 const std::map<std::string, std::string>& settings);

// Everything below `begin` is gone. Requires: the topic's cleanup.policy has `delete`.
void delete_records_below(const std::string& bootstrap, const std::string& topic,
                          Partition partition, Position begin);

}  // namespace freshet::test
