#include "tests/support/pipeline_fixture.h"

#include <limits>
#include <utility>

#include "common/check.h"
#include "pipeline/config/config_parser.h"
#include "tests/support/scorer_models.h"

namespace freshet::test {
namespace {

constexpr Partition kPartition{0};

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

// The members that every event has.
std::string event_json(std::string_view user, std::int64_t ms, std::string_view type) {
  return "{\"user_id\":" + in_quotes(user) + ",\"ts\":" + std::to_string(kBaseMs + ms) +
         ",\"type\":" + in_quotes(type);
}

std::string random_event(Random* random, std::string_view user,
                         const pipeline::WorkerConfig& config, std::int64_t ms) {
  // v8 and v9 are no items of small_model.
  const auto item = [&] { return "v" + std::to_string(random->below(10)); };
  const std::uint64_t kind = random->below(10);
  if (kind < 5) {
    const auto& behaviour = config.behaviours[random->below(config.behaviours.size())];
    return click_json(user, item(), ms, behaviour.types.front());
  }
  if (kind < 8) return impression_json(user, item(), ms, random->chance(0.4));
  std::vector<std::string> candidates;
  for (std::uint64_t i = random->below(4); i > 0; --i) candidates.push_back(item());
  return request_json(user, ms, candidates);
}

}  // namespace

pipeline::WorkerConfig config_of(std::string_view yaml) {
  Result<pipeline::WorkerConfig> config = pipeline::parse_config(yaml, "test.yaml");
  FRESHET_CHECK(config.has_value());
  return std::move(*config);
}

scorer::ModelInitOptions small_model(const pipeline::WorkerConfig& config, std::size_t items) {
  scorer::ModelInitOptions options;
  options.embedding_dim = 3;
  options.item_ids = numbered_items(items);
  options.behaviours.clear();
  for (const auto& behaviour : config.behaviours) {
    options.behaviours.push_back(behaviour.limits.name);
  }
  options.attention_hidden = 2;
  options.hidden1 = 4;
  options.hidden2 = 3;
  options.wide_buckets = 64;
  options.recent_clicks = 2;
  return options;
}

std::shared_ptr<const pipeline::ServedModel> serve(scorer::Model model,
                                                   const pipeline::WorkerConfig& config) {
  auto served = pipeline::ServedModel::create(share(std::move(model)), config);
  FRESHET_CHECK(served.has_value());
  return *served;
}

std::string click_json(std::string_view user, std::string_view item, std::int64_t ms,
                       std::string_view type) {
  return event_json(user, ms, type) + ",\"item_id\":" + in_quotes(item) + "}";
}

std::string impression_json(std::string_view user, std::string_view item, std::int64_t ms,
                            bool label) {
  return event_json(user, ms, "impression") + ",\"item_id\":" + in_quotes(item) +
         ",\"label\":" + (label ? "1" : "0") + "}";
}

std::string request_json(std::string_view user, std::int64_t ms,
                         const std::vector<std::string>& candidates) {
  std::string list;
  for (const std::string& item : candidates) list += (list.empty() ? "" : ",") + in_quotes(item);
  return event_json(user, ms, "request") + ",\"request_id\":\"r\",\"candidates\":[" + list + "]}";
}

StoredRecord keyed_record(std::string_view user, std::string value) {
  StoredRecord record;
  record.key = std::string(user);
  record.value = std::move(value);
  return record;
}

pipeline::InputRecord view_of(const StoredRecord& record) {
  return {record.partition, record.offset, record.timestamp, record.key, record.value};
}

std::vector<StoredRecord> random_log(Random* random, std::size_t records,
                                     const pipeline::WorkerConfig& config) {
  std::vector<StoredRecord> log;
  std::int64_t offset = 0;
  std::int64_t ms = 1'000;
  while (log.size() < records) {
    const std::string user = "u" + std::to_string(random->below(3));
    ms += static_cast<std::int64_t>(random->below(4));
    const auto late = random->chance(0.3) ? static_cast<std::int64_t>(random->below(40)) : 0;
    StoredRecord record = keyed_record(user, random_event(random, user, config, ms - late));
    if (!log.empty() && random->chance(0.1)) record = log[random->below(log.size())];
    if (random->chance(0.03)) record.value = "{";
    if (random->chance(0.03)) record.key = "somebody else";
    if (random->chance(0.03)) record.value.reset();
    if (random->chance(0.05)) offset += 1 + static_cast<std::int64_t>(random->below(3));
    record.offset = Offset{offset++};
    log.push_back(std::move(record));
  }
  return log;
}

std::string line_of(const pipeline::OutputRecord& output) {
  std::string line(name_of(output.topic));
  line += " " + output.key.value_or("(no key)") + " " + output.value.value_or("(no value)");
  for (const pipeline::Header& header : output.headers) {
    line += " " + header.name + "=" + header.value;
  }
  return line;
}

std::string reason_of(const std::vector<pipeline::Header>& headers) {
  for (const pipeline::Header& header : headers) {
    if (header.name == "freshet.reason") return header.value;
  }
  return {};
}

TaskRun::TaskRun(const pipeline::TaskContext& context, std::size_t cache_bytes,
                 std::optional<pipeline::CommittedPosition> committed)
    : context_(context), cache_bytes_(cache_bytes), committed_(std::move(committed)) {}

Status TaskRun::start() {
  FRESHET_CHECK(task_ == nullptr);
  prepared_.reset();
  const stateful::OwnerToken owner = context_.store->take_ownership(kPartition);
  const auto stored = context_.store->read_marker(kPartition);
  if (!stored) return tl::unexpected(stored.error());
  const std::string fingerprint =
      pipeline::fingerprint_of(*context_.config, context_.config->kafka.input, 1, Partition{0});
  stateful::LineageId fresh;
  fresh.bytes[0] = 7;
  // A log that nothing is dropped of, and that has no end.
  const PositionRange range{Position{0}, Position{std::numeric_limits<std::int64_t>::max()}};
  const auto start = pipeline::plan_task_start(
      {kPartition, committed_, *stored, range, {Position{0}, true}, fingerprint, fresh});
  if (!start) return tl::unexpected(start.error());
  task_ = std::make_unique<pipeline::Task>(context_, kPartition, *start, owner, *stored,
                                           fingerprint, cache_bytes_);
  if (task_->needs_first_commit()) commit(pipeline::Task::Save::kScheduled);
  return {};
}

Result<std::optional<pipeline::OutputRecord>> TaskRun::process(
    const pipeline::InputRecord& record) {
  const auto outputs = task_->process(record);
  if (!outputs) return tl::unexpected(outputs.error());
  if (outputs->empty()) return std::nullopt;
  return outputs->front();
}

bool TaskRun::commit_position(pipeline::Task::Save save) {
  FRESHET_CHECK(task_->finish_save().has_value());
  prepared_ = task_->prepare_commit(save);
  if (!prepared_) return false;
  if (prepared_->position) committed_ = *prepared_->position;
  return true;
}

Status TaskRun::save_batch() {
  FRESHET_CHECK(prepared_.has_value());
  return task_->post_commit(*prepared_);
}

void TaskRun::step_until_done() {
  while (true) {
    const Result<bool> stepped = task_->step();
    FRESHET_CHECK(stepped.has_value());
    if (!*stepped) return;
  }
}

bool TaskRun::commit(pipeline::Task::Save save) {
  if (!commit_position(save)) return false;
  FRESHET_CHECK(save_batch().has_value());
  step_until_done();
  return true;
}

stateful::Digest logical_digest(stateful::StateStore* store, const pipeline::WorkerConfig& config) {
  const auto report = pipeline::verify_state(store, config.limits());
  FRESHET_CHECK(report.has_value() && report->sound() && report->partitions.size() == 1);
  return report->partitions.front().logical_digest;
}

}  // namespace freshet::test
