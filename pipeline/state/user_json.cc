#include "pipeline/state/user_json.h"

#include "common/json_text.h"

namespace freshet::pipeline {

std::string user_json(Partition partition, const UserId& user, const stateful::UserState& state,
                      std::span<const stateful::BehaviourLimits> limits,
                      std::optional<EventTime> stream_time) {
  const std::string time = stream_time.has_value() ? std::to_string(stream_time->ms) : "null";
  std::string out = "{\"user_id\":" + json_string(user.view()) +
                    ",\"partition\":" + std::to_string(partition.value) +
                    ",\"stream_time\":" + time + ",\"behaviours\":{";
  for (std::size_t b = 0; b < limits.size(); ++b) {
    const stateful::Sequence& sequence = state.sequences[b];
    const std::size_t visible =
        stream_time ? sequence.visible(*stream_time, limits[b].age_max).count : 0;
    out += (b > 0 ? "," : "") + json_string(limits[b].name) +
           ":{\"visible\":" + std::to_string(visible) + ",\"clicks\":[";
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      out += std::string(i > 0 ? "," : "") +
             "{\"item_id\":" + json_string(sequence[i].item.view()) +
             ",\"ts\":" + std::to_string(sequence[i].ts.ms) + "}";
    }
    out += "]}";
  }
  return out + "}}";
}

}  // namespace freshet::pipeline
