#include "pipeline/config/field_path.h"

#include <algorithm>

#include "common/json_text.h"

namespace freshet::pipeline {

tl::expected<std::vector<std::string>, std::string> parse_field_path(std::string_view path) {
  std::vector<std::string> names(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '.') {
      names.emplace_back();
    } else if (path[i] != '\\') {
      names.back().push_back(path[i]);
    } else if (i + 1 < path.size() && (path[i + 1] == '.' || path[i + 1] == '\\')) {
      names.back().push_back(path[++i]);
    } else {
      return tl::unexpected(quote_excerpt(path) +
                            " has a \\ that escapes nothing; write \\. for a dot in a field's name "
                            "and \\\\ for a backslash");
    }
  }
  const auto is_empty = [](const std::string& name) { return name.empty(); };
  if (std::any_of(names.begin(), names.end(), is_empty)) {
    return tl::unexpected(quote_excerpt(path) +
                          " has an empty name; a dot leads into an object, and \\. is a dot in a "
                          "field's name");
  }
  return names;
}

}  // namespace freshet::pipeline
