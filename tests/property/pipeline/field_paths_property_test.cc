// Fields by path against a plain walk over simdjson's DOM, on random JSON whose few names make
// mapped ways, repeated ones and values that are no objects all frequent.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_text.h"
#include "common/random.h"
#include "pipeline/events/event_decoder.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::field_paths_property_test {

using Path = std::vector<std::string>;

constexpr int kCases = 10'000;
const std::vector<Path> kPaths = {{"a", "u"}, {"a", "b", "i"}, {"b", "t"}, {"c"}, {"a.b"}};

WorkerConfig by_path() {
  WorkerConfig config;
  config.behaviours.resize(1);
  config.behaviours[0].types = {"click"};
  config.events.fields.user = "a.u";
  config.events.fields.item = "a.b.i";
  config.events.fields.time = "b.t";
  config.events.fields.type = "c";
  config.events.fields.label = "a\\.b";
  return config;
}

std::string random_value(int depth, Random* random) {
  constexpr std::array<std::string_view, 6> kScalars = {"\"x\"",  "7",    "null",
                                                        "\"u1\"", "true", "\"\""};
  constexpr std::array<std::string_view, 12> kNames = {"a", "a", "u", "u",   "b", "b",
                                                       "c", "i", "t", "a.b", "x", "\\u0061"};
  const std::uint64_t kind = random->below(depth > 4 ? 2 : 6);
  if (kind < 2 && depth > 0) return std::string(kScalars[random->below(kScalars.size())]);
  if (kind == 2 && depth > 0) return "[" + random_value(depth + 1, random) + "]";
  std::string text = "{";
  for (std::uint64_t left = 1 + random->below(4); left > 0; --left) {
    text += (text.size() > 1 ? ",\"" : "\"") + std::string(kNames[random->below(kNames.size())]) +
            "\":" + random_value(depth + 1, random);
  }
  return text + "}";
}

struct Found {
  std::map<Path, simdjson::dom::element> values;
  bool duplicate = false;
};

// `paths` are what is left of them in this object, by what they are whole.
void visit(simdjson::dom::object object, const std::map<Path, Path>& paths, Found* found) {
  std::map<std::string, std::map<Path, Path>> below;
  for (const auto& [whole, left] : paths) {
    below[left.front()].emplace(whole, Path(left.begin() + 1, left.end()));
  }
  for (const auto& [name, rest] : below) {
    std::optional<simdjson::dom::element> first;
    for (const auto field : object) {
      if (field.key != name) continue;
      if (first) found->duplicate = true;
      if (!first) first = field.value;
    }
    if (!first) continue;
    if (rest.begin()->second.empty()) {
      found->values.emplace(rest.begin()->first, *first);
    } else if (first->is_object()) {
      visit(first->get_object().value_unsafe(), rest, found);
    }
  }
}

Found walk(simdjson::dom::element root) {
  Found found;
  std::map<Path, Path> paths;
  for (const Path& path : kPaths) paths.emplace(path, path);
  visit(root.get_object().value_unsafe(), paths, &found);
  return found;
}

std::optional<UserId> user_of(const Found& found) {
  const auto user = found.values.find({"a", "u"});
  if (found.duplicate || user == found.values.end()) return std::nullopt;
  std::string_view text;
  if (user->second.get(text) == simdjson::SUCCESS && !text.empty()) return UserId(text);
  if (user->second.is_int64()) {
    return UserId(std::to_string(user->second.get_int64().value_unsafe()));
  }
  return std::nullopt;
}

TEST(FieldPathsPropertyTest, UserAndRepetitionAreThoseOfAPlainWalk) {
  Random random(test::test_seed());
  EventDecoder decoder(by_path());
  simdjson::dom::parser dom;
  int users = 0;
  int duplicates = 0;
  for (int i = 0; i < test::case_count(kCases); ++i) {
    // Every third has its user, whatever stands around it.
    const std::string value = random.below(3) > 0
                                  ? random_value(0, &random)
                                  : R"({"a":{"u":"u1","b":)" + random_value(1, &random) +
                                        R"(},"b":)" + random_value(1, &random) + "}";
    simdjson::dom::element root;
    ASSERT_EQ(dom.parse(value).get(root), simdjson::SUCCESS) << value;
    const Found found = walk(root);
    const std::optional<UserId> expected = user_of(found);
    ASSERT_EQ(decoder.peek_user(value), expected) << value;
    const auto event = decoder.decode(value);
    const bool refused_as_duplicate =
        !event && event.error().reason == DeadLetterReason::kDuplicateField;
    ASSERT_EQ(refused_as_duplicate, found.duplicate) << value;
    users += expected ? 1 : 0;
    duplicates += found.duplicate ? 1 : 0;
  }
  // A generator that made only one kind would prove nothing.
  EXPECT_GT(users, test::case_count(kCases) / 200);
  EXPECT_GT(duplicates, test::case_count(kCases) / 200);
}

}  // namespace freshet::pipeline::field_paths_property_test
