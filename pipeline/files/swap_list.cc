#include "pipeline/files/swap_list.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "common/json_text.h"
#include "pipeline/files/dump_scanner.h"
#include "pipeline/files/line_reader.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kSwapBytesMax = 4'096;
constexpr std::string_view kMadeBy = "; `freshet model swaps` makes the list";

std::int64_t scan_number(std::string_view name, std::int64_t most, DumpScanner* scanner) {
  if (scanner->string() != name) {
    scanner->fail("\"" + std::string(name) + "\" is expected");
  }
  scanner->expect(':');
  const std::int64_t value = scanner->integer();
  if (value < 0 || value > most) scanner->fail("the number is out of range");
  return value;
}

Result<ModelSwap> decode_swap(std::string_view line) {
  DumpScanner scanner(line);
  ModelSwap swap;
  scanner.expect('{');
  swap.partition.value = static_cast<std::int32_t>(
      scan_number("partition", std::numeric_limits<std::int32_t>::max(), &scanner));
  scanner.expect(',');
  swap.first_position.value =
      scan_number("first_position", std::numeric_limits<std::int64_t>::max(), &scanner);
  scanner.expect(',');
  if (scanner.string() != "model") scanner.fail("\"model\" is expected");
  scanner.expect(':');
  swap.model = scanner.string();
  if (swap.model.empty()) scanner.fail("a model's name and version are expected");
  scanner.expect('}');
  scanner.expect_end();
  if (scanner.ok()) return swap;
  return error(ErrorCode::kInvalidConfig, scanner.problem());
}

bool ascend(const ModelSwap& before, const ModelSwap& after) {
  return before.partition < after.partition ||
         (before.partition == after.partition && before.first_position < after.first_position);
}

}  // namespace

std::string swap_line(const ModelSwap& swap) {
  std::string line = "{\"partition\":" + std::to_string(swap.partition.value) +
                     ",\"first_position\":" + std::to_string(swap.first_position.value) +
                     ",\"model\":";
  append_json_string(swap.model, &line);
  line.push_back('}');
  return line;
}

Result<std::vector<ModelSwap>> read_swap_list(const std::filesystem::path& file) {
  Result<LineReader> reader = LineReader::open(file, kSwapBytesMax);
  if (!reader) return tl::unexpected(reader.error());
  std::vector<ModelSwap> swaps;
  while (true) {
    const Result<std::optional<Line>> line = reader->next();
    if (!line) return tl::unexpected(line.error());
    if (!*line) break;
    const auto refuse = [&](const std::string& why) {
      return error(ErrorCode::kInvalidConfig, file.string() + ":" +
                                                  std::to_string((*line)->number) + ": " + why +
                                                  std::string(kMadeBy));
    };
    Result<ModelSwap> swap = decode_swap((*line)->bytes);
    if (!swap) return refuse(swap.error().message);
    if (!swaps.empty() && !ascend(swaps.back(), *swap)) {
      return refuse("partition and first_position do not come after those of the line before");
    }
    swaps.push_back(std::move(*swap));
  }
  if (!swaps.empty()) return swaps;
  return error(ErrorCode::kInvalidConfig, file.string() + ": has no line" + std::string(kMadeBy));
}

}  // namespace freshet::pipeline
