#include "pipeline/events/field_tree.h"

#include <utility>

#include "common/check.h"
#include "pipeline/config/field_path.h"

namespace freshet::pipeline {

FieldTree::FieldTree(const std::vector<std::string>& paths) : objects_(1) {
  for (std::size_t slot = 0; slot < paths.size(); ++slot) {
    const auto names = parse_field_path(paths[slot]);
    FRESHET_CHECK(names.has_value());
    Object object = kRoot;
    std::string path;
    for (std::size_t i = 0; i + 1 < names->size(); ++i) {
      path += (path.empty() ? "" : ".") + (*names)[i];
      Field* field = add(object, (*names)[i], path);
      FRESHET_CHECK(!field->slot);
      if (!field->object) {
        field->object = objects_.size();
        object = *field->object;
        objects_.emplace_back();  // moves what `field` points into
      } else {
        object = *field->object;
      }
    }
    Field* field = add(object, names->back(), paths[slot]);
    FRESHET_CHECK(!field->slot && !field->object);
    field->slot = slot;
  }
}

FieldTree::Field* FieldTree::add(Object object, const std::string& name, const std::string& path) {
  auto& by_length = objects_[object];
  if (by_length.size() <= name.size()) by_length.resize(name.size() + 1);
  for (Field& field : by_length[name.size()]) {
    if (field.name == name) return &field;
  }
  by_length[name.size()].push_back({name, path});
  return &by_length[name.size()].back();
}

}  // namespace freshet::pipeline
