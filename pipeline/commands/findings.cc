#include "pipeline/commands/findings.h"

#include <algorithm>
#include <array>

#include "common/json_text.h"
#include "pipeline/commands/command.h"

namespace freshet::commands {
namespace {

using pipeline::Finding;
using pipeline::FindingLevel;
using pipeline::Findings;

std::string_view name_of(FindingLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"ok", "advice", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

Colour colour_of(FindingLevel level) {
  constexpr std::array<Colour, 4> kColours = {Colour::kGreen, Colour::kBlue, Colour::kYellow,
                                              Colour::kRed};
  return kColours[static_cast<std::size_t>(level)];
}

void append_field(std::string_view name, std::string_view value, std::string* out) {
  append_json_string(name, out);
  *out += ':';
  append_json_string(value, out);
}

}  // namespace

int exit_code_of(const Findings& findings) {
  const bool wrong = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.level == FindingLevel::kError;
  });
  return wrong ? kInvalid : kOk;
}

Findings findings_of(const Error& error) {
  Findings findings;
  std::string_view rest = error.message;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const std::size_t colon = line.find(": ");
    const bool placed = colon != std::string_view::npos;
    findings.push_back({FindingLevel::kError, std::string(placed ? line.substr(0, colon) : ""),
                        std::string(placed ? line.substr(colon + 2) : line), ""});
  }
  return findings;
}

std::string text_of(const Finding& finding) {
  std::string text = finding.where.empty() ? "" : finding.where + ": ";
  text += finding.message;
  if (!finding.remedy.empty()) text += "; " + finding.remedy;
  return text;
}

std::string line_of(const Finding& finding, const Terminal& terminal) {
  constexpr std::size_t kLevelWidth = 9;
  const std::string_view level = name_of(finding.level);
  std::string line = painted(terminal, colour_of(finding.level), level);
  line.append(kLevelWidth - level.size(), ' ');
  return line + text_of(finding);
}

std::string json_of(const Findings& findings) {
  std::string out = exit_code_of(findings) == kOk ? "{\"ok\":true" : "{\"ok\":false";
  out += ",\"findings\":[";
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Finding& finding = findings[i];
    out += i == 0 ? "{" : ",{";
    append_field("level", name_of(finding.level), &out);
    out += ',';
    append_field("where", finding.where, &out);
    out += ',';
    append_field("message", finding.message, &out);
    out += ',';
    append_field("remedy", finding.remedy, &out);
    out += '}';
  }
  return out + "]}";
}

}  // namespace freshet::commands
