#include "pipeline/commands/open_state.h"

#include <cstdio>
#include <utility>

#include "pipeline/commands/command.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/state/fingerprint.h"

namespace freshet::commands {

int OpenState::failed(const Error& error) const {
  if (!holder || error.code == ErrorCode::kInvalidConfig) return report(error);
  return report({error.code, error.message + " (" + holder->text() + " holds " +
                                 directory.string() +
                                 " and may have replaced a file that was being read: try again)"});
}

Result<OpenState> open_state(const ConfigArguments& arguments, const std::string& path) {
  Result<pipeline::WorkerConfig> config = pipeline::load_config(arguments.source());
  if (!config) return tl::unexpected(config.error());
  stateful::RocksDbOptions options;
  options.directory = path.empty() ? config->state_path : path;
  options.application_id = config->application_id;
  options.read_only = true;
  const auto holder = stateful::holder_of(options.directory);
  auto store = stateful::RocksDbStateStore::open(options);
  if (!store) return tl::unexpected(store.error());
  // Under another configuration the same bytes would read as other clicks, or as damage.
  if (Status fits = pipeline::check_fingerprints(store->get(), *config); !fits) {
    return tl::unexpected(
        Error{fits.error().code, options.directory.string() + ": " + fits.error().message});
  }
  if (holder) {
    std::fprintf(stderr,
                 "freshet: %s holds %s: this is what it has saved so far, its last %lld ms of "
                 "changes (checkpoint.interval_ms) may be missing\n",
                 holder->text().c_str(), options.directory.c_str(),
                 static_cast<long long>(config->checkpoint.interval.value));
  }
  return OpenState{std::move(*config), options.directory, holder, std::move(*store)};
}

}  // namespace freshet::commands
