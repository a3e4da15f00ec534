#include "pipeline/evaluate/number_field.h"

#include <simdjson.h>

#include <utility>

#include "common/json_text.h"
#include "pipeline/config/field_path.h"

namespace freshet::pipeline {

struct NumberField::Parser {
  simdjson::dom::parser dom;
};

NumberField::NumberField(std::vector<std::string> names)
    : names_(std::move(names)), parser_(std::make_unique<Parser>()) {}
NumberField::~NumberField() = default;
NumberField::NumberField(NumberField&&) noexcept = default;
NumberField& NumberField::operator=(NumberField&&) noexcept = default;

Result<NumberField> NumberField::at(const std::string& path) {
  auto names = parse_field_path(path);
  if (!names) return error(ErrorCode::kInvalidConfig, quote_excerpt(path) + ": " + names.error());
  return NumberField(std::move(*names));
}

std::optional<double> NumberField::read(std::string_view value) {
  simdjson::dom::element element;
  if (parser_->dom.parse(value.data(), value.size()).get(element) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  for (const std::string& name : names_) {
    simdjson::dom::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
    if (object.at_key(name).get(element) != simdjson::SUCCESS) return std::nullopt;
  }
  double number = 0;
  if (element.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

}  // namespace freshet::pipeline
