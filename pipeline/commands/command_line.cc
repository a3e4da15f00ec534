#include "pipeline/commands/command_line.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/did_you_mean.h"

namespace freshet::commands {
namespace {

constexpr std::size_t kCommandWidth = 16;

// A list of commands has the first paragraph of each; the rest is in its own help.
class Help final : public CLI::Formatter {
 public:
  std::string make_subcommand(const CLI::App* command) const override {
    const std::string about = command->get_description();
    std::stringstream out;
    CLI::detail::format_help(out, command->get_name(), about.substr(0, about.find("\n\n")),
                             kCommandWidth);
    return out.str();
  }
  std::string make_description(const CLI::App* app) const override {
    return CLI::Formatter::make_description(app) + '\n';
  }
};

bool is_any(const CLI::App*) { return true; }

// CLI11 holds a group of options as a command without a name.
bool is_group(const CLI::App& app) { return app.get_name().empty(); }

// The command that was reached: `freshet state get`.
struct Reached {
  const CLI::App* app;
  std::string name;
};

Reached reached(const CLI::App* root) {
  Reached at{root, root->get_name()};
  while (!at.app->get_subcommands().empty() && !is_group(*at.app->get_subcommands().front())) {
    at.app = at.app->get_subcommands().front();
    at.name += " " + at.app->get_name();
  }
  return at;
}

void add_option_names(const CLI::App& app, std::vector<std::string>* names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names->push_back("--" + name);
  }
  for (const CLI::App* group : app.get_subcommands(is_any)) {
    if (is_group(*group)) add_option_names(*group, names);
  }
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  add_option_names(app, &names);
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(is_any)) {
    if (!is_group(*command)) names.push_back(command->get_name());
  }
  return names;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  return pipeline::suggestion_for(word, std::vector<std::string_view>(names.begin(), names.end()));
}

// -pSECRET, --password=SECRET
std::string_view name_of_option(std::string_view word) {
  return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

std::vector<std::string> problems(const CLI::App* root, const CLI::Error& error) {
  const Reached command = reached(root);
  const std::vector<std::string> remaining = root->remaining(true);
  std::vector<std::string> found;
  for (const std::string& word : remaining) {
    if (word.size() < 2 || word.front() != '-') continue;
    const std::string_view name = name_of_option(word);
    found.push_back("unknown option " + std::string(name) +
                    suggestion(name, option_names(*command.app)));
  }
  if (!found.empty()) return found;
  const std::vector<std::string> commands = command_names(*command.app);
  if (!commands.empty()) {
    found.push_back(remaining.empty()
                        ? "a command is missing"
                        : "unknown command" + suggestion(remaining.front(), commands));
  } else if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    found.push_back(std::to_string(remaining.size()) +
                    (remaining.size() == 1 ? " argument" : " arguments") + " more than `" +
                    command.name + "` takes; put a value with spaces into quotes");
  } else {
    found.emplace_back(error.what());
  }
  return found;
}

std::string failure_text(const CLI::App* root, const CLI::Error& error) {
  std::string text;
  for (const std::string& problem : problems(root, error)) text += "freshet: " + problem + '\n';
  return text + "`" + reached(root).name + " --help` has examples and all options\n";
}

void refuse_empty_values(CLI::App* app) {
  for (CLI::Option* option : app->get_options()) {
    if (option->get_positional() || option->get_type_size() == 0) continue;
    option->check([](const std::string& text) -> std::string {
      return text.empty() ? "the value is empty; give one, or leave the option out" : "";
    });
  }
  for (CLI::App* command : app->get_subcommands(is_any)) {
    refuse_empty_values(command);
  }
}

void set_formatter(const std::shared_ptr<Help>& help, CLI::App* app) {
  app->formatter(help);
  for (CLI::App* command : app->get_subcommands(is_any)) {
    set_formatter(help, command);
  }
}

}  // namespace

void finish_command_line(CLI::App* app) {
  set_formatter(std::make_shared<Help>(), app);
  refuse_empty_values(app);
  app->failure_message(failure_text);
  app->footer("`freshet COMMAND --help` begins with examples.");
}

}  // namespace freshet::commands
