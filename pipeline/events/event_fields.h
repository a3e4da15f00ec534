// EventFields: what stood in an event's mapped fields, typed as JSON types but not yet understood;
// and EventReader, which makes an Event of them or says what is wrong.
//
// Knows no JSON library: the decoder fills the fields, and the views point into its buffers.
// Errors:  one Refusal, by the fixed order of docs/formats.md: user, type, time, item or
//          candidates, label, the behaviours' fields, event or request id, context fields
// Threads: an EventReader is immutable
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/events/event.h"
#include "pipeline/events/field_tree.h"

namespace freshet::pipeline {

enum class FieldKind { kAbsent, kNull, kString, kInteger, kFloat, kBoolean, kArray, kObject };

struct FieldValue {
  FieldKind kind = FieldKind::kAbsent;
  std::string_view text;  // of a string its characters, of a number or boolean its token
  // A null says as little as a field that is not there.
  bool given() const { return kind != FieldKind::kAbsent && kind != FieldKind::kNull; }
};

// The slots of the mapped fields; those of events.context follow, in the configured order, and then
// those of the behaviours' `impressions`.
enum FieldSlot : std::size_t {
  kUserSlot,
  kTypeSlot,
  kTimeSlot,
  kItemSlot,
  kCandidatesSlot,
  kLabelSlot,
  kEventSlot,
  kRequestSlot,
  kFirstContextSlot,
};

// A longer list is refused as too large.
inline constexpr std::size_t kCandidatesMax = 10'000;

struct EventFields {
  std::vector<FieldValue> slots;       // [names]
  std::vector<FieldValue> candidates;  // of kCandidatesSlot, the first kCandidatesMax + 1
  std::vector<bool> entered;           // [FieldTree::Object] that stood in the event
};

class EventReader {
 public:
  explicit EventReader(const WorkerConfig& config);

  // The paths of the mapped fields by slot, as the configuration has them.
  const std::vector<std::string>& names() const { return names_; }
  const FieldTree& tree() const { return tree_; }

  tl::expected<Event, Refusal> read(const EventFields& fields) const;
  tl::expected<UserId, Refusal> read_user(const EventFields& fields) const;

 private:
  // Views until they reach their place in the event: each move of a short string is a copy.
  using Text = tl::expected<std::string_view, Refusal>;
  using OptionalText = tl::expected<std::optional<std::string_view>, Refusal>;
  using Done = tl::expected<void, Refusal>;

  Text required_id(const FieldValue& value, std::size_t slot) const;
  Text id(const FieldValue& value, std::size_t slot) const;
  OptionalText optional_id(const EventFields& fields, std::size_t slot) const;
  OptionalText context_text(const FieldValue& value, std::size_t slot) const;
  Done read_into(const EventFields& fields, Event* event) const;
  Done read_type(const FieldValue& value, Event* event) const;
  Done read_time(const FieldValue& value, Event* event) const;
  Done read_subject(const EventFields& fields, Event* event) const;
  Done read_candidates(const EventFields& fields, Event* event) const;
  tl::expected<bool, Refusal> read_flag(const FieldValue& value, std::size_t slot) const;
  Done read_outcome(const EventFields& fields, Event* event) const;
  Done read_echoed_id(const EventFields& fields, Event* event) const;
  Done read_context(const EventFields& fields, Event* event) const;
  tl::unexpected<Refusal> refuse(DeadLetterReason reason, std::size_t slot,
                                 std::string_view what) const;

  std::vector<std::string> names_;
  FieldTree tree_;
  std::size_t context_end_;                                        // behind the last context slot
  std::vector<std::pair<std::string, std::size_t>> click_types_;   // type, behaviour
  std::uint32_t impressed_always_ = 0;                             // as Event::impressed
  std::vector<std::pair<std::size_t, std::size_t>> impressed_by_;  // slot, behaviour
  std::size_t label_behaviour_;
  TimeUnit time_unit_;
};

}  // namespace freshet::pipeline
