#include "scorer/files/model_words.h"

namespace freshet::scorer {
namespace {

constexpr std::string_view kItem = "item";
constexpr std::string_view kUser = "user";
constexpr std::string_view kContext = "context:";
constexpr std::string_view kRecentXItem = "recent x item";
constexpr std::string_view kXItem = " x item";

}  // namespace

std::string cross_text(const Cross& cross) {
  switch (cross.kind) {
    case CrossKind::kItem:
      return std::string(kItem);
    case CrossKind::kUser:
      return std::string(kUser);
    case CrossKind::kContext:
      return std::string(kContext) + cross.context_field;
    case CrossKind::kRecentXItem:
      return std::string(kRecentXItem);
    case CrossKind::kContextXItem:
      return std::string(kContext) + cross.context_field + std::string(kXItem);
  }
  return {};
}

std::optional<Cross> parse_cross(std::string_view text) {
  if (text == kItem) return Cross{CrossKind::kItem, {}};
  if (text == kUser) return Cross{CrossKind::kUser, {}};
  if (text == kRecentXItem) return Cross{CrossKind::kRecentXItem, {}};
  if (!text.starts_with(kContext)) return std::nullopt;
  text.remove_prefix(kContext.size());
  if (!text.ends_with(kXItem)) return Cross{CrossKind::kContext, std::string(text)};
  text.remove_suffix(kXItem.size());
  return Cross{CrossKind::kContextXItem, std::string(text)};
}

}  // namespace freshet::scorer
