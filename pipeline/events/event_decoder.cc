#include "pipeline/events/event_decoder.h"

#include <simdjson.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/ids.h"
#include "common/json_text.h"
#include "pipeline/events/event_fields.h"
#include "pipeline/events/json_tokens.h"
#include "pipeline/events/schema_frame.h"

namespace freshet::pipeline {
namespace {

namespace ondemand = simdjson::ondemand;

// Containers within containers, the event's own object included.
constexpr int kDepthMax = 64;

enum class Verdict { kGood, kMalformed, kTooDeep };

std::string_view without_white_space_after(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\n\r");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// Visits every value of a document, so that nothing is accepted unread: On-Demand by itself looks
// only at what it is asked for. Numbers and literals are checked as tokens against the grammar.
// The first error ends the walk, because On-Demand must not be touched after one.
class DocumentWalker {
 public:
  // `may_have_escapes` is false where no byte of the document is a backslash.
  DocumentWalker(const EventReader& reader, bool may_have_escapes, EventFields* fields)
      : reader_(reader), may_have_escapes_(may_have_escapes), fields_(fields) {}

  Verdict walk(ondemand::document& document) {
    ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return Verdict::kMalformed;
    if (const Verdict verdict = walk_fields(object, 1, FieldTree::kRoot); verdict != Verdict::kGood)
      return verdict;
    const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return at_end ? Verdict::kGood : Verdict::kMalformed;
  }

  // The first mapped field, or object on the way to one, that stood twice; null where none did.
  const FieldTree::Field* duplicate() const { return duplicate_; }

 private:
  // The fields of an object that mapped ones stand in; `depth` containers are open, it included.
  Verdict walk_fields(ondemand::object& object, int depth, FieldTree::Object of) {
    for (auto result : object) {
      std::string_view key;
      if (result.error() != simdjson::SUCCESS) return Verdict::kMalformed;
      ondemand::field&& field = std::move(result).value_unsafe();
      if (!read_key(field, &key)) return Verdict::kMalformed;
      FieldValue unmapped;
      const FieldTree::Field* mapped = first_of(reader_.tree().find(of, key));
      FieldValue* found = &unmapped;
      if (mapped != nullptr && mapped->slot) found = &fields_->slots[*mapped->slot];
      const bool candidates = found == &fields_->slots[kCandidatesSlot];
      ondemand::value& value = field.value();
      const Verdict verdict =
          mapped != nullptr && mapped->object
              ? walk_way(value, depth, *mapped->object)
              : walk_value(value, depth, found, candidates ? &fields_->candidates : nullptr);
      if (verdict != Verdict::kGood) return verdict;
    }
    return Verdict::kGood;
  }

  // The field at its first appearance, else null.
  const FieldTree::Field* first_of(const FieldTree::Field* field) {
    if (field == nullptr) return nullptr;
    const bool again = field->slot ? fields_->slots[*field->slot].kind != FieldKind::kAbsent
                                   : fields_->entered[*field->object];
    if (!again) {
      if (field->object) fields_->entered[*field->object] = true;
      return field;
    }
    if (duplicate_ == nullptr) duplicate_ = field;
    return nullptr;
  }

  // The value on the way to mapped fields; where it is no object they are not there.
  Verdict walk_way(ondemand::value& value, int depth, FieldTree::Object of) {
    ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return Verdict::kMalformed;
    if (type != ondemand::json_type::object) {
      FieldValue unmapped;
      return walk_value(value, depth, &unmapped, nullptr);
    }
    if (depth >= kDepthMax) return Verdict::kTooDeep;
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Verdict::kMalformed;
    return walk_fields(object, depth + 1, of);
  }

  // `depth` containers are open around the value; `entries` collects an array's own values.
  Verdict walk_value(ondemand::value& value, int depth, FieldValue* found,
                     std::vector<FieldValue>* entries) {
    ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return Verdict::kMalformed;
    switch (type) {
      case ondemand::json_type::object:
        found->kind = FieldKind::kObject;
        return walk_object(value, depth + 1);
      case ondemand::json_type::array:
        found->kind = FieldKind::kArray;
        return walk_array(value, depth + 1, entries);
      case ondemand::json_type::string:
        return read_string(value, found) ? Verdict::kGood : Verdict::kMalformed;
      case ondemand::json_type::number:
      case ondemand::json_type::boolean:
      case ondemand::json_type::null:
        return read_token(value, found) ? Verdict::kGood : Verdict::kMalformed;
    }
    return Verdict::kMalformed;
  }

  Verdict walk_object(ondemand::value& value, int depth) {
    if (depth > kDepthMax) return Verdict::kTooDeep;
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Verdict::kMalformed;
    for (auto result : object) {
      std::string_view key;
      if (result.error() != simdjson::SUCCESS) return Verdict::kMalformed;
      ondemand::field&& field = std::move(result).value_unsafe();
      if (!read_key(field, &key)) return Verdict::kMalformed;
      FieldValue unmapped;
      ondemand::value& child = field.value();
      const Verdict verdict = walk_value(child, depth, &unmapped, nullptr);
      if (verdict != Verdict::kGood) return verdict;
    }
    return Verdict::kGood;
  }

  Verdict walk_array(ondemand::value& value, int depth, std::vector<FieldValue>* entries) {
    if (depth > kDepthMax) return Verdict::kTooDeep;
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Verdict::kMalformed;
    for (auto result : array) {
      if (result.error() != simdjson::SUCCESS) return Verdict::kMalformed;
      ondemand::value&& child = std::move(result).value_unsafe();
      FieldValue entry;
      const Verdict verdict = walk_value(child, depth, &entry, nullptr);
      if (verdict != Verdict::kGood) return verdict;
      if (entries != nullptr && entries->size() <= kCandidatesMax) entries->push_back(entry);
    }
    return Verdict::kGood;
  }

  bool read_key(ondemand::field& field, std::string_view* key) {
    const char* characters = field.key().raw();
    if (field.unescaped_key().get(*key) != simdjson::SUCCESS) return false;
    return is_well_formed(characters, *key);
  }

  bool read_string(ondemand::value& value, FieldValue* found) {
    const char* characters = value.raw_json_token().data() + 1;
    found->kind = FieldKind::kString;
    if (value.get_string().get(found->text) != simdjson::SUCCESS) return false;
    return is_well_formed(characters, found->text);
  }

  // simdjson 3.0 takes lone surrogates, and some halves with a foreign other half. A string's first
  // escape lies within its unescaped length, because each escape stands for at least one byte.
  bool is_well_formed(const char* characters, std::string_view unescaped) const {
    return !may_have_escapes_ || std::memchr(characters, '\\', unescaped.size()) == nullptr ||
           has_paired_surrogates(characters);
  }

  // A number or literal. It is only looked at; the iteration over its container steps past it.
  static bool read_token(ondemand::value& value, FieldValue* found) {
    const std::string_view token = without_white_space_after(value.raw_json_token());
    found->text = token;
    if (token == "null") {
      found->kind = FieldKind::kNull;
      return true;
    }
    if (token == "true" || token == "false") {
      found->kind = FieldKind::kBoolean;
      return true;
    }
    const NumberKind number = number_kind_of(token);
    found->kind = number == NumberKind::kInteger ? FieldKind::kInteger : FieldKind::kFloat;
    return number != NumberKind::kInvalid;
  }

  const EventReader& reader_;
  bool may_have_escapes_;
  EventFields* fields_;
  const FieldTree::Field* duplicate_ = nullptr;
};

// The first byte that is no JSON white space; none of a value without any.
std::optional<char> first_character(std::string_view value) {
  const std::size_t first = value.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  return value[first];
}

Refusal unsupported(const SchemaFrame& frame) {
  return {
      DeadLetterReason::kUnsupportedFormat,
      "the value is framed for a schema registry (schema id " + std::to_string(frame.schema_id) +
          ") and holds Avro or Protobuf, not a JSON object; produce it as JSON, plain or by the "
          "JSON Schema serializer"};
}

Refusal malformed(std::string_view value) {
  // simdjson's own words differ between its versions; a dead letter's text must not.
  if (value.empty()) return {DeadLetterReason::kNotJson, "the value is empty"};
  if (!is_valid_utf8(value)) return {DeadLetterReason::kNotJson, "the value is not valid UTF-8"};
  if (first_character(value) != '{') {
    return {DeadLetterReason::kNotJson, "the value is not a JSON object"};
  }
  return {DeadLetterReason::kNotJson, "the value is not one well-formed JSON object"};
}

}  // namespace

struct EventDecoder::Impl {
  explicit Impl(const WorkerConfig& config)
      : reader(config), bytes_max(config.input.event_bytes_max) {}

  // Fills `fields` from a well-formed value; sets `duplicate`.
  tl::expected<void, Refusal> parse(std::string_view value) {
    if (value.size() > bytes_max) {
      return tl::unexpected(
          Refusal{DeadLetterReason::kTooLarge, "the value has " + std::to_string(value.size()) +
                                                   " bytes; input.event_bytes_max is " +
                                                   std::to_string(bytes_max)});
    }
    if (const auto frame = schema_frame_of(value)) {
      if (first_character(frame->payload) != '{') return tl::unexpected(unsupported(*frame));
      value = frame->payload;
    }
    fields.slots.assign(reader.names().size(), FieldValue{});
    fields.candidates.clear();
    fields.entered.assign(reader.tree().object_count(), false);
    duplicate = nullptr;
    ondemand::document document;
    const simdjson::error_code begun = parser.iterate(padded_copy(value)).get(document);
    FRESHET_CHECK(begun != simdjson::MEMALLOC);
    Verdict verdict = Verdict::kMalformed;
    if (begun == simdjson::SUCCESS) {
      const bool may_have_escapes = value.find('\\') != std::string_view::npos;
      DocumentWalker walker(reader, may_have_escapes, &fields);
      verdict = walker.walk(document);
      duplicate = walker.duplicate();
    }
    if (verdict == Verdict::kTooDeep) {
      return tl::unexpected(Refusal{
          DeadLetterReason::kTooDeep,
          "the value nests more than " + std::to_string(kDepthMax) + " objects and arrays"});
    }
    if (verdict == Verdict::kMalformed) return tl::unexpected(malformed(value));
    return {};
  }

  // simdjson reads up to SIMDJSON_PADDING bytes past the end.
  simdjson::padded_string_view padded_copy(std::string_view value) {
    const std::size_t needed = value.size() + simdjson::SIMDJSON_PADDING;
    if (buffer.size() < needed) buffer.resize(needed);
    if (!value.empty()) std::memcpy(buffer.data(), value.data(), value.size());
    std::memset(buffer.data() + value.size(), ' ', simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(buffer.data(), value.size(), buffer.size());
  }

  EventReader reader;
  std::size_t bytes_max;
  ondemand::parser parser;
  std::vector<char> buffer;
  EventFields fields;
  const FieldTree::Field* duplicate = nullptr;
};

EventDecoder::EventDecoder(const WorkerConfig& config) : impl_(std::make_unique<Impl>(config)) {}
EventDecoder::~EventDecoder() = default;
EventDecoder::EventDecoder(EventDecoder&&) noexcept = default;
EventDecoder& EventDecoder::operator=(EventDecoder&&) noexcept = default;

tl::expected<Event, Refusal> EventDecoder::decode(std::string_view value) {
  if (tl::expected<void, Refusal> parsed = impl_->parse(value); !parsed) {
    return tl::unexpected(std::move(parsed.error()));
  }
  if (impl_->duplicate) {
    return tl::unexpected(
        Refusal{DeadLetterReason::kDuplicateField,
                quote_excerpt(impl_->duplicate->path) + " stands in the event more than once"});
  }
  return impl_->reader.read(impl_->fields);
}

std::optional<UserId> EventDecoder::peek_user(std::string_view value) {
  if (!impl_->parse(value) || impl_->duplicate) return std::nullopt;
  tl::expected<UserId, Refusal> user = impl_->reader.read_user(impl_->fields);
  if (!user) return std::nullopt;
  return std::move(*user);
}

}  // namespace freshet::pipeline
