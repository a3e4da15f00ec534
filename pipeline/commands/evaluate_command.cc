#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "pipeline/commands/command.h"
#include "pipeline/commands/evaluate_run.h"
#include "pipeline/commands/evaluation_table.h"
#include "pipeline/commands/option_checks.h"
#include "pipeline/commands/terminal.h"
#include "pipeline/evaluate/report_json.h"
#include "pipeline/evaluate/report_page.h"
#include "pipeline/files/byte_sink.h"
#include "pipeline/files/distinct_files.h"

namespace freshet::commands {
namespace {

Status check_files(const EvaluateArguments& arguments) {
  using pipeline::FileUse;
  std::vector<pipeline::NamedFile> files{{"--config", arguments.config.path, FileUse::kRead},
                                         {"--input", arguments.input.log, FileUse::kRead}};
  if (!arguments.input.seed_history.empty()) {
    files.push_back({"--seed-history", arguments.input.seed_history, FileUse::kRead});
  }
  if (!arguments.json.empty()) files.push_back({"--json", arguments.json, FileUse::kWritten});
  if (!arguments.html.empty()) files.push_back({"--html", arguments.html, FileUse::kWritten});
  return pipeline::check_distinct_files(files);
}

// A file of the command line, opened before the work begins: where it cannot be made is known then.
class OutputFile {
 public:
  Status open(const std::string& file) {
    if (file.empty()) return {};
    auto sink = pipeline::open_byte_sink(file);
    if (!sink) return tl::unexpected(sink.error());
    sink_ = std::move(*sink);
    return {};
  }
  bool is_open() const { return sink_ != nullptr; }
  Status write(const std::string& text) {
    if (Status written = sink_->write(text); !written) return written;
    return sink_->close();
  }

 private:
  std::unique_ptr<pipeline::ByteSink> sink_;
};

Status write_evaluation(const EvaluateArguments& arguments) {
  if (Status distinct = check_files(arguments); !distinct) return distinct;
  OutputFile json;
  OutputFile html;
  if (Status opened = json.open(arguments.json); !opened) return opened;
  if (Status opened = html.open(arguments.html); !opened) return opened;
  const auto report = evaluate(arguments);
  if (!report) return tl::unexpected(report.error());
  if (json.is_open()) {
    if (Status written = json.write(pipeline::evaluation_json(*report)); !written) return written;
  }
  if (html.is_open()) {
    if (Status written = html.write(pipeline::evaluation_page(*report)); !written) return written;
  }
  if (arguments.json == "-" || arguments.html == "-") return {};
  std::fputs(evaluation_table(*report, stdout_terminal()).c_str(), stdout);
  return {};
}

int run_evaluate(const EvaluateArguments& arguments) {
  const Status written = write_evaluation(arguments);
  return written ? static_cast<int>(kOk) : report(written.error());
}

}  // namespace

void add_evaluate(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* command = app.add_subcommand(
      "evaluate",
      "Judges models on a labelled log, each row point in time\n\n"
      "  freshet evaluate -c configs/replay.yaml --input log.jsonl.gz --models models/a models/b\n"
      "  freshet evaluate -c configs/replay.yaml --input log.jsonl.gz --from 2022-05-02 \\\n"
      "      --utc-offset 8 --json evaluation.json --html evaluation.html");
  add_config_options(command, &arguments->config);
  add_input_options(command, &arguments->input);
  add_seed_options(command, &arguments->input);
  command->add_option(
      "--models", arguments->models,
      "model folders; the others are compared with the first (default: model.path)");
  command->add_option("--from", arguments->from,
                      "day or time from which impressions are judged; what is before feeds state");
  command->add_option("--until", arguments->until,
                      "day or time: to the end of that day, or to just before that time");
  finite_number(command
                    ->add_option("--utc-offset", arguments->utc_offset_hours,
                                 "hours that the days are ahead of UTC")
                    ->capture_default_str(),
                -24, 24);
  command->add_option("--scene", arguments->scene,
                      "context field to judge by (default: the first of events.context)");
  command->add_flag("--requests", arguments->requests,
                    "judges the candidates of requests too, labelled by the clicks that follow");
  command->add_option(
      "--truth", arguments->truth,
      "field of the impressions that holds the true probability (generated logs: p)");
  command->add_option("--delays", arguments->delays,
                      "how late clicks reach the sequences, such as 0,1m,1h,1d, or none (default: "
                      "0,1m,1h,1d)");
  whole_number(command
                   ->add_option("--bootstrap", arguments->bootstrap.resamples,
                                "resamples of users behind each interval")
                   ->capture_default_str(),
               0, 1'000'000);
  whole_number(command->add_option("--seed", arguments->bootstrap.seed, "of the resamples")
                   ->capture_default_str(),
               0, UINT64_MAX);
  command->add_option("--json", arguments->json,
                      "writes the evaluation as JSON; - is stdout, instead of the table");
  command->add_option("--html", arguments->html,
                      "writes the evaluation as one page with plots; - is stdout");
  command->callback([arguments, run] { *run = [arguments] { return run_evaluate(*arguments); }; });
}

}  // namespace freshet::commands
