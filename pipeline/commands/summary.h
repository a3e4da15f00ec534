// What run and replay say at their end, on stderr: what went in, what came out, what was refused.
#pragma once

#include <string>

#include "pipeline/status/counters.h"

namespace freshet::commands {

// Lines of "name: value"; dead letters by reason where there are any. One line where no record was
// read: a block of zeros would bury the reason.
std::string summary_of(const pipeline::Counters& counters, double seconds);

}  // namespace freshet::commands
