#include "pipeline/files/swap_finder.h"

#include <algorithm>
#include <charconv>

#include "pipeline/events/output_encoder.h"
#include "pipeline/files/line_reader.h"

namespace freshet::pipeline {
namespace {

// Of a dump's line: a record of the largest size that Kafka takes, in base64.
constexpr std::size_t kOutputBytesMax = std::size_t{256} << 20;

const std::string* header_of(const DumpRecord& record, std::string_view name) {
  for (const DumpRecordHeader& header : record.headers) {
    if (header.name == name && header.value) return &*header.value;
  }
  return nullptr;
}

template <class Number>
bool read_number(const std::string* text, Number* number) {
  if (text == nullptr) return false;
  const char* const end = text->data() + text->size();
  const auto [stopped, failed] = std::from_chars(text->data(), end, *number);
  return failed == std::errc() && stopped == end && *number >= 0;
}

Result<std::optional<OutputSource>> source_of_score(const DumpRecord& record) {
  const Result<OutputSource> source = decode_output_source(record.value.value_or(""));
  if (!source) return tl::unexpected(source.error());
  return std::optional(*source);
}

Result<std::optional<OutputSource>> source_of_dead_letter(const DumpRecord& record) {
  OutputSource source;
  if (!read_number(header_of(record, kPartitionHeader), &source.partition.value) ||
      !read_number(header_of(record, kOffsetHeader), &source.offset.value)) {
    return error(ErrorCode::kBadRecord,
                 "not a dead letter: freshet.partition or freshet.offset is missing or no number");
  }
  const std::string* model = header_of(record, kModelHeader);
  if (model == nullptr) return std::nullopt;  // no model has decided it
  source.model = *model;
  return std::optional(std::move(source));
}

}  // namespace

Status SwapFinder::add_scores(const std::filesystem::path& dump) {
  return add(dump, source_of_score);
}

Status SwapFinder::add_dead_letters(const std::filesystem::path& dump) {
  return add(dump, source_of_dead_letter);
}

Status SwapFinder::add(const std::filesystem::path& dump, const Decode& decode) {
  Result<LineReader> reader = LineReader::open(dump, kOutputBytesMax);
  if (!reader) return tl::unexpected(reader.error());
  while (true) {
    const Result<std::optional<Line>> line = reader->next();
    if (!line) return tl::unexpected(line.error());
    if (!*line) return {};
    const auto refuse = [&](const std::string& why) {
      return error(ErrorCode::kInvalidConfig,
                   dump.string() + ":" + std::to_string((*line)->number) + ": " + why);
    };
    if ((*line)->number == 1) {
      const Result<DumpTopic> topic = decode_dump_topic((*line)->bytes);
      if (!topic) return refuse(topic.error().message + "; make it with `freshet dump --topic`");
      continue;
    }
    const Result<DumpRecord> record = decode_dump_record((*line)->bytes);
    if (!record) return refuse(record.error().message);
    const Result<std::optional<OutputSource>> source = decode(*record);
    if (!source) return refuse(source.error().message);
    if (*source) note(dump.string() + "-" + std::to_string(record->partition.value), **source);
  }
}

void SwapFinder::note(const std::string& place, const OutputSource& source) {
  ++records_;
  const Position position{source.offset.value};
  if (const auto models = found_.find(source.partition); models != found_.end()) {
    const auto behind = models->second.upper_bound(position);
    const bool listed =
        behind != models->second.begin() && std::prev(behind)->second == source.model;
    if (!listed) ++contradicted_;
  }
  std::vector<Run>& runs = runs_[{place, source.partition}];
  if (!runs.empty() && runs.back().model == source.model && runs.back().last < source.offset) {
    const std::set<Position>& boundaries = boundaries_[source.partition];
    const auto next = boundaries.upper_bound(Position{runs.back().last.value});
    if (next == boundaries.end() || *next > position) {
      runs.back().last = source.offset;
      return;
    }
  }
  runs.push_back({source.offset, source.offset, source.model});
}

bool SwapFinder::found_more() {
  std::map<Partition, Models> firsts;  // of the runs; of two at one offset the later place's
  for (const auto& [key, runs] : runs_) {
    for (const Run& run : runs) firsts[key.second][Position{run.first.value}] = run.model;
  }
  found_.clear();
  bool more = false;
  for (const auto& [partition, models] : firsts) {
    const std::string* before = nullptr;
    for (const auto& [position, model] : models) {
      if (before != nullptr && *before == model) continue;
      before = &model;
      found_[partition].emplace(position, model);
      more |= boundaries_[partition].insert(position).second;
    }
  }
  if (more) {
    runs_.clear();
    records_ = 0;
    contradicted_ = 0;
  }
  return more;
}

std::vector<ModelSwap> SwapFinder::swaps() const {
  std::vector<ModelSwap> swaps;
  for (const auto& [partition, models] : found_) {
    for (const auto& [position, model] : models) swaps.push_back({partition, position, model});
  }
  return swaps;
}

}  // namespace freshet::pipeline
