// Checks of a decoded event against the record that carried it: its key, its clock.
#pragma once

#include <optional>

#include "pipeline/config/config.h"
#include "pipeline/events/event.h"
#include "pipeline/events/record.h"

namespace freshet::pipeline {

// kExcluded for a record that input.exclude names; kKeyMismatch when the record's key is not the
// user; kKeyMissing when there is none and the configuration asks for one; kFutureTime when the
// event is further ahead of the record's own time than input.event_future_max_ms (a record without
// a time is not checked). None when all is well.
std::optional<Refusal> check_event(const Event& event, const InputRecord& record,
                                   const InputConfig& config);

}  // namespace freshet::pipeline
