#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/config/listen_address.h"
#include "pipeline/http/http_server.h"

namespace freshet::commands {
namespace {

struct HealthArguments {
  std::string url;
  ConfigArguments config;
  bool ready = false;
};

// Where the worker of this configuration answers.
Result<std::string> origin_of(const HealthArguments& arguments) {
  if (!arguments.url.empty()) {
    return arguments.url.substr(0, arguments.url.find_last_not_of('/') + 1);
  }
  const Result<pipeline::WorkerConfig> config = pipeline::load_config(arguments.config.source());
  if (!config) return tl::unexpected(config.error());
  auto address = pipeline::parse_listen_address(config->http.listen);
  if (!address) return tl::unexpected(address.error());
  if (!*address || (*address)->port == 0) {
    return error(ErrorCode::kInvalidConfig,
                 "http.listen is " + config->http.listen +
                     ", so there is no fixed address to ask: set a port, or name the running "
                     "worker's with --url");
  }
  // A worker on all addresses answers on this machine's own.
  if ((*address)->host == "0.0.0.0") (*address)->host = "127.0.0.1";
  if ((*address)->host == "::") (*address)->host = "::1";
  return "http://" + (*address)->text();
}

int run_health(const HealthArguments& arguments) {
  const Result<std::string> origin = origin_of(arguments);
  if (!origin) return report(origin.error());
  const auto answer = pipeline::http_get(*origin, arguments.ready ? "/readyz" : "/healthz");
  if (!answer) return report(answer.error());
  std::fputs(answer->body.c_str(), stdout);
  return answer->status == 200 ? kOk : kFailed;
}

}  // namespace

void add_health(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<HealthArguments>();
  CLI::App* command = app.add_subcommand(
      "health",
      "Asks a running worker how it is: exit 0 when well, 1 when not\n\n"
      "  freshet health -c configs/worker.yaml            does it live (/healthz)\n"
      "  freshet health -c configs/worker.yaml --ready    does it serve (/readyz)\n"
      "  freshet health --url http://127.0.0.1:8080");
  add_config_options(command, &arguments->config);
  CLI::Option* config = command->get_option("--config");
  config->required(false);
  CLI::Option* url =
      command->add_option("--url", arguments->url, "the worker's address instead of http.listen");
  url->excludes(config);
  command->add_flag("--ready", arguments->ready, "whether it serves, not only lives");
  command->callback([arguments, run] {
    if (arguments->url.empty() && arguments->config.path.empty()) {
      throw CLI::RequiredError("--config or --url");
    }
    *run = [arguments] { return run_health(*arguments); };
  });
}

}  // namespace freshet::commands
