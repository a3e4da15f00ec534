// freshet_sim: runs seeds of the simulated world and says what it found.
//
//   freshet_sim [--seeds N] [--from S] [--jobs J] [--trace] [--twice]
//               [--more FAULT] [--threads T] [--beside] [--want ORACLE]
//
// --more, --threads and --beside direct the runs (Emphasis, tests/sim/scenario.h).
// Exit 0 where no oracle was violated, 1 where one was, 2 on a wrong command line. A failing seed
// is run again with its trace kept, whose end is printed with the violation.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pipeline/log/log.h"
#include "tests/sim/world.h"

namespace freshet::sim {
namespace {

constexpr std::size_t kTailLines = 60;

struct Options {
  std::uint64_t seeds = 100;
  std::uint64_t from = 1;
  std::uint64_t jobs = 0;  // 0: one a core
  bool trace = false;
  bool twice = false;
  Emphasis emphasis;
  std::string emphasis_text;
  std::string want;  // an oracle's name; empty: none may be violated
};

struct Totals {
  std::uint64_t seeds = 0;
  std::uint64_t events = 0;
  std::uint64_t steps = 0;
  std::uint64_t lives = 0;
  std::uint64_t violations = 0;
  FaultCounts counts;
};

// For the handler of a failed CHECK: which seed this thread runs.
thread_local std::uint64_t seed_now = 0;

void on_abort(int signal) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "FRESHET_SIM: aborted in seed %llu\n",
                                 static_cast<unsigned long long>(seed_now));
  std::fwrite(text, 1, static_cast<std::size_t>(size), stderr);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void print_trace(const std::vector<std::string>& lines, std::size_t count) {
  for (std::size_t i = lines.size() - std::min(lines.size(), count); i < lines.size(); ++i) {
    std::cerr << "  " << lines[i] << "\n";
  }
}

void report(const Options& options, std::uint64_t seed, const std::string& violation) {
  std::cerr << "seed " << seed << ": " << violation << "\n";
  World again(seed, options.emphasis, true);
  const Outcome outcome = again.run();
  if (outcome.violation != violation) {
    std::cerr << "  the same seed found " << outcome.violation.value_or("nothing")
              << " the second time: the simulation is not deterministic\n";
  }
  print_trace(outcome.trace, options.trace ? outcome.trace.size() : kTailLines);
  std::cerr << "replay: tests/sim/run --seeds 1 --from " << seed << options.emphasis_text
            << " --trace\n";
}

class Runner {
 public:
  explicit Runner(const Options& options) : options_(options) {}

  void work() {
    while (true) {
      const std::uint64_t index = next_++;
      if (index >= options_.seeds || stop_) return;
      run_seed(options_.from + index);
    }
  }
  const Totals& totals() const { return totals_; }
  std::optional<std::uint64_t> wanted_seed() const { return wanted_seed_; }

 private:
  void run_seed(std::uint64_t seed) {
    seed_now = seed;
    const bool alone = options_.seeds == 1 && options_.trace;
    Outcome outcome = World(seed, options_.emphasis, alone).run();
    if (options_.twice && !outcome.violation) {
      const Outcome second = World(seed, options_.emphasis, true).run();
      if (second.hash != outcome.hash) {
        outcome.violation = "oracle deterministic: the same seed ran otherwise the second time";
      }
    }
    const std::lock_guard lock(mutex_);
    ++totals_.seeds;
    totals_.events += outcome.events;
    totals_.steps += outcome.steps;
    totals_.lives += outcome.lives;
    totals_.counts.add(outcome.counts);
    if (outcome.violation && !options_.want.empty()) {
      ++totals_.violations;
      if (outcome.violation->find("oracle " + options_.want + ": ") == 0 && !wanted_seed_) {
        std::cout << "seed " << seed << ": " << *outcome.violation << "\n";
        wanted_seed_ = seed;
        stop_ = true;
      }
    } else if (outcome.violation) {
      ++totals_.violations;
      if (totals_.violations == kViolationsMax) stop_ = true;
      report(options_, seed, *outcome.violation);
    } else if (alone) {
      print_trace(outcome.trace, outcome.trace.size());
    }
  }

  static constexpr std::uint64_t kViolationsMax = 5;

  Options options_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  Totals totals_;
  std::optional<std::uint64_t> wanted_seed_;
};

bool read_number(const char* text, std::uint64_t* number) {
  if (text == nullptr) return false;
  const char* const end = text + std::strlen(text);
  const auto [stopped, failed] = std::from_chars(text, end, *number);
  return failed == std::errc() && stopped == end;
}

bool read_options(char** words, Options* options) {
  for (; *words != nullptr; ++words) {
    const std::string_view word = *words;
    if (word == "--trace") {
      options->trace = true;
    } else if (word == "--twice") {
      options->twice = true;
    } else if (word == "--seeds") {
      if (!read_number(*++words, &options->seeds) || options->seeds == 0) return false;
    } else if (word == "--from") {
      if (!read_number(*++words, &options->from)) return false;
    } else if (word == "--jobs") {
      if (!read_number(*++words, &options->jobs) || options->jobs == 0) return false;
    } else if (word == "--more") {
      if (*++words == nullptr) return false;
      options->emphasis.fault = fault_of(*words);
      options->emphasis_text += " --more '" + std::string(*words) + "'";
      if (!options->emphasis.fault) return false;
    } else if (word == "--threads") {
      std::uint64_t threads = 0;
      if (!read_number(*++words, &threads) || threads == 0) return false;
      options->emphasis.threads = threads;
      options->emphasis_text += " --threads " + std::to_string(threads);
    } else if (word == "--beside") {
      options->emphasis.commits_beside = true;
      options->emphasis_text += " --beside";
    } else if (word == "--want") {
      if (*++words == nullptr) return false;
      options->want = *words;
    } else {
      return false;
    }
  }
  return true;
}

int run(const Options& options) {
  std::signal(SIGABRT, on_abort);
  std::signal(SIGSEGV, on_abort);
  pipeline::log_init("error", pipeline::LogFormat::kText);
  const auto began = std::chrono::steady_clock::now();
  Runner runner(options);
  const std::uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::uint64_t jobs = options.jobs == 0 ? cores : options.jobs;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < jobs; ++i) threads.emplace_back([&runner] { runner.work(); });
  for (std::thread& thread : threads) thread.join();

  const Totals& totals = runner.totals();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << totals.seeds << " seeds from " << options.from << ", " << totals.events
            << " events, " << totals.steps << " steps, " << totals.lives << " process lives, "
            << static_cast<double>(totals.seeds) / took.count() << " seeds/s\n"
            << "faults: " << totals.counts.faults_text() << "\n"
            << "crashes (before + after): " << totals.counts.crashes_text() << "\n"
            << totals.violations << " violations\n";
  if (!options.want.empty()) return runner.wanted_seed() ? 0 : 1;
  return totals.violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace freshet::sim

int main(int, char** argv) {
  freshet::sim::Options options;
  if (!freshet::sim::read_options(argv + 1, &options)) {
    std::cerr << "usage: freshet_sim [--seeds N] [--from S] [--jobs J] [--trace] [--twice]\n"
                 "                   [--more FAULT] [--threads T] [--beside] [--want ORACLE]\n";
    return 2;
  }
  return freshet::sim::run(options);
}
