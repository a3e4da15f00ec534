#include "pipeline/config/config_checks.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "common/json_text.h"
#include "pipeline/config/changelog_name.h"
#include "pipeline/config/client_options.h"
#include "pipeline/config/field_path.h"
#include "pipeline/config/listen_address.h"
#include "pipeline/config/output_topic.h"

namespace freshet::pipeline {
namespace {

using Problems = std::vector<ConfigProblem>;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kNameTail = "abcdefghijklmnopqrstuvwxyz0123456789_";
constexpr std::string_view kTopicCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_topic_name(std::string_view name) {
  return consists_of(name, kTopicCharacters) && name != "." && name != "..";
}

bool is_behaviour_name(std::string_view name) {
  return !name.empty() && kLower.find(name.front()) != std::string_view::npos &&
         consists_of(name, kNameTail);
}

void check_transaction_timeout(const WorkerConfig& config, Problems* problems) {
  constexpr std::string_view kName = "transaction.timeout.ms";
  constexpr std::int64_t kBesideInterval = 5'000;  // what a commit itself may take
  constexpr std::int64_t kMost = 120'000;
  const auto option = config.kafka.client.find(std::string(kName));
  if (option == config.kafka.client.end()) return;
  const std::string& text = option->second;
  std::int64_t ms = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), ms);
  const bool is_number = failure == std::errc() && end == text.data() + text.size();
  const std::int64_t least = config.commit.interval.value + kBesideInterval;
  if (is_number && ms >= least && ms <= kMost) return;
  problems->push_back({"kafka.client." + std::string(kName),
                       quote_excerpt(text) + " must be a number of " + std::to_string(least) +
                           " (commit.interval_ms and " + std::to_string(kBesideInterval) + ") to " +
                           std::to_string(kMost) +
                           ": below it a slow commit is aborted, above it a worker that died keeps "
                           "others waiting"});
}

void check_kafka(const WorkerConfig& config, Problems* problems) {
  constexpr std::string_view kRule = " may only hold a-z, A-Z, 0-9, '.', '_' and '-'";
  std::vector<std::pair<std::string_view, std::string>> topics{{"kafka.input", config.kafka.input}};
  for (OutputTopicName& output : output_topics(config)) {
    topics.emplace_back(output.key, std::move(output.name));
  }
  if (!is_topic_name(config.application_id)) {
    problems->push_back(
        {"application_id", quote_excerpt(config.application_id) + std::string(kRule)});
  }
  const std::string changelog = changelog_topic(config);
  std::map<std::string_view, std::string_view> seen;
  for (const auto& [path, topic] : topics) {
    if (!is_topic_name(topic)) {
      problems->push_back({std::string(path), quote_excerpt(topic) + std::string(kRule)});
    }
    const auto [first, inserted] = seen.emplace(topic, path);
    if (!inserted) {
      problems->push_back({std::string(path), "is the same topic as " + std::string(first->second) +
                                                  "; each needs its own"});
    }
    // Refused with the changelog off, too: once it is on, what stands in it is taken for state.
    if (topic == changelog) {
      problems->push_back({std::string(path),
                           quote_excerpt(topic) +
                               " is the topic of the worker's own changelog; name another one, or "
                               "change application_id"});
    }
  }
  for (const auto& [name, value] : config.kafka.client) {
    if (const auto reason = refusal_of_client_option(name)) {
      problems->push_back({"kafka.client." + name, "cannot be set: " + std::string(*reason)});
    }
  }
  check_transaction_timeout(config, problems);
}

// A field of the events, and the key that maps it.
struct MappedField {
  std::string key;
  std::vector<std::string> names;
};

bool starts_with(const std::vector<std::string>& names, const std::vector<std::string>& start) {
  return names.size() >= start.size() && std::equal(start.begin(), start.end(), names.begin());
}

void add_field(const std::string& key, const std::string& path, std::vector<MappedField>* mapped,
               Problems* problems) {
  if (path.empty()) {
    problems->push_back({key, "a field's name cannot be empty"});
    return;
  }
  auto names = parse_field_path(path);
  if (!names) {
    problems->push_back({key, std::move(names.error())});
    return;
  }
  for (const MappedField& other : *mapped) {
    if (other.names == *names) {
      problems->push_back({key, quote_excerpt(path) + " is the same field as " + other.key +
                                    "; each needs its own"});
      return;
    }
    if (starts_with(*names, other.names) || starts_with(other.names, *names)) {
      problems->push_back({key, quote_excerpt(path) + " and " + other.key +
                                    " are within one another: one is the object of the other"});
      return;
    }
  }
  mapped->push_back({key, std::move(*names)});
}

void check_fields(const WorkerConfig& config, Problems* problems) {
  const EventsConfig& events = config.events;
  const FieldNames& fields = events.fields;
  const std::pair<std::string_view, const std::string*> roles[] = {
      {"user", &fields.user},       {"item", &fields.item},
      {"time", &fields.time},       {"type", &fields.type},
      {"label", &fields.label},     {"event", &fields.event},
      {"request", &fields.request}, {"candidates", &fields.candidates},
  };
  std::vector<MappedField> mapped;
  for (const auto& [role, name] : roles) {
    add_field("events.fields." + std::string(role), *name, &mapped, problems);
  }
  for (std::size_t i = 0; i < events.context.size(); ++i) {
    add_field("events.context[" + std::to_string(i) + "]", events.context[i], &mapped, problems);
  }
  std::set<std::string_view> seen;  // several behaviours may read one field
  for (std::size_t i = 0; i < config.behaviours.size(); ++i) {
    const std::string& field = config.behaviours[i].impression_field;
    if (field.empty() || !seen.insert(field).second) continue;
    add_field("behaviours[" + std::to_string(i) + "].impressions", field, &mapped, problems);
  }
}

void check_excluded(InputConfig* input, Problems* problems) {
  for (std::size_t i = 0; i < input->exclude_texts.size(); ++i) {
    const std::optional<RecordPlace> place = parse_record_place(input->exclude_texts[i]);
    if (place) {
      input->exclude.insert(*place);
      continue;
    }
    problems->push_back({"input.exclude[" + std::to_string(i) + "]",
                         quote_excerpt(input->exclude_texts[i]) +
                             " is not a record such as \"3:1042\": partition, colon, offset"});
  }
}

void check_types(const BehaviourConfig& behaviour, const std::string& path,
                 std::map<std::string, std::string>* owners, Problems* problems) {
  for (std::size_t i = 0; i < behaviour.types.size(); ++i) {
    const std::string& type = behaviour.types[i];
    const std::string type_path = path + ".types[" + std::to_string(i) + "]";
    if (type.empty()) {
      problems->push_back({type_path, "an event type cannot be empty"});
    } else if (type == "impression" || type == "request") {
      problems->push_back(
          {type_path, quote_excerpt(type) + " has its own meaning and is never a click"});
    }
    const auto [owner, inserted] = owners->emplace(type, path);
    if (!inserted) {
      problems->push_back({type_path, quote_excerpt(type) + " is already a type of " +
                                          owner->second + "; a type belongs to one behaviour"});
    }
  }
}

void check_behaviours(WorkerConfig* config, Problems* problems) {
  std::set<std::string_view> names;
  std::map<std::string, std::string> type_owners;
  for (std::size_t i = 0; i < config->behaviours.size(); ++i) {
    const BehaviourConfig& behaviour = config->behaviours[i];
    const std::string path = "behaviours[" + std::to_string(i) + "]";
    const std::string& name = behaviour.limits.name;
    if (!is_behaviour_name(name)) {
      problems->push_back({path + ".name", quote_excerpt(name) +
                                               " must be of a-z, 0-9 and '_', with a "
                                               "letter first"});
    }
    if (!names.insert(name).second) {
      problems->push_back(
          {path + ".name", quote_excerpt(name) + " is already the name of another one"});
    }
    check_types(behaviour, path, &type_owners, problems);
    const bool fed_by_impressions =
        behaviour.all_impressions || !behaviour.impression_field.empty();
    if (behaviour.types.empty() && !fed_by_impressions) {
      problems->push_back({path + ".types",
                           "names no event type; name those that are clicks of this behaviour, or "
                           "say with impressions which impressions are"});
    }
  }
  const std::string& wanted = config->events.label_behaviour_name;
  if (wanted.empty()) return;
  const auto found =
      std::find_if(config->behaviours.begin(), config->behaviours.end(),
                   [&](const BehaviourConfig& b) { return b.limits.name == wanted; });
  if (found == config->behaviours.end()) {
    problems->push_back(
        {"events.label_behaviour", quote_excerpt(wanted) + " is not the name of a behaviour"});
    return;
  }
  config->events.label_behaviour = static_cast<std::size_t>(found - config->behaviours.begin());
}

void check_candidates(const CandidatesConfig& candidates, Problems* problems) {
  const bool pool = candidates.source == CandidateSource::kPoolFile;
  if (pool && candidates.pool_path.empty()) {
    problems->push_back({"candidates.source", "pool needs candidates.pool_path"});
  }
  if (!pool && !candidates.pool_path.empty()) {
    problems->push_back({"candidates.pool_path", "is only read with candidates.source: pool"});
  }
}

}  // namespace

std::vector<ConfigProblem> check_config(WorkerConfig* config) {
  Problems problems;
  check_kafka(*config, &problems);
  check_excluded(&config->input, &problems);
  check_fields(*config, &problems);
  check_behaviours(config, &problems);
  check_candidates(config->candidates, &problems);
  if (const auto listen = parse_listen_address(config->http.listen); !listen) {
    problems.push_back({"http.listen", listen.error().message});
  }
  return problems;
}

}  // namespace freshet::pipeline
