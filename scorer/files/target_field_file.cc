#include "scorer/files/target_field_file.h"

#include <algorithm>
#include <charconv>

#include "common/check.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

// Takes the text up to the separator, and the separator, off the front.
std::string_view take(std::string_view* text, char separator) {
  const std::size_t length = std::min(text->find(separator), text->size());
  const std::string_view taken = text->substr(0, length);
  text->remove_prefix(std::min(length + 1, text->size()));
  return taken;
}

bool parse_row(std::string_view word, std::optional<std::uint32_t>* row) {
  row->reset();
  if (word == "-") return true;
  std::uint32_t value = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  *row = value;
  return parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
}

}  // namespace

Result<FieldRows> parse_target_fields(std::string_view text, std::size_t columns,
                                      const std::string& file) {
  FRESHET_CHECK(columns > 0);
  if (!text.ends_with('\n')) {
    return refuse_model(file, text.empty() ? "is empty; it needs one line an item"
                                           : "does not end with a line feed; is its end missing?");
  }
  FieldRows rows;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take(&text, '\n');
    const std::string place = file + ":" + std::to_string(number);
    const auto spaces = static_cast<std::size_t>(std::count(line.begin(), line.end(), ' '));
    if (spaces + 1 != columns) {
      return refuse_model(place, "has " + std::to_string(spaces + 1) +
                                     " entries, model.yaml names " + std::to_string(columns) +
                                     " fields beside item; write one entry each, - for none");
    }
    for (std::size_t column = 0; column < columns; ++column) {
      const std::string_view word = take(&line, ' ');
      if (parse_row(word, &rows.emplace_back())) continue;
      return refuse_model(place, "\"" + std::string(word) +
                                     "\" is neither - nor the number of a row of "
                                     "target.embedding; export the model again");
    }
  }
  return rows;
}

std::string target_fields_text(const FieldRows& rows, std::size_t columns) {
  std::string text;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    text += rows[k] ? std::to_string(*rows[k]) : "-";
    text += (k + 1) % columns == 0 ? '\n' : ' ';
  }
  return text;
}

}  // namespace freshet::scorer
