// click_latency: clicks into a running worker's topic, and how long each waits for its score.
//
//   click_latency CONFIG [--seconds 20] [--shares 0.25,0.5,0.75,0.9] [--users 10000] ...
//
// First how many clicks a second the worker scores at most, then a load at each share of that. For
// each a line of JSON on stdout, as soon as it is known. Sender and reader are this process, so
// there is one clock. For latency.py, which starts broker and worker. Exits 1, saying why, where a
// click has no score or two.
#include <charconv>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/latency/load.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/log/log.h"

namespace freshet::bench {
namespace {

struct Options {
  std::string config;
  std::vector<double> shares{0.25, 0.5, 0.75, 0.9};
  double seconds = 20;
  double warm_up_s = 1;
  Backlog backlog{300'000, 20'000};
  Audience audience{10'000, 100, 1};
};

template <class Number>
bool read_number(std::string_view text, Number* number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && *number > 0;
}

bool read_shares(std::string_view text, std::vector<double>* shares) {
  shares->clear();
  while (true) {
    const std::size_t comma = text.find(',');
    if (!read_number(text.substr(0, comma), &shares->emplace_back())) return false;
    if (comma == text.npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool read_option(std::string_view name, std::string_view value, Options* options) {
  if (name == "--shares") return read_shares(value, &options->shares);
  if (name == "--seconds") return read_number(value, &options->seconds);
  if (name == "--warm-up-s") return read_number(value, &options->warm_up_s);
  if (name == "--backlog") return read_number(value, &options->backlog.clicks);
  if (name == "--waiting-max") return read_number(value, &options->backlog.waiting_max);
  if (name == "--users") return read_number(value, &options->audience.users);
  if (name == "--items") return read_number(value, &options->audience.items);
  if (name == "--seed") return read_number(value, &options->audience.seed);
  return false;
}

bool parse(std::span<char* const> arguments, Options* options) {
  if (arguments.empty() || arguments.size() % 2 == 0) return false;
  options->config = arguments[0];
  for (std::size_t i = 1; i < arguments.size(); i += 2) {
    if (!read_option(arguments[i], arguments[i + 1], options)) return false;
  }
  return options->warm_up_s < options->seconds && options->backlog.clicks >= 100;
}

std::chrono::nanoseconds ns_of(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

double ms_of(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) * 1e-6; }

void print_load(double share, double clicks_per_s, const ScheduledLoad& load) {
  const Quantiles& latency = load.latency;
  std::printf(
      "{\"share\":%g,\"clicks_per_s\":%.0f,\"clicks\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
      "\"p999_ms\":%.3f,\"max_ms\":%.3f,\"late_p99_ms\":%.3f,\"late_max_ms\":%.3f}\n",
      share, clicks_per_s, latency.count, ms_of(latency.p50), ms_of(latency.p99),
      ms_of(latency.p999), ms_of(latency.max), ms_of(load.late.p99), ms_of(load.late.max));
  std::fflush(stdout);
}

Status run(const Options& options) {
  const Result<pipeline::WorkerConfig> config = pipeline::load_config({options.config});
  if (!config) return tl::unexpected<Error>(config.error());
  pipeline::log_init("warn", config->log_format);
  pipeline::KafkaTransportOptions transport;
  transport.client_id = "scores";
  transport.log = pipeline::log_syslog;
  auto sender = ClickSender::create(*config, options.audience);
  if (!sender) return tl::unexpected<Error>(sender.error());
  auto scores = pipeline::TopicTail::open(*config, std::span(&config->kafka.output, 1), transport);
  if (!scores) return tl::unexpected<Error>(scores.error());
  LoadClients clients{std::move(*sender), std::move(*scores)};

  const Result<double> most = run_backlog(options.backlog, &clients);
  if (!most) return tl::unexpected<Error>(most.error());
  std::printf("{\"saturation_per_s\":%.0f}\n", *most);
  std::fflush(stdout);
  Schedule schedule;
  schedule.duration = ns_of(options.seconds);
  schedule.warm_up = ns_of(options.warm_up_s);
  schedule.seed = options.audience.seed;
  for (const double share : options.shares) {
    schedule.clicks_per_s = share * *most;
    ++schedule.seed;
    const Result<ScheduledLoad> load = run_schedule(schedule, &clients);
    if (!load) return tl::unexpected<Error>(load.error());
    print_load(share, schedule.clicks_per_s, *load);
  }
  return {};
}

}  // namespace
}  // namespace freshet::bench

int main(int argc, char** argv) {
  using namespace freshet;
  bench::Options options;
  if (!bench::parse(std::span(argv + 1, static_cast<std::size_t>(argc - 1)), &options)) {
    std::fprintf(stderr,
                 "usage: click_latency CONFIG [--seconds S] [--warm-up-s S] [--shares A,B,...]\n"
                 "         [--backlog CLICKS] [--waiting-max CLICKS] [--users N] [--items N]\n"
                 "         [--seed N]\n");
    return 2;
  }
  const Status ran = bench::run(options);
  if (ran) return 0;
  std::fprintf(stderr, "click_latency: %s\n", ran.error().message.c_str());
  return 1;
}
