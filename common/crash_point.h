// crash_point: a named place where a test may let this process die, as by kill -9.
//
//   FRESHET_CRASH_AT=after_poll       dies when it passes that place
//   FRESHET_CRASH_AT=after_poll:7     when it passes it for the seventh time
//   FRESHET_CRASH_AT=in_batch:7:300   300 us after that, from another thread: inside what follows
//
// Does nothing where the build's option FRESHET_CRASH_POINTS is off: the presets for tests set it,
// a release does not. A name that is not in kCrashPoints ends the process with a message. Threads:
// any. Cost: a call, where it is not asked for.
#pragma once

#include <array>
#include <string_view>

namespace freshet {

inline constexpr std::array<std::string_view, 11> kCrashPoints = {
    "after_poll",      // records are read, none of them is applied
    "after_send",      // an output is handed to the producer
    "before_offsets",  // everything is sent, the transaction has no positions yet
    "in_commit",       // with a delay: the brokers may have the request, or not
    "before_batch",    // committed, and not in the store
    "in_batch",        // with a delay: the store writes
    "in_flush",        // with a delay: the store writes a table file
    "in_restore",      // a batch of the changelog is about to be written
    "after_swap",      // the tasks have gone over to a newer model, no marker says so yet
    "in_reread",       // a record is applied that was committed before
    "in_rebalance",    // partitions are given back
};

void crash_point(std::string_view name);

}  // namespace freshet
