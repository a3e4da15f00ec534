// A click as it is stored: event time and item. Its identity within a user's behaviour.
#pragma once

#include <compare>

#include "common/ids.h"
#include "common/time.h"

namespace freshet::stateful {

// Ordered by (ts, item id as unsigned bytes): the one order of sequences, windows and flags.
struct Click {
  EventTime ts;
  ItemId item;
  auto operator<=>(const Click&) const = default;
};

}  // namespace freshet::stateful
