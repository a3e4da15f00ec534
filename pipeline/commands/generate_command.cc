#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/commands/command.h"
#include "pipeline/commands/option_checks.h"
#include "pipeline/commands/progress.h"
#include "pipeline/events/event_time.h"
#include "pipeline/files/byte_sink.h"
#include "pipeline/files/distinct_files.h"
#include "pipeline/generate/log_generator.h"
#include "pipeline/generate/planted_model.h"
#include "scorer/files/model_folder.h"
#include "scorer/float_mode.h"

namespace freshet::commands {
namespace {

using pipeline::GeneratedKind;

struct GenerateArguments {
  pipeline::GenerateOptions options;
  std::string output;
  std::string start;
  std::vector<std::string> types = {"impression", "click"};
  std::string items_output;
  std::string model;
};

struct Tally {
  std::array<std::uint64_t, pipeline::kGeneratedKinds> by_kind{};
  std::map<std::string_view, std::uint64_t> bad_by_reason;
  std::uint64_t late = 0;
  std::uint64_t duplicate = 0;

  void add(const pipeline::GeneratedEvent& event) {
    ++by_kind[static_cast<std::size_t>(event.kind)];
    if (event.kind == GeneratedKind::kBad) ++bad_by_reason[event.refusal];
    if (event.late) ++late;
    if (event.duplicate) ++duplicate;
  }
};

// Milliseconds since the epoch, or RFC 3339.
std::optional<std::int64_t> start_of(const std::string& text) {
  pipeline::TimeProblem problem{};
  std::optional<EventTime> time =
      text.find_first_not_of("0123456789") == std::string::npos
          ? pipeline::event_time_of_number(text, pipeline::TimeUnit::kMilliseconds)
          : pipeline::event_time_of_rfc3339(text, &problem);
  if (!time || *time < kEventTimeMin || *time >= kEventTimeEnd) return std::nullopt;
  return time->ms;
}

std::optional<std::string> problem_of(GenerateArguments* arguments) {
  pipeline::GenerateOptions& options = arguments->options;
  if (!arguments->start.empty()) {
    const auto start = start_of(arguments->start);
    if (!start) {
      return "--start " + arguments->start +
             ": give ms since the epoch or a time such as 2024-01-01T00:00:00Z, from 2000 to 2099";
    }
    options.start_ms = *start;
  }
  options.impressions = options.clicks = options.carts = options.orders = false;
  for (const std::string& type : arguments->types) {
    if (type == "impression") options.impressions = true;
    if (type == "click") options.clicks = true;
    if (type == "cart") options.carts = true;
    if (type == "order") options.orders = true;
  }
  if (!options.impressions && !options.clicks) {
    return "--types: name impression, click or both; carts and orders follow clicks";
  }
  if (options.bad + options.duplicates + options.requests > 1.0) {
    return "--bad, --duplicates and --requests: are shares of all events, their sum is at most 1";
  }
  return std::nullopt;
}

Status write_items(const pipeline::Catalogue& catalogue, const std::string& file) {
  auto sink = pipeline::open_byte_sink(file);
  if (!sink) return tl::unexpected(sink.error());
  for (std::size_t item = 0; item < catalogue.items().size(); ++item) {
    if (Status written = (*sink)->write(catalogue.line_of(item) + "\n"); !written) return written;
  }
  return (*sink)->close();
}

Status write_log(const std::string& file, std::uint64_t count, pipeline::LogGenerator* generator,
                 Tally* tally) {
  auto sink = pipeline::open_byte_sink(file);
  if (!sink) return tl::unexpected(sink.error());
  const SystemClock clock;
  Progress progress("generate", "events", clock);
  std::string block;
  constexpr std::size_t kBlockBytes = 64 * 1024;
  std::uint64_t done = 0;
  while (const pipeline::GeneratedEvent* event = generator->next()) {
    tally->add(*event);
    ++done;
    block += event->line;
    block += '\n';
    if (block.size() < kBlockBytes) continue;
    if (Status written = (*sink)->write(block); !written) return written;
    block.clear();
    progress.update(done, count);
  }
  if (Status written = (*sink)->write(block); !written) return written;
  return (*sink)->close();
}

void say(const Tally& tally) {
  std::string text;
  for (std::size_t kind = 0; kind < tally.by_kind.size(); ++kind) {
    if (tally.by_kind[kind] == 0) continue;
    text += std::string(name_of(static_cast<GeneratedKind>(kind))) + ": " +
            grouped(tally.by_kind[kind]) + "\n";
  }
  for (const auto& [reason, count] : tally.bad_by_reason) {
    text += "  " + std::string(reason) + ": " + grouped(count) + "\n";
  }
  text += "late: " + grouped(tally.late) + "\nduplicate: " + grouped(tally.duplicate) + "\n";
  std::fputs(text.c_str(), stderr);
}

int run_generate(GenerateArguments arguments) {
  if (const auto problem = problem_of(&arguments)) {
    std::fprintf(stderr, "freshet: %s\n", problem->c_str());
    return kUsage;
  }
  using pipeline::FileUse;
  std::vector<pipeline::NamedFile> files{{"--output", arguments.output, FileUse::kWritten}};
  if (!arguments.items_output.empty()) {
    files.push_back({"--items-output", arguments.items_output, FileUse::kWritten});
  }
  if (const Status distinct = pipeline::check_distinct_files(files); !distinct) {
    return report(distinct.error());
  }
  scorer::set_float_mode();
  pipeline::LogGenerator generator(arguments.options);
  if (!arguments.model.empty()) {
    const std::string name = std::filesystem::path(arguments.model).filename().string();
    const scorer::Model model = pipeline::planted_model(generator.catalogue(), name);
    if (const Status saved = scorer::save_model(model, arguments.model); !saved) {
      return report(saved.error());
    }
  }
  if (!arguments.items_output.empty()) {
    const Status written = write_items(generator.catalogue(), arguments.items_output);
    if (!written) return report(written.error());
  }
  Tally tally;
  const Status written = write_log(arguments.output, arguments.options.events, &generator, &tally);
  if (!written) return report(written.error());
  say(tally);
  return kOk;
}

}  // namespace

void add_generate(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<GenerateArguments>();
  pipeline::GenerateOptions& options = arguments->options;
  CLI::App* command = app.add_subcommand(
      "generate",
      "Writes a realistic click log, equal bytes for equal options\n\n"
      "  freshet generate --output log.jsonl.gz --events 1000000 --users 20000\n"
      "  freshet generate --output - --types click --late 0.1 | head\n"
      "  freshet generate --output log.jsonl --items-output items.jsonl --model models/mine\n\n"
      "Its users have interests that drift, its items follow Zipf's law, and its clicks are drawn\n"
      "from planted probabilities: docs/generator.md has the formulas.");
  command->add_option("--output", arguments->output, "log; .gz is gzip, - is stdout")->required();
  whole_number(command->add_option("--events", options.events, "lines")->capture_default_str(), 1,
               1'000'000'000'000);
  whole_number(command->add_option("--users", options.users, "users")->capture_default_str(), 1,
               50'000'000);
  whole_number(command->add_option("--items", options.items, "items")->capture_default_str(), 1,
               50'000'000);
  whole_number(command->add_option("--seed", options.seed, "seed")->capture_default_str(), 0,
               UINT64_MAX);
  command->add_option("--start", arguments->start,
                      "first time, in ms or RFC 3339 (default: 2024-01-01T00:00:00Z)");
  command->add_flag("--interactions", options.law.interactions,
                    "pairs of recently clicked items change what is clicked");
  finite_number(command
                    ->add_option("--drift", options.law.drift,
                                 "how far interests move at each session; 0: they stay as they are")
                    ->capture_default_str(),
                0, 1);
  finite_number(command
                    ->add_option("--taste", options.law.taste,
                                 "how much interests decide of a click; 0: nothing")
                    ->capture_default_str(),
                0, 100);
  command->add_flag(
      "--follow-clicks", options.law.follow_clicks,
      "interests are the mean of the 10 newest clicks, and have no life of their own: no --drift");
  finite_number(command
                    ->add_option("--seen", options.law.seen,
                                 "how an item's being clicked lately moves a click's logit")
                    ->capture_default_str(),
                -100, 100);
  command->add_flag("--truth", options.truth,
                    "impressions carry their true probability of a click as \"p\"");
  const auto rate = [command](const char* name, double* value, const char* what) {
    finite_number(command->add_option(name, *value, what)->capture_default_str(), 0, 1);
  };
  rate("--late", &options.late, "share of impressions and clicks that come after newer ones");
  rate("--duplicates", &options.duplicates, "share of events that are sent a second time");
  rate("--bad", &options.bad, "share of events that are broken, in many ways");
  rate("--requests", &options.requests, "share of events that are requests");
  one_of(command
             ->add_option("--types", arguments->types,
                          "kinds to write; carts and orders need a behaviour each")
             ->delimiter(',')
             ->default_str("impression,click"),
         {"impression", "click", "cart", "order"});
  command->add_option("--items-output", arguments->items_output,
                      "the items with title, category and author");
  command->add_option("--model", arguments->model,
                      "a new model folder made of the planted vectors, not trained");
  command->callback([arguments, run] { *run = [arguments] { return run_generate(*arguments); }; });
}

}  // namespace freshet::commands
