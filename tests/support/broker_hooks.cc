#include "tests/support/broker_hooks.h"

#include <cstddef>

namespace freshet::test {

void PrintTo(BrokerCall call, std::ostream* out) {
  constexpr const char* kNames[] = {"Subscribe",      "Poll",         "Committed",
                                    "Range",          "Ask",          "Send",
                                    "Flush",          "Commit",       "InitTransactions",
                                    "Produce",        "SendOffsets",  "EndTransaction",
                                    "ChangelogRange", "ChangelogPoll"};
  *out << kNames[static_cast<std::size_t>(call)];
}

Status BrokerHooks::at(BrokerCall, Moment, const std::string&) { return {}; }

bool BrokerHooks::lands_at_once(const PendingMarker&) { return true; }

}  // namespace freshet::test
