// What librdkafka says to the configuration's kafka.client, without a broker.
//
// Each option is tried for the roles that it reaches, consumer and producer; where all are taken
// one by one, the clients are made once, without any address to connect to, for what only holds
// of several together (limits that must fit each other, files that must exist).
// Errors:  none; every problem is in the list, at "kafka.client.NAME" or, where librdkafka names no
//          option, at "kafka.client"
// Threads: free function
// Cost:    two clients for as long as it takes to make and drop them
#pragma once

#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/config/config_checks.h"

namespace freshet::pipeline {

// Options that config_checks.h refuses are left to it.
std::vector<ConfigProblem> check_client_options(const WorkerConfig& config);

}  // namespace freshet::pipeline
