#include "tests/sim/world.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "pipeline/config/changelog_name.h"
#include "pipeline/files/swap_finder.h"
#include "pipeline/log/log.h"
#include "pipeline/position_metadata.h"
#include "scorer/float_mode.h"
#include "tests/support/memory_changelog_reader.h"
#include "tests/support/scorer_models.h"

namespace freshet::sim {
namespace {

constexpr std::uint64_t kTickMsMax = 150;
// Within this much calm time every input must have come out.
constexpr std::int64_t kHealingMsMax = 300'000;
constexpr std::int64_t kSettleMs = 5'000;
constexpr std::uint64_t kStepsMax = 2'000'000;

// They differ in weights, in kind and in the items that they know.
pipeline::ServedModels serve_versions(const Scenario& scenario) {
  constexpr scorer::Variant kVariants[] = {scorer::Variant::kTraditional, scorer::Variant::kSelf,
                                           scorer::Variant::kMerged, scorer::Variant::kTarget};
  pipeline::ServedModels versions;
  for (std::size_t v = 0; v < scenario.versions; ++v) {
    scorer::ModelInitOptions options = test::small_model(scenario.config, 8 + v % 3);
    options.version = options.seed = v + 1;
    options.variant = kVariants[v];
    versions.push_back(test::serve(test::random_model(options), scenario.config));
  }
  return versions;
}

// Each place's in the order of their offsets, as its reader sees them.
std::vector<std::pair<std::string, const Observer::Scored*>> sorted_by_offset(
    const std::map<std::string, Observer::Scored>& scored) {
  std::vector<std::pair<std::string, const Observer::Scored*>> sorted;
  for (const auto& [name, one] : scored) sorted.emplace_back(name, &one);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second->source.offset < b.second->source.offset;
  });
  return sorted;
}

// Knows other items and has another kind of attention than the primary.
std::shared_ptr<const pipeline::ServedModel> served_shadow(const pipeline::WorkerConfig& config) {
  if (!config.shadow.on()) return nullptr;
  scorer::ModelInitOptions options = test::small_model(config, 6);
  options.seed = 9;
  options.variant = scorer::Variant::kSelf;
  return test::serve(test::random_model(options), config);
}

}  // namespace

World::World(std::uint64_t seed, const Emphasis& emphasis, bool keeps_trace)
    : env_(seed, keeps_trace),
      scenario_(Scenario::draw(&env_.random, emphasis)),
      application_{scenario_.config,
                   serve_versions(scenario_),
                   scenario_.releases,
                   scenario_.release_lag_ms,
                   nullptr,
                   scenario_.cache_bytes,
                   scenario_.restore_batch_users,
                   scenario_.static_members,
                   served_shadow(scenario_.config),
                   scenario_.commits_beside},
      expected_(Expected::replay_versions(scenario_, application_)),
      feed_(&env_, &scenario_),
      observer_(&env_, &scenario_, &expected_),
      changelog_(&env_, &scenario_) {
  env_.plan = scenario_.plan;
  for (const Expected& version : expected_) {
    if (version.violation) env_.violation = version.violation;
  }
  env_.broker.deliver_at_once(scenario_.deliver_at_once);
  env_.broker.keep_tombstones(scenario_.tombstones_kept);
  env_.broker.create_topic(scenario_.config.kafka.input, scenario_.partitions);
  for (const auto& output : pipeline::output_topics(scenario_.config)) {
    env_.broker.create_topic(output.name, scenario_.partitions);
  }
  if (scenario_.config.changelog) {
    env_.broker.create_topic(pipeline::changelog_topic(scenario_.config), scenario_.partitions);
  }
  for (std::size_t i = 0; i < scenario_.threads.size(); ++i) {
    processes_.push_back(
        std::make_unique<Process>(&env_, &application_, static_cast<int>(i), scenario_.threads[i]));
    restart_at_.emplace_back(env_.now() + static_cast<std::int64_t>(env_.random.below(500)));
  }
}

Outcome World::run() {
  feed_.run();
  tick();
  Outcome outcome;
  while (!env_.violation && phase_ != Phase::kOver) {
    FRESHET_CHECK(env_.scheduler.step());
    if (++outcome.steps == kStepsMax) env_.violate("progress", "the run does not end");
  }
  if (!env_.violation) {
    observer_.check_complete();
    changelog_.check_end();
    check_stores();
    check_models();
  }
  for (const auto& process : processes_) {
    outcome.lives += process->lives();
    process->kill();
  }
  outcome.violation = env_.violation;
  outcome.counts = env_.counts;
  outcome.events = scenario_.input.size();
  outcome.hash = env_.trace.hash();
  outcome.trace = env_.trace.lines();
  return outcome;
}

void World::tick() {
  if (phase_ == Phase::kDisturbed) disturb();
  if (scenario_.config.changelog) clean_logs();
  end_sessions();
  end_transactions();
  land_markers();
  restart_processes();
  observer_.look();
  changelog_.look();
  advance_phase();
  env_.scheduler.after(1 + static_cast<std::int64_t>(env_.random.below(kTickMsMax)),
                       [this] { tick(); });
}

void World::disturb() {
  const auto sessions = env_.broker.sessions();
  if (!sessions.empty() && env_.strikes(Fault::kExpire)) {
    env_.note("a session expires");
    env_.broker.expire(sessions[env_.random.below(sessions.size())].member);
  }
  const auto open = env_.broker.ongoing_transactions();
  if (!open.empty() && env_.strikes(Fault::kTransactionTimeout)) {
    env_.note("a transaction is timed out");
    env_.broker.time_out_transaction(open[env_.random.below(open.size())].transactional_id);
  }
  if (env_.strikes(Fault::kLeave)) processes_[env_.random.below(processes_.size())]->stop();
  if (env_.strikes(Fault::kDays)) {
    // A decision is known everywhere long before.
    for (const auto& marker : env_.broker.pending_markers()) env_.broker.land_marker(marker.number);
    env_.note("days pass");
    const std::int64_t span = (1 + static_cast<std::int64_t>(env_.random.below(9))) * kDayMs;
    env_.clock.advance(span);
    scenario_.calm_from_ms += span;
    feed_.wait(span);
  }
}

void World::clean_logs() {
  for (std::int32_t i = 0; i < scenario_.partitions; ++i) {
    const Partition partition{i};
    if (env_.strikes(Fault::kCompaction)) {
      changelog_.look();
      const std::string topic = pipeline::changelog_topic(scenario_.config);
      const Position stable = env_.broker.stable_end(topic, partition);
      // The newest part of a log, its active segment, is never cleaned.
      const Position below{static_cast<std::int64_t>(
          env_.random.below(static_cast<std::uint64_t>(stable.value) + 1))};
      env_.note("changelog " + std::to_string(i) + " is cleaned below " +
                std::to_string(below.value));
      env_.broker.compact(topic, partition, env_.clock.now(), below);
    }
    const auto& marker = changelog_.last_marker(partition);
    if (marker && env_.strikes(Fault::kRetention)) {
      // Less is a loss that the operator is told of; more than this a worker never reads again.
      env_.note("input " + std::to_string(i) + " begins at " +
                std::to_string(marker->applied_from.value));
      env_.broker.trim(scenario_.config.kafka.input, partition, marker->applied_from);
    }
  }
}

void World::end_sessions() {
  for (const auto& session : env_.broker.sessions()) {
    if (env_.now() - session.heard_ms <= scenario_.session_ms) continue;
    env_.note("session of member " + std::to_string(session.member) + " is over");
    env_.broker.expire(session.member);
  }
}

void World::end_transactions() {
  for (const auto& open : env_.broker.ongoing_transactions()) {
    if (env_.now() - open.began_ms <= scenario_.transaction_timeout_ms) continue;
    env_.counts.count(Fault::kAbandoned);
    env_.note("transaction of " + open.transactional_id + " is over");
    env_.broker.time_out_transaction(open.transactional_id);
  }
}

void World::land_markers() {
  for (const test::PendingMarker& marker : env_.broker.pending_markers()) {
    if (env_.healing || env_.random.chance(0.3)) env_.broker.land_marker(marker.number);
  }
}

void World::restart_processes() {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    if (!processes_[i]->down() || phase_ == Phase::kStopping) continue;
    if (!restart_at_[i]) {
      const bool soon = env_.healing || env_.random.chance(0.7);
      restart_at_[i] =
          env_.now() + static_cast<std::int64_t>(env_.random.below(soon ? 500 : 20'000));
    }
    if (env_.healing) restart_at_[i] = std::min(*restart_at_[i], env_.now() + 500);
    if (*restart_at_[i] > env_.now()) continue;
    restart_at_[i].reset();
    processes_[i]->start();
  }
}

void World::advance_phase() {
  switch (phase_) {
    case Phase::kDisturbed:
      if (env_.now() < scenario_.calm_from_ms || !feed_.all_appended()) return;
      env_.note("the faults are over");
      env_.healing = true;
      healing_since_ = env_.now();
      for (const auto& process : processes_) process->go_on();
      phase_ = Phase::kHealing;
      return;
    case Phase::kHealing:
      if (!feed_.all_committed() || env_.now() - healing_since_ < settle_ms()) {
        if (env_.now() - healing_since_ > kHealingMsMax) {
          env_.violate("progress", "not everything is committed long after the last fault");
        }
        return;
      }
      env_.note("everything is committed");
      for (const auto& process : processes_) process->stop();
      phase_ = Phase::kStopping;
      return;
    case Phase::kStopping:
      if (std::all_of(processes_.begin(), processes_.end(),
                      [](const auto& process) { return process->down(); })) {
        phase_ = Phase::kOver;
      }
      return;
    case Phase::kOver:
      return;
  }
}

// Sessions and transactions of the dead run out first; whoever is here then has all that it will be
// given.
std::int64_t World::settle_ms() const {
  return std::max(scenario_.session_ms, scenario_.transaction_timeout_ms) + kSettleMs;
}

void World::check_stores() {
  std::map<Partition, bool> found;
  for (const auto& process : processes_) {
    stateful::StateStore* const store = process->store()->content();
    std::string problems;
    const auto digests = logical_digests_of(store, scenario_.config, &problems);
    if (!problems.empty()) {
      env_.violate("final_state", "process " + std::to_string(process->number()) + ": " + problems);
    }
    for (const auto& [partition, digest] : digests) {
      const auto committed = env_.broker.committed(scenario_.config.application_id, partition);
      const stateful::StoredMarker stored = **store->read_marker(partition);
      const stateful::Marker& marker = stored.marker;
      if (stored.restored) continue;
      const auto ref = pipeline::decode_position_metadata(committed->metadata);
      if (!ref || ref->marker != pipeline::MarkerRef{marker.lineage, marker.number}) continue;
      found[partition] = true;
      // A task that was told to stop while it read again goes on there at its next start.
      if (marker.applied_from != committed->position) continue;
      const auto wanted = expected_.front().logical_digests.find(partition);
      if (wanted == expected_.front().logical_digests.end() || wanted->second != digest) {
        env_.violate("logical_digest", "partition " + std::to_string(partition.value) +
                                           " of process " + std::to_string(process->number()) +
                                           " is not what the replay leaves");
      }
    }
  }
  for (const auto& [partition, digest] : expected_.front().logical_digests) {
    if (!found[partition]) {
      env_.violate("final_state", "partition " + std::to_string(partition.value) +
                                      ": no store holds its last checkpoint");
    }
  }
}

// Where outputs may be repeated, the first of two may be of another model.
void World::check_models() {
  if (scenario_.config.delivery != pipeline::Delivery::kExactlyOnce) return;
  for (const auto& [name, scored] : observer_.scored()) {
    if (!scenario_.config.changelog) break;
    const auto& models = changelog_.models(scored.source.partition);
    const auto marker = models.upper_bound(Position{scored.source.offset.value});
    if (marker == models.end() || marker->second.label != scored.source.model ||
        is_before(scored.source.offset, marker->second.first_position)) {
      env_.violate(
          "marked_model",
          "input " + name + " is scored by " + scored.source.model + "; its marker says " +
              (marker == models.end() ? "nothing"
                                      : marker->second.label + " from position " +
                                            std::to_string(marker->second.first_position.value)));
    }
  }
  if (application_.versions.size() == 1) return;
  pipeline::SwapFinder finder;
  do {
    for (const auto& [name, scored] : sorted_by_offset(observer_.scored())) {
      finder.note(scored->place, scored->source);
    }
  } while (finder.found_more());
  pipeline::RecordedSwaps swaps;
  for (const pipeline::ModelSwap& swap : finder.swaps()) {
    const auto version = std::find_if(application_.versions.begin(), application_.versions.end(),
                                      [&](const auto& one) { return one->label == swap.model; });
    FRESHET_CHECK(version != application_.versions.end());
    swaps.add(swap.partition, swap.first_position, *version);
  }
  Application repeated = application_;
  repeated.swaps = &swaps;
  const Expected replayed = Expected::replay(scenario_, repeated);
  for (const auto& [source, line] : observer_.lines()) {
    const auto again = replayed.lines.find(source);
    if (again != replayed.lines.end() && again->second == line) continue;
    env_.violate("swaps_repeated", "input " + source + " gave " + line +
                                       "; the replay with its swaps gives " +
                                       (again == replayed.lines.end() ? "nothing" : again->second));
  }
}

}  // namespace freshet::sim
