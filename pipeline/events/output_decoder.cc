#include "pipeline/events/output_decoder.h"

#include <simdjson.h>

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

}  // namespace freshet::pipeline
