// FieldTree: which fields of an event are mapped, by the object that they stand in.
//
// Threads: immutable after construction
// Cost:    find() compares the names of the same length and no others
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::pipeline {

class FieldTree {
 public:
  using Object = std::size_t;
  static constexpr Object kRoot = 0;  // the event's own

  // A mapped field, or an object on the way to one.
  struct Field {
    std::string name;
    std::string path;  // for messages
    std::optional<std::size_t> slot{};
    std::optional<Object> object{};  // where slot is none
  };

  // The slot of each path is its index. Requires: parse_field_path takes each, and none is the
  // start of another.
  explicit FieldTree(const std::vector<std::string>& paths);

  // The field of that name in the object; null where none is mapped.
  const Field* find(Object object, std::string_view name) const {
    const auto& by_length = objects_[object];
    if (name.size() >= by_length.size()) return nullptr;
    for (const Field& field : by_length[name.size()]) {
      if (field.name == name) return &field;
    }
    return nullptr;
  }

  std::size_t object_count() const { return objects_.size(); }

 private:
  Field* add(Object object, const std::string& name, const std::string& path);

  std::vector<std::vector<std::vector<Field>>> objects_;  // [object][bytes of the name]
};

}  // namespace freshet::pipeline
