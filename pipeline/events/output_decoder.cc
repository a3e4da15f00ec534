#include "pipeline/events/output_decoder.h"

#include <simdjson.h>

#include <cstdint>
#include <limits>

namespace freshet::pipeline {
namespace {

namespace dom = simdjson::dom;

tl::unexpected<Error> wrong(std::string_view field) {
  return error(ErrorCode::kBadRecord,
               "not a score event: \"" + std::string(field) + "\" is missing or of another type");
}

template <class T>
bool read(const dom::object& object, std::string_view field, T* value) {
  return object.at_key(field).get(*value) == simdjson::SUCCESS;
}

}  // namespace

Result<ReadOutput> decode_score_event(std::string_view json) {
  dom::parser parser;
  dom::object root;
  if (parser.parse(simdjson::padded_string(json)).get(root) != simdjson::SUCCESS) {
    return error(ErrorCode::kBadRecord, "not a score event: not a JSON object");
  }
  ReadOutput output;
  std::string_view user;
  if (!read(root, "user_id", &user)) return wrong("user_id");
  output.user_id = user;
  std::uint64_t length = 0;
  if (!read(root, "sequence_length", &length)) return wrong("sequence_length");
  output.sequence_length = length;
  read(root, "late", &output.late);  // there only where true
  read(root, "duplicate", &output.duplicate);
  dom::array scores;
  if (!read(root, "scores", &scores)) return wrong("scores");
  for (const dom::element element : scores) {
    dom::object entry;
    std::string_view item;
    double score = 0;
    if (element.get(entry) != simdjson::SUCCESS || !read(entry, "item_id", &item) ||
        !read(entry, "score", &score)) {
      return wrong("scores");
    }
    output.scores.push_back({std::string(item), static_cast<float>(score)});
  }
  return output;
}

Result<OutputSource> decode_output_source(std::string_view json) {
  dom::parser parser;
  dom::object root;
  if (parser.parse(simdjson::padded_string(json)).get(root) != simdjson::SUCCESS) {
    return error(ErrorCode::kBadRecord, "not a score event: not a JSON object");
  }
  dom::object source;
  if (!read(root, "source", &source)) return wrong("source");
  std::int64_t partition = 0;
  if (!read(source, "partition", &partition) || partition < 0 ||
      partition > std::numeric_limits<std::int32_t>::max()) {
    return wrong("source.partition");
  }
  std::int64_t offset = 0;
  if (!read(source, "offset", &offset) || offset < 0) return wrong("source.offset");
  std::string_view model;
  if (!read(root, "model", &model) || model.empty()) return wrong("model");
  return OutputSource{Partition{static_cast<std::int32_t>(partition)}, Offset{offset},
                      std::string(model)};
}

}  // namespace freshet::pipeline
