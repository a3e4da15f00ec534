#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "pipeline/commands/command.h"
#include "pipeline/commands/command_line.h"

namespace freshet::commands {

namespace {

constexpr const char* kAbout =
    "Freshet: click events in, fresh scores out.\n\n"
    "Examples:\n"
    "  freshet demo\n"
    "  freshet check -c configs/worker.yaml\n"
    "  freshet run -c configs/worker.yaml\n"
    "  freshet replay -c configs/replay.yaml --input clicks.jsonl.gz --output scores.jsonl\n"
    "  freshet model init --item-count 1000 --output models/random\n"
    "  freshet state get -c configs/worker.yaml u1\n\n"
    "Exit codes: 0 done, 1 failed, 2 wrong command line, 78 configuration, model or state\n"
    "must be changed first, 130 stopped at once by a second signal.";

// Data that never left the buffer is not written, whatever the command thinks.
int finish(int code) {
  std::cout.flush();
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (written || code != kOk) return code;
  std::fputs("freshet: standard output: writing failed; is the disk full, or its reader gone?\n",
             stderr);
  return kFailed;
}

int main_of(int argc, char** argv) {
  CLI::App app{kAbout, "freshet"};
  app.set_version_flag("--version", "freshet " FRESHET_VERSION);
  app.require_subcommand(1);
  Run run;
  add_run(app, &run);
  add_replay(app, &run);
  add_evaluate(app, &run);
  add_check(app, &run);
  add_config(app, &run);
  add_test(app, &run);
  add_model(app, &run);
  add_state(app, &run);
  add_generate(app, &run);
  add_produce(app, &run);
  add_demo(app, &run);
  add_dump(app, &run);
  add_create_topics(app, &run);
  add_health(app, &run);
  finish_command_line(&app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& parse_error) {
    return finish(app.exit(parse_error) == 0 ? kOk : kUsage);
  }
  return finish(run());
}

}  // namespace
}  // namespace freshet::commands

int main(int argc, char** argv) {
  // Every file is compiled for this level; without it the first kernel would be an illegal
  // instruction far from any explanation.
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::fputs("freshet: this machine lacks AVX2 or FMA (x86-64-v3), which Freshet needs\n",
               stderr);
    return freshet::commands::kFailed;
  }
  try {
    return freshet::commands::main_of(argc, argv);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "freshet: %s\n", exception.what());
    return freshet::commands::kFailed;
  }
}
