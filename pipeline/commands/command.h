// What every subcommand of `freshet` is: options on a CLI11 app, and a function that returns an
// exit code. Data goes to stdout, everything said about it to stderr.
#pragma once

#include <functional>
#include <string>

#include "common/status.h"

namespace CLI {
class App;
}

namespace freshet::commands {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,        // the reason is on stderr; a later try may succeed
  kUsage = 2,         // the command line
  kInvalid = 78,      // configuration, model or state directory must be changed first (EX_CONFIG)
  kInterrupted = 130  // a second signal stopped it at once
};

// Prints the error to stderr and returns the code it leads to.
int report(const Error& error);

// Each adds its subcommand to the app; when it is chosen, *run is set to it.
using Run = std::function<int()>;
void add_run(CLI::App& app, Run* run);
void add_replay(CLI::App& app, Run* run);
void add_evaluate(CLI::App& app, Run* run);
void add_check(CLI::App& app, Run* run);
void add_config(CLI::App& app, Run* run);
void add_test(CLI::App& app, Run* run);
void add_model(CLI::App& app, Run* run);
void add_state(CLI::App& app, Run* run);
void add_generate(CLI::App& app, Run* run);
void add_produce(CLI::App& app, Run* run);
void add_demo(CLI::App& app, Run* run);
void add_dump(CLI::App& app, Run* run);
void add_create_topics(CLI::App& app, Run* run);
void add_health(CLI::App& app, Run* run);

}  // namespace freshet::commands
