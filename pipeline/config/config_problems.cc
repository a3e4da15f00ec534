#include "pipeline/config/config_problems.h"

#include <algorithm>

namespace freshet::pipeline {
namespace {

constexpr std::size_t kShownMax = 100;

// "behaviours[1].types[0]" -> "behaviours[1].types" -> "behaviours[1]" -> "behaviours" -> "".
std::string_view parent_of(std::string_view path) {
  const std::size_t end = path.find_last_of(".[");
  return end == std::string_view::npos ? std::string_view{} : path.substr(0, end);
}

}  // namespace

void ConfigProblems::remember(const std::string& path, ConfigPlace place) {
  places_.emplace(path, place);
}

void ConfigProblems::add(const std::string& path, ConfigPlace place, std::string_view message) {
  problems_.push_back({place, path, std::string(message)});
}

void ConfigProblems::add_at_path(const std::string& path, std::string_view message) {
  for (std::string_view at = path; !at.empty(); at = parent_of(at)) {
    const auto is_here = [&](const Problem& problem) { return problem.path == at; };
    if (std::any_of(problems_.begin(), problems_.end(), is_here)) return;
  }
  for (std::string_view at = path; !at.empty(); at = parent_of(at)) {
    if (const auto place = places_.find(at); place != places_.end()) {
      add(path, place->second, message);
      return;
    }
  }
  add(path, ConfigPlace{}, message);
}

std::vector<std::string> ConfigProblems::paths() const {
  std::vector<std::string> paths;
  for (const Problem& problem : problems_) paths.push_back(problem.path);
  return paths;
}

Error ConfigProblems::to_error(std::string_view name) const {
  std::vector<Problem> sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) { return a.place < b.place; });
  std::string text;
  for (std::size_t i = 0; i < sorted.size() && i < kShownMax; ++i) {
    const Problem& problem = sorted[i];
    if (i > 0) text += '\n';
    const std::string& set = problem.place.set;
    if (!set.empty()) {
      text += "--set " + set + ": ";
    } else {
      text += name;
      text += ':' + std::to_string(problem.place.line);
      text += ':' + std::to_string(problem.place.column) + ": ";
    }
    if (!problem.path.empty() && problem.path != set) text += problem.path + ": ";
    text += problem.message;
  }
  if (sorted.size() > kShownMax) {
    text += '\n';
    text += name;
    text += ": and " + std::to_string(sorted.size() - kShownMax) + " more problems";
  }
  return Error{ErrorCode::kInvalidConfig, text};
}

}  // namespace freshet::pipeline
