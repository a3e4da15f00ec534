#include "pipeline/generate/bad_events.h"

#include <array>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

// USER and TIME stand for the user's id and the time; no other text of a line holds them.
struct Template {
  std::string_view reason;
  std::string_view line;
};

constexpr std::array<Template, kBadKinds> kTemplates = {{
    {"not_json", "connection reset by peer"},
    {"not_json", R"({"user_id":"USER","item_id":"v1","ts":TIME,"type":"cli)"},
    {"not_json", "{\"user_id\":\"USER\",\"item_id\":\"v\xff\",\"ts\":TIME,\"type\":\"click\"}"},
    {"not_json", R"(["USER","v1",TIME,"click"])"},
    {"duplicate_field",
     R"({"user_id":"USER","user_id":"u2","item_id":"v1","ts":TIME,"type":"click"})"},
    {"missing_field", R"({"item_id":"v1","ts":TIME,"type":"click"})"},
    {"missing_field", R"({"user_id":"USER","item_id":"v1","type":"click"})"},
    {"missing_field", R"({"user_id":"USER","item_id":null,"ts":TIME,"type":"click"})"},
    {"wrong_type", R"({"user_id":"USER","item_id":1.5,"ts":TIME,"type":"click"})"},
    {"wrong_type", R"({"user_id":"USER","item_id":"v1","ts":"yesterday","type":"click"})"},
    {"wrong_type", R"({"user_id":"USER","item_id":"v1","ts":TIME,"type":"impression","label":2})"},
    {"invalid_id", R"({"user_id":"USER","item_id":"","ts":TIME,"type":"click"})"},
    {"invalid_time", R"({"user_id":"USER","item_id":"v1","ts":-1,"type":"click"})"},
    {"invalid_time", R"({"user_id":"USER","item_id":"v1","ts":TIME000,"type":"click"})"},
    {"unknown_type", R"({"user_id":"USER","item_id":"v1","ts":TIME,"type":"wave"})"},
    {"empty_candidates", R"({"user_id":"USER","ts":TIME,"type":"request","candidates":[]})"},
    {"unknown_item", R"({"user_id":"USER","item_id":"nowhere","ts":TIME,"type":"impression"})"},
    {"too_deep", R"({"user_id":"USER","item_id":"v1","ts":TIME,"type":"click","deep":NEST})"},
}};

constexpr std::size_t kNesting = 70;

void replace(std::string_view word, std::string_view with, std::string* text) {
  const std::size_t at = text->find(word);
  if (at != std::string::npos) text->replace(at, word.size(), with);
}

}  // namespace

BadEvent bad_event(std::size_t kind, std::string_view user, std::int64_t ts_ms) {
  FRESHET_CHECK(kind < kBadKinds);
  BadEvent bad{std::string(kTemplates[kind].line), kTemplates[kind].reason};
  replace("USER", user, &bad.line);
  replace("TIME", std::to_string(ts_ms), &bad.line);
  replace("NEST", std::string(kNesting, '[') + std::string(kNesting, ']'), &bad.line);
  return bad;
}

BadEvent random_bad_event(std::string_view user, std::int64_t ts_ms, Random* random) {
  return bad_event(random->below(kBadKinds), user, ts_ms);
}

}  // namespace freshet::pipeline
