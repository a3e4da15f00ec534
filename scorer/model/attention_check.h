// The options and widths of one behaviour's attention, as the model's variant has them.
//
// Part of check_shapes() (model_check.h). Errors: kInvalidModel naming the behaviour and the key.
#pragma once

#include "common/status.h"
#include "scorer/model/attention.h"

namespace freshet::scorer {

Status check_behaviour(Variant variant, const BehaviourModel& behaviour);

}  // namespace freshet::scorer
