// Whether a stored state was made by a configuration that this one may go on from.
//
// A fingerprint is sorted "name=value" lines (fingerprint_of in pipeline/config/config.h). Equal
// lines fit; a behaviour's length_max and age_max_ms may have become shorter; every other
// difference is refused. Errors: kInvalidConfig naming the first line that differs, both values and
// the remedy.
#pragma once

#include <string_view>

#include "common/status.h"

namespace freshet::pipeline {

Status check_fingerprint(std::string_view stored, std::string_view configured);

}  // namespace freshet::pipeline
