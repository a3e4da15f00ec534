#include "pipeline/files/history_decoder.h"

#include <simdjson.h>

#include <optional>

namespace freshet::pipeline {
namespace {

namespace dom = simdjson::dom;

tl::unexpected<Error> refuse(std::string_view field, std::string_view what) {
  return error(ErrorCode::kBadRecord, "\"" + std::string(field) + "\" " + std::string(what));
}

// Ids are strings, or integers that become their decimal string, as in events.
std::optional<std::string> id_text(const dom::element& element) {
  std::string text;
  if (std::string_view view; element.get_string().get(view) == simdjson::SUCCESS) {
    text = view;
  } else if (std::int64_t number = 0; element.get_int64().get(number) == simdjson::SUCCESS) {
    text = std::to_string(number);
  } else if (std::uint64_t large = 0; element.get_uint64().get(large) == simdjson::SUCCESS) {
    text = std::to_string(large);
  }
  if (!is_valid_id(text)) return std::nullopt;
  return text;
}

Result<std::vector<ItemId>> decode_items(const dom::object& object, const std::string& field) {
  std::vector<ItemId> items;
  dom::element value;
  if (object.at_key(field).get(value) != simdjson::SUCCESS) return items;
  dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) {
    return refuse(field, "is not an array of item ids");
  }
  for (const dom::element element : array) {
    std::optional<std::string> id = id_text(element);
    if (!id) return refuse(field, "holds something that is not an item id");
    items.emplace_back(std::move(*id));
  }
  return items;
}

}  // namespace

Result<UserHistory> decode_history(std::string_view line, std::span<const std::string> fields) {
  dom::parser parser;
  dom::element root;
  const simdjson::error_code parsed = parser.parse(simdjson::padded_string(line)).get(root);
  dom::object object;
  if (parsed != simdjson::SUCCESS || root.get_object().get(object) != simdjson::SUCCESS) {
    return error(ErrorCode::kBadRecord, "the line is not a JSON object");
  }
  dom::element user;
  if (object.at_key("user_id").get(user) != simdjson::SUCCESS) {
    return refuse("user_id", "is missing");
  }
  std::optional<std::string> id = id_text(user);
  if (!id) return refuse("user_id", "is not an id");
  std::int64_t last_ts = 0;
  if (object.at_key("last_ts").get_int64().get(last_ts) != simdjson::SUCCESS ||
      EventTime{last_ts} < kEventTimeMin || EventTime{last_ts} >= kEventTimeEnd) {
    return refuse("last_ts", "is not a time in ms between 2000-01-01 and 2100-01-01");
  }
  UserHistory history{UserId(std::move(*id)), EventTime{last_ts}, {}, {}};
  for (const std::string& field : fields) {
    Result<std::vector<ItemId>> items = decode_items(object, field);
    if (!items) return tl::unexpected(items.error());
    history.items.push_back(std::move(*items));
    history.present.push_back(object.at_key(field).error() == simdjson::SUCCESS);
  }
  return history;
}

std::vector<std::string> history_fields(std::string_view line) {
  std::vector<std::string> fields;
  dom::parser parser;
  dom::object object;
  if (parser.parse(simdjson::padded_string(line)).get_object().get(object) != simdjson::SUCCESS) {
    return fields;
  }
  for (const dom::key_value_pair pair : object) {
    if (pair.value.is_array()) fields.emplace_back(pair.key);
  }
  return fields;
}

}  // namespace freshet::pipeline
