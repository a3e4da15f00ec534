// Sizes and names within model_limits.h, refused by name where they are not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/status.h"

namespace freshet::scorer {

// `what` is how the message names it. Refuses 0, too.
Status check_size(const std::string& what, std::size_t value, std::size_t max);

// Refuses what is not 1 to 64 characters of A-Z a-z 0-9 _ . - : what models, behaviours and fields
// are called, so that tensor names and crosses read back without quoting.
Status check_name(const std::string& what, std::string_view name);

}  // namespace freshet::scorer
