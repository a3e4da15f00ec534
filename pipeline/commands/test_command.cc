#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/cases/case_file.h"
#include "pipeline/cases/case_run.h"
#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/load.h"
#include "pipeline/commands/terminal.h"

namespace freshet::commands {
namespace {

struct TestArguments {
  ConfigArguments config;
  std::string model;
  std::vector<std::string> files;
};

struct CaseFile {
  std::string name;
  std::vector<pipeline::Case> cases;
};

// All files, or the problems of all of them.
Result<std::vector<CaseFile>> read_files(const std::vector<std::string>& names,
                                         const pipeline::WorkerConfig& config) {
  std::vector<CaseFile> files;
  std::string problems;
  for (const std::string& name : names) {
    std::ifstream stream(name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
    Result<std::vector<pipeline::Case>> cases =
        stream ? pipeline::parse_cases(text, name, config)
               : error(ErrorCode::kInvalidConfig, name + ": cannot be read");
    if (cases) {
      files.push_back({name, std::move(*cases)});
    } else {
      problems += (problems.empty() ? "" : "\n") + cases.error().message;
    }
  }
  if (!problems.empty()) return error(ErrorCode::kInvalidConfig, problems);
  return files;
}

void show(const Terminal& terminal, const std::string& place, const std::string& name,
          const std::vector<pipeline::CaseDifference>& differences) {
  const bool right = differences.empty();
  const std::string verdict =
      painted(terminal, right ? Colour::kGreen : Colour::kRed, right ? "ok    " : "FAILED");
  std::printf("%s %s: %s\n", verdict.c_str(), place.c_str(), name.c_str());
  for (const pipeline::CaseDifference& difference : differences) {
    std::printf("  %s\n    expected: %s\n    found:    %s\n", difference.what.c_str(),
                painted(terminal, Colour::kGreen, difference.expected).c_str(),
                painted(terminal, Colour::kRed, difference.found).c_str());
  }
}

int run_test(const TestArguments& arguments) {
  const Result<Loaded> loaded = load(arguments.config.source(), arguments.model);
  if (!loaded) return report(loaded.error());
  const Result<std::vector<CaseFile>> files = read_files(arguments.files, loaded->config);
  if (!files) return report(files.error());
  const Terminal terminal = stdout_terminal();
  std::size_t all = 0;
  std::size_t failed = 0;
  for (const CaseFile& file : *files) {
    for (const pipeline::Case& one : file.cases) {
      const auto differences = pipeline::run_case(one, loaded->config, loaded->model);
      if (!differences) return report(differences.error());
      show(terminal, file.name + ":" + std::to_string(one.line), one.name, *differences);
      ++all;
      if (!differences->empty()) ++failed;
    }
  }
  std::fprintf(stderr, "%zu of %zu cases failed\n", failed, all);
  return failed == 0 ? kOk : kFailed;
}

}  // namespace

void add_test(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<TestArguments>();
  CLI::App* command =
      app.add_subcommand("test",
                         "Runs cases: clicks in, expected sequences and top items out\n\n"
                         "  freshet test -c configs/worker.yaml configs/cases/sequence.yaml");
  add_config_options(command, &arguments->config);
  command->add_option("cases", arguments->files, "YAML files of cases")->required();
  command->add_option("--model", arguments->model, "model folder (default: model.path)");
  command->callback([arguments, run] { *run = [arguments] { return run_test(*arguments); }; });
}

}  // namespace freshet::commands
