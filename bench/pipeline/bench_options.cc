#include "bench/pipeline/bench_options.h"

#include <charconv>
#include <string_view>

namespace freshet::bench {
namespace {

template <class Number>
bool read_number(std::string_view text, Number* number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool read_list(std::string_view text, std::vector<std::size_t>* numbers) {
  numbers->clear();
  while (true) {
    const std::size_t comma = text.find(',');
    if (!read_number(text.substr(0, comma), &numbers->emplace_back())) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool read_option(std::string_view name, std::string_view value, BenchOptions* options) {
  if (name == "--users") return read_number(value, &options->users) && options->users > 0;
  if (name == "--length") return read_number(value, &options->length) && options->length > 0;
  if (name == "--dim") return read_number(value, &options->dim) && options->dim > 0;
  if (name == "--items") return read_number(value, &options->items) && options->items > 0;
  if (name == "--candidates") return read_list(value, &options->candidates);
  if (name == "--budget-mb") return read_number(value, &options->budget_mb);
  if (name == "--warm-events") return read_number(value, &options->warm_events);
  if (name == "--rounds") return read_number(value, &options->rounds) && options->rounds > 0;
  if (name == "--round-ms") return read_number(value, &options->round_ms) && options->round_ms > 0;
  if (name == "--rewrites") return read_number(value, &options->rewrites);
  if (name == "--threads") return read_number(value, &options->threads) && options->threads > 0;
  if (name == "--seed") return read_number(value, &options->seed);
  if (name == "--json") {
    options->json = value;
    return !value.empty();
  }
  return false;
}

}  // namespace

std::string usage() {
  return "usage: bench_pipeline [--users 10000] [--length 50] [--dim 64] [--items 10000]\n"
         "         [--candidates 0,100,1000] [--budget-mb 512] [--warm-events 500000]\n"
         "         [--rounds 9] [--round-ms 200] [--rewrites 0] [--threads 1] [--seed 1] [--json "
         "FILE]\n"
         "The state lies in a temporary folder under TMPDIR.\n";
}

Result<BenchOptions> parse_options(std::span<char* const> arguments) {
  BenchOptions options;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string name = arguments[i];
    const bool has_value = i + 1 < arguments.size();
    if (!has_value || !read_option(name, arguments[i + 1], &options)) {
      return error(ErrorCode::kInvalidConfig,
                   name + (has_value ? " " + std::string(arguments[i + 1]) : "") +
                       ": no option with such a value\n" + usage());
    }
  }
  for (const std::size_t count : options.candidates) {
    if (count <= options.items) continue;
    return error(ErrorCode::kInvalidConfig, "--candidates " + std::to_string(count) +
                                                ": the catalogue has --items " +
                                                std::to_string(options.items));
  }
  return options;
}

}  // namespace freshet::bench
