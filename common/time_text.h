// A time for people: "2026-11-25T21:10:00.000Z", UTC. Threads: a free function.
#pragma once

#include <string>

#include "common/time.h"

namespace freshet {

std::string utc_text(EventTime time);

}  // namespace freshet
