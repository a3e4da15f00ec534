#include "pipeline/commands/user_story.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "pipeline/events/output_decoder.h"
#include "pipeline/scoring/event_scorer.h"
#include "pipeline/scoring/hot_user.h"
#include "pipeline/scoring/user_explanation.h"
#include "stateful/user_state.h"

namespace freshet::commands {
namespace {

constexpr std::size_t kClicksMin = 6;
// More have too many small weights to look at.
constexpr std::size_t kClicksWanted = 11;
// Of so many users the one whose last click changed most.
constexpr std::size_t kUsersTried = 40;

struct StoredUser {
  stateful::UserState state;
  EventTime stream_time;
};

Result<std::optional<StoredUser>> read_user(const Loaded& loaded, stateful::StateStore* store,
                                            Partition partition, const std::string& user) {
  const auto value = store->read_user(partition, UserId(user));
  if (!value) return tl::unexpected(value.error());
  const auto marker = store->read_marker(partition);
  if (!marker) return tl::unexpected(marker.error());
  if (!*value || !*marker || !(*marker)->marker.stream_time) return std::optional<StoredUser>{};
  auto state = stateful::decode_user_state(loaded.config.limits(), **value);
  if (!state) return tl::unexpected(state.error());
  return StoredUser{std::move(*state), *(*marker)->marker.stream_time};
}

// Generated items are "v<number>", counted from 1.
const pipeline::PlantedItem* planted(const pipeline::Catalogue& catalogue, std::string_view item) {
  std::size_t number = 0;
  if (!item.starts_with('v')) return nullptr;
  std::from_chars(item.data() + 1, item.data() + item.size(), number);
  if (number == 0 || number > catalogue.items().size()) return nullptr;
  return &catalogue[number - 1];
}

std::string title_of(const pipeline::Catalogue& catalogue, std::string_view item) {
  const pipeline::PlantedItem* found = planted(catalogue, item);
  return found == nullptr ? std::string(item) : found->title;
}

std::string category_of(const pipeline::Catalogue& catalogue, std::string_view item) {
  const pipeline::PlantedItem* found = planted(catalogue, item);
  return found == nullptr ? "" : std::string(pipeline::category_name(found->category));
}

// The whole catalogue, best first, as a request at `ts` would have had it.
std::vector<std::string> ranking_before(const Loaded& loaded, const StoredUser& user,
                                        EventTime ts) {
  pipeline::WorkerConfig config = loaded.config;
  config.candidates.publish = loaded.model->model->items.rows;
  pipeline::EventScorer scorer(config, {loaded.model}, nullptr);
  pipeline::HotUser hot(scorer.models(), user.state, std::nullopt);
  pipeline::Event request;
  request.kind = pipeline::EventKind::kRequest;
  request.ts = ts;
  request.context.resize(config.events.context.size());
  scorer.apply_and_score(request, std::max(user.stream_time, ts), &hot);
  std::vector<std::string> items;
  for (const pipeline::PublishedScore& score : scorer.scores(0).scores)
    items.emplace_back(score.item_id);
  return items;
}

UserStory tell(const Loaded& loaded, const std::string& name, const StoredUser& user,
               const pipeline::ReadOutput& output, const pipeline::Catalogue& catalogue) {
  UserStory story;
  story.user = name;
  story.catalogue_size = loaded.model->candidate_rows.size();
  const pipeline::UserExplanation explained =
      pipeline::explain_user(*loaded.model, loaded.config.limits(), user.state, user.stream_time);
  const std::vector<pipeline::ExplainedClick>& clicks = explained.behaviours[0].clicks;
  const EventTime last = clicks.front().ts;
  for (const pipeline::ExplainedClick& click : clicks) {
    const std::string_view item = click.item.view();
    story.clicks.push_back({title_of(catalogue, item), category_of(catalogue, item),
                            last.ms - click.ts.ms, click.known ? click.weight : std::nullopt});
  }
  const std::vector<std::string> before = ranking_before(loaded, user, last);
  for (const pipeline::ReadScore& score : output.scores) {
    StoryCandidate candidate{title_of(catalogue, score.item_id),
                             category_of(catalogue, score.item_id), score.score,
                             story.candidates.size() + 1, std::nullopt};
    const auto found = std::find(before.begin(), before.end(), score.item_id);
    if (found != before.end()) {
      candidate.rank_before = static_cast<std::size_t>(found - before.begin()) + 1;
    }
    story.candidates.push_back(std::move(candidate));
  }
  const std::size_t shown = std::min(output.scores.size(), before.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const bool stays =
        std::any_of(output.scores.begin(), output.scores.end(),
                    [&](const pipeline::ReadScore& score) { return score.item_id == before[i]; });
    if (!stays) story.left.push_back(title_of(catalogue, before[i]));
  }
  return story;
}

}  // namespace

Result<std::optional<UserStory>> find_story(const Loaded& loaded, stateful::StateStore* store,
                                            const std::map<std::string, DemoOutput>& newest,
                                            const pipeline::Catalogue& catalogue) {
  std::vector<std::pair<std::size_t, std::string>> by_distance;
  std::map<std::string, pipeline::ReadOutput> outputs;
  for (const auto& [user, output] : newest) {
    auto read = pipeline::decode_score_event(output.value);
    if (!read) return tl::unexpected(read.error());
    const std::size_t length = read->sequence_length;
    if (length < kClicksMin || read->late || read->duplicate) continue;
    by_distance.emplace_back(
        length > kClicksWanted ? length - kClicksWanted : kClicksWanted - length, user);
    outputs.emplace(user, std::move(*read));
  }
  std::sort(by_distance.begin(), by_distance.end());
  std::optional<UserStory> best;
  std::size_t tried = 0;
  for (const auto& [distance, user] : by_distance) {
    if (tried == kUsersTried) break;
    const auto stored = read_user(loaded, store, newest.at(user).partition, user);
    if (!stored) return tl::unexpected(stored.error());
    if (!*stored) continue;
    // The output tells of the state as it is only where nothing was clicked after it.
    const std::string& value = newest.at(user).value;
    const stateful::Sequence& sequence = (*stored)->state.sequences[0];
    if (sequence.size() == 0) continue;
    const std::string ts = "\"ts\":" + std::to_string(sequence[0].ts.ms) + ",\"source\"";
    if (value.find(ts) == std::string::npos) continue;
    ++tried;
    UserStory story = tell(loaded, user, **stored, outputs.at(user), catalogue);
    if (!best || story.left.size() > best->left.size()) best = std::move(story);
  }
  return best;
}

}  // namespace freshet::commands
