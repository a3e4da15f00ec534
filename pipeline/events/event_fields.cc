#include "pipeline/events/event_fields.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "common/ids.h"
#include "common/json_text.h"
#include "pipeline/events/event_time.h"

namespace freshet::pipeline {
namespace {

std::string_view name_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::kAbsent:
      return "absent";
    case FieldKind::kNull:
      return "null";
    case FieldKind::kString:
      return "a string";
    case FieldKind::kInteger:
      return "an integer";
    case FieldKind::kFloat:
      return "a number with a fraction or an exponent";
    case FieldKind::kBoolean:
      return "a boolean";
    case FieldKind::kArray:
      return "an array";
    case FieldKind::kObject:
      return "an object";
  }
  return "unknown";
}

std::vector<std::string> slot_names(const WorkerConfig& config) {
  const FieldNames& fields = config.events.fields;
  std::vector<std::string> names(kFirstContextSlot);
  names[kUserSlot] = fields.user;
  names[kTypeSlot] = fields.type;
  names[kTimeSlot] = fields.time;
  names[kItemSlot] = fields.item;
  names[kCandidatesSlot] = fields.candidates;
  names[kLabelSlot] = fields.label;
  names[kEventSlot] = fields.event;
  names[kRequestSlot] = fields.request;
  names.insert(names.end(), config.events.context.begin(), config.events.context.end());
  const std::size_t context_end = names.size();
  for (const BehaviourConfig& behaviour : config.behaviours) {
    const std::string& field = behaviour.impression_field;
    const auto begin = names.begin() + static_cast<std::ptrdiff_t>(context_end);
    if (!field.empty() && std::find(begin, names.end(), field) == names.end())
      names.push_back(field);
  }
  return names;
}

// True where the token, an integer by JSON's grammar, fits int64 or uint64.
bool fits_64_bits(std::string_view token) {
  const char* end = token.data() + token.size();
  if (token.starts_with('-')) {
    std::int64_t value = 0;
    return std::from_chars(token.data(), end, value).ec == std::errc{};
  }
  std::uint64_t value = 0;
  return std::from_chars(token.data(), end, value).ec == std::errc{};
}

// JSON's grammar has no leading zeros, so a token is its own decimal string, but for this one.
std::string_view decimal_text(std::string_view token) { return token == "-0" ? "0" : token; }

}  // namespace

EventReader::EventReader(const WorkerConfig& config)
    : names_(slot_names(config)),
      tree_(names_),
      context_end_(kFirstContextSlot + config.events.context.size()),
      label_behaviour_(config.events.label_behaviour),
      time_unit_(config.events.time_unit) {
  for (std::size_t i = 0; i < config.behaviours.size(); ++i) {
    const BehaviourConfig& behaviour = config.behaviours[i];
    for (const std::string& type : behaviour.types) click_types_.emplace_back(type, i);
    if (behaviour.all_impressions) impressed_always_ |= std::uint32_t{1} << i;
    if (behaviour.impression_field.empty()) continue;
    const auto slot = std::find(names_.begin() + static_cast<std::ptrdiff_t>(context_end_),
                                names_.end(), behaviour.impression_field);
    impressed_by_.emplace_back(static_cast<std::size_t>(slot - names_.begin()), i);
  }
}

tl::unexpected<Refusal> EventReader::refuse(DeadLetterReason reason, std::size_t slot,
                                            std::string_view what) const {
  return tl::unexpected(Refusal{reason, quote_excerpt(names_[slot]) + " " + std::string(what)});
}

EventReader::Text EventReader::id(const FieldValue& value, std::size_t slot) const {
  if (value.kind == FieldKind::kInteger) {
    if (fits_64_bits(value.text)) return decimal_text(value.text);
    return refuse(DeadLetterReason::kInvalidId, slot,
                  "is an integer beyond 64 bits; send it as a string");
  }
  if (value.kind != FieldKind::kString) {
    return refuse(DeadLetterReason::kWrongType, slot,
                  "is " + std::string(name_of(value.kind)) + ", not a string or an integer");
  }
  if (value.text.empty()) return refuse(DeadLetterReason::kInvalidId, slot, "is empty");
  if (value.text.size() > kIdBytesMax) {
    return refuse(DeadLetterReason::kInvalidId, slot,
                  "has " + std::to_string(value.text.size()) + " bytes, at most " +
                      std::to_string(kIdBytesMax) + " are allowed");
  }
  return value.text;
}

EventReader::Text EventReader::required_id(const FieldValue& value, std::size_t slot) const {
  if (!value.given()) return refuse(DeadLetterReason::kMissingField, slot, "is missing");
  return id(value, slot);
}

EventReader::OptionalText EventReader::optional_id(const EventFields& fields,
                                                   std::size_t slot) const {
  const FieldValue& value = fields.slots[slot];
  if (!value.given()) return std::nullopt;
  Text text = id(value, slot);
  if (!text) return tl::unexpected(std::move(text.error()));
  return std::optional(*text);
}

tl::expected<UserId, Refusal> EventReader::read_user(const EventFields& fields) const {
  Text user = required_id(fields.slots[kUserSlot], kUserSlot);
  if (!user) return tl::unexpected(std::move(user.error()));
  return UserId(*user);
}

EventReader::Done EventReader::read_type(const FieldValue& value, Event* event) const {
  if (!value.given()) return refuse(DeadLetterReason::kMissingField, kTypeSlot, "is missing");
  if (value.kind != FieldKind::kString) {
    return refuse(DeadLetterReason::kWrongType, kTypeSlot,
                  "is " + std::string(name_of(value.kind)) + ", not a string");
  }
  if (value.text == "impression") {
    event->kind = EventKind::kImpression;
    event->behaviour = label_behaviour_;
    return {};
  }
  if (value.text == "request") {
    event->kind = EventKind::kRequest;
    return {};
  }
  for (const auto& [type, behaviour] : click_types_) {
    if (value.text != type) continue;
    event->kind = EventKind::kClick;
    event->behaviour = behaviour;
    return {};
  }
  return refuse(DeadLetterReason::kUnknownType, kTypeSlot,
                "is " + quote_excerpt(value.text) + ", which belongs to no behaviour");
}

EventReader::Done EventReader::read_time(const FieldValue& value, Event* event) const {
  if (!value.given()) return refuse(DeadLetterReason::kMissingField, kTimeSlot, "is missing");
  const bool as_text = time_unit_ == TimeUnit::kRfc3339;
  const bool right_kind =
      as_text ? value.kind == FieldKind::kString
              : value.kind == FieldKind::kInteger || value.kind == FieldKind::kFloat;
  if (!right_kind) {
    return refuse(DeadLetterReason::kWrongType, kTimeSlot,
                  "is " + std::string(name_of(value.kind)) + ", not a " +
                      (as_text ? "string as events.time_unit: rfc3339 asks"
                               : "number as events.time_unit: " + std::string(name_of(time_unit_)) +
                                     " asks"));
  }
  TimeProblem problem = TimeProblem::kOutOfRange;
  const std::optional<EventTime> time = as_text ? event_time_of_rfc3339(value.text, &problem)
                                                : event_time_of_number(value.text, time_unit_);
  if (!time) {
    const bool malformed = problem == TimeProblem::kMalformed;
    return refuse(
        DeadLetterReason::kInvalidTime, kTimeSlot,
        quote_excerpt(value.text) + (malformed ? " is not a time as RFC 3339 writes it"
                                               : " is not from 2000 to 2099; events.time_unit "
                                                 "is " +
                                                     std::string(name_of(time_unit_))));
  }
  event->ts = *time;
  return {};
}

EventReader::Done EventReader::read_candidates(const EventFields& fields, Event* event) const {
  const FieldValue& value = fields.slots[kCandidatesSlot];
  if (!value.given()) return {};
  if (value.kind != FieldKind::kArray) {
    return refuse(DeadLetterReason::kWrongType, kCandidatesSlot,
                  "is " + std::string(name_of(value.kind)) + ", not an array of item ids");
  }
  if (fields.candidates.empty()) {
    return refuse(DeadLetterReason::kEmptyCandidates, kCandidatesSlot, "is an empty list");
  }
  if (fields.candidates.size() > kCandidatesMax) {
    return refuse(DeadLetterReason::kTooLarge, kCandidatesSlot,
                  "has more than " + std::to_string(kCandidatesMax) + " ids");
  }
  std::vector<ItemId>& items = event->candidates.emplace();
  items.reserve(fields.candidates.size());
  for (const FieldValue& candidate : fields.candidates) {
    Text item = id(candidate, kCandidatesSlot);
    if (!item) {
      item.error().message += " (entry " + std::to_string(items.size()) + ")";
      return tl::unexpected(std::move(item.error()));
    }
    items.emplace_back(*item);
  }
  return {};
}

EventReader::Done EventReader::read_subject(const EventFields& fields, Event* event) const {
  if (event->kind == EventKind::kRequest) return read_candidates(fields, event);
  Text item = required_id(fields.slots[kItemSlot], kItemSlot);
  if (!item) return tl::unexpected(std::move(item.error()));
  event->item.emplace(*item);
  return {};
}

tl::expected<bool, Refusal> EventReader::read_flag(const FieldValue& value,
                                                   std::size_t slot) const {
  if (!value.given()) return false;
  const bool right_kind = value.kind == FieldKind::kBoolean || value.kind == FieldKind::kInteger;
  const bool one = right_kind && (value.text == "1" || value.text == "true");
  const bool zero = right_kind && (decimal_text(value.text) == "0" || value.text == "false");
  if (!one && !zero) {
    const std::string found =
        right_kind ? quote_excerpt(value.text) : std::string(name_of(value.kind));
    return refuse(DeadLetterReason::kWrongType, slot, "is " + found + ", not 0, 1, false or true");
  }
  return one;
}

// What became of an impression: its label, and the behaviours that it is a click of.
EventReader::Done EventReader::read_outcome(const EventFields& fields, Event* event) const {
  if (event->kind != EventKind::kImpression) return {};
  const auto label = read_flag(fields.slots[kLabelSlot], kLabelSlot);
  if (!label) return tl::unexpected(label.error());
  event->label = *label;
  event->label_given = fields.slots[kLabelSlot].given();
  event->impressed = impressed_always_;
  for (const auto& [slot, behaviour] : impressed_by_) {
    const auto flag = read_flag(fields.slots[slot], slot);
    if (!flag) return tl::unexpected(flag.error());
    if (*flag) event->impressed |= std::uint32_t{1} << behaviour;
  }
  return {};
}

EventReader::Done EventReader::read_echoed_id(const EventFields& fields, Event* event) const {
  const bool request = event->kind == EventKind::kRequest;
  OptionalText text = optional_id(fields, request ? kRequestSlot : kEventSlot);
  if (!text) return tl::unexpected(std::move(text.error()));
  if (text->has_value()) (request ? event->request_id : event->event_id).emplace(**text);
  return {};
}

EventReader::OptionalText EventReader::context_text(const FieldValue& value,
                                                    std::size_t slot) const {
  switch (value.kind) {
    case FieldKind::kAbsent:
    case FieldKind::kNull:
      return std::nullopt;
    case FieldKind::kString:
    case FieldKind::kBoolean:
      return std::optional(value.text);
    case FieldKind::kInteger:
      return std::optional(decimal_text(value.text));
    case FieldKind::kFloat:
    case FieldKind::kArray:
    case FieldKind::kObject:
      break;
  }
  return refuse(DeadLetterReason::kWrongType, slot,
                "is " + std::string(name_of(value.kind)) +
                    ", not a string, an integer or a boolean as events.context asks");
}

EventReader::Done EventReader::read_context(const EventFields& fields, Event* event) const {
  event->context.reserve(context_end_ - kFirstContextSlot);
  for (std::size_t slot = kFirstContextSlot; slot < context_end_; ++slot) {
    OptionalText text = context_text(fields.slots[slot], slot);
    if (!text) return tl::unexpected(std::move(text.error()));
    std::optional<std::string>& field = event->context.emplace_back();
    if (text->has_value()) field.emplace(**text);
  }
  return {};
}

EventReader::Done EventReader::read_into(const EventFields& fields, Event* event) const {
  Text user = required_id(fields.slots[kUserSlot], kUserSlot);
  if (!user) return tl::unexpected(std::move(user.error()));
  event->user = UserId(*user);
  Done done = read_type(fields.slots[kTypeSlot], event);
  if (done) done = read_time(fields.slots[kTimeSlot], event);
  if (done) done = read_subject(fields, event);
  if (done) done = read_outcome(fields, event);
  if (done) done = read_echoed_id(fields, event);
  if (done) done = read_context(fields, event);
  return done;
}

tl::expected<Event, Refusal> EventReader::read(const EventFields& fields) const {
  tl::expected<Event, Refusal> event;
  if (Done done = read_into(fields, &*event); !done)
    event = tl::unexpected(std::move(done.error()));
  return event;
}

}  // namespace freshet::pipeline
