// How `check` tells what it found: lines for people, or one JSON object.
//
// Threads: free functions. Errors: none.
#pragma once

#include <string>
#include <string_view>

#include "common/status.h"
#include "pipeline/commands/terminal.h"
#include "pipeline/kafka/finding.h"

namespace freshet::commands {

// kOk, or kInvalid where one of them is an error.
int exit_code_of(const pipeline::Findings& findings);

// One finding for each line of the error; of "file:line:col: message" the place becomes `where`.
pipeline::Findings findings_of(const Error& error);

// "where: message; remedy", as far as it has them.
std::string text_of(const pipeline::Finding& finding);

// The same behind the level, in its colour.
std::string line_of(const pipeline::Finding& finding, const Terminal& terminal);

// {"ok":false,"findings":[{"level":"error","where":"..","message":"..","remedy":".."}]}; the levels
// are ok, advice, warning and error, the remedy may be empty.
std::string json_of(const pipeline::Findings& findings);

}  // namespace freshet::commands
