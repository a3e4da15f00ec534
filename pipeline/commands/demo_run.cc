#include "pipeline/commands/demo_run.h"

#include <array>
#include <atomic>
#include <charconv>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "pipeline/kafka/kafka_transport.h"
#include "pipeline/kafka/mock_broker.h"
#include "pipeline/kafka/produce.h"
#include "pipeline/kafka/topic_tail.h"
#include "pipeline/log/log.h"
#include "pipeline/memory_split.h"
#include "pipeline/state/save_thread.h"
#include "pipeline/worker/worker.h"

namespace freshet::commands {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kReadTimeout{100};
constexpr milliseconds kGlance{100};  // between two looks at a stop
constexpr milliseconds kSilenceMax{30'000};

// The number after `name` in one of our own outputs.
std::int64_t number_after(std::string_view name, std::string_view text, std::size_t from) {
  std::int64_t number = -1;
  const std::size_t at = text.find(name, from);
  if (at == std::string_view::npos) return number;
  const std::string_view digits = text.substr(at + name.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string header_of(const pipeline::DumpRecord& record, std::string_view name) {
  for (const pipeline::DumpRecordHeader& header : record.headers) {
    if (header.name == name) return header.value.value_or("");
  }
  return {};
}

std::int64_t number_of(const std::string& text) {
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Librdkafka's own lines about a broker that it does not know to be a mock.
void log_quietly(int level, std::string_view line) {
  if (level <= pipeline::kKafkaLogError) pipeline::log_syslog(level, line);
}

pipeline::KafkaTransportOptions client(const std::string& name) {
  pipeline::KafkaTransportOptions options;
  options.client_id = name;
  options.log = log_quietly;
  options.topic_bytes_max = pipeline::kMockTopicBytesMax;
  return options;
}

class DemoRun {
 public:
  DemoRun(const DemoOptions& options, Loaded loaded, DemoRanking ranking,
          stateful::StateStore* store, const Clock& clock, pipeline::StopSignal* stop)
      : options_(options),
        loaded_(std::move(loaded)),
        store_(store),
        clock_(clock),
        stop_(stop),
        ledger_(options.partitions) {
    outcome_.ranking = std::move(ranking);
  }

  Result<DemoOutcome> run() {
    auto broker = pipeline::MockBroker::start(log_quietly);
    if (!broker) return tl::unexpected(broker.error());
    pipeline::KafkaConfig& kafka = loaded_.config.kafka;
    kafka.bootstrap = (*broker)->bootstrap();
    // The mock answers a fetch that found nothing when this is over, not when something comes.
    kafka.client["fetch.wait.max.ms"] = "2";
    for (const std::string& topic : {kafka.input, kafka.output, kafka.dead_letter}) {
      const Status made = (*broker)->create_topic(topic, options_.partitions);
      if (!made) return tl::unexpected(made.error());
    }
    std::thread worker([this] { work(); });
    std::thread reader([this] { read(); });
    feed();
    if (!failure_of(fed_)) await_outputs();
    worker_stop_.request();
    worker.join();
    reader_stop_.request();
    reader.join();
    progress_.reset();
    for (const Status* status : {&worked_, &fed_, &read_}) {
      if (!*status) return tl::unexpected(status->error());
    }
    outcome_.tally = ledger_.tally();
    outcome_.full_speed_s =
        std::chrono::duration<double>(outcome_.tally.last_output - full_speed_from_).count();
    outcome_.stopped = stop_->requested();
    return std::move(outcome_);
  }

 private:
  static bool failure_of(const Status& status) { return !status.has_value(); }

  // The first failure of any thread ends all of them.
  bool over() const { return stop_->requested() || failed_; }

  void work() {
    const std::size_t cache_bytes =
        pipeline::split_memory(loaded_.config.memory_budget_mb).hot_users_bytes;
    pipeline::TaskContext context;
    context.config = &loaded_.config;
    context.model = loaded_.model;
    context.store = store_;
    context.clock = &clock_;
    context.counters = &outcome_.counters;
    pipeline::SaveThread saves(store_);
    context.saves = &saves;
    pipeline::Worker worker(
        context, cache_bytes,
        [this]() -> Result<std::unique_ptr<pipeline::Transport>> {
          auto transport = pipeline::KafkaTransport::create(loaded_.config, client("demo-worker"));
          if (!transport) return tl::unexpected(transport.error());
          return std::unique_ptr<pipeline::Transport>(std::move(*transport));
        },
        &worker_stop_);
    worked_ = worker.run();
    if (failure_of(worked_)) failed_ = true;
  }

  void read() {
    const std::array<std::string, 2> topics = {loaded_.config.kafka.output,
                                               loaded_.config.kafka.dead_letter};
    auto tail = pipeline::TopicTail::open(loaded_.config, topics, client("demo-reader"));
    if (!tail) read_ = tl::unexpected(tail.error());
    while (read_ && !reader_stop_.requested()) {
      read_ = tail->poll(kReadTimeout,
                         [this](std::string_view topic, const pipeline::DumpRecord& record) {
                           note(topic, record);
                         });
    }
    if (failure_of(read_)) failed_ = true;
  }

  void note(std::string_view topic, const pipeline::DumpRecord& record) {
    const std::string_view value = record.value ? std::string_view(*record.value) : "";
    if (topic == loaded_.config.kafka.dead_letter) {
      ledger_.answered(
          Partition{static_cast<std::int32_t>(number_of(header_of(record, "freshet.partition")))},
          Offset{number_of(header_of(record, "freshet.offset"))}, value.size(),
          header_of(record, "freshet.reason"));
      return;
    }
    // Quotes within ids are escaped, so this text is the member itself.
    const std::size_t source = value.find("\"source\":{");
    const Partition partition{
        static_cast<std::int32_t>(number_after("\"partition\":", value, source))};
    ledger_.answered(partition, Offset{number_after("\"offset\":", value, source)}, value.size(),
                     std::nullopt);
    outcome_.ranking.scored(value);
    const bool of_click_on_catalogue =
        value.find("},{\"item_id\":", source) != std::string_view::npos &&
        value.find("\"request_id\":") > source;
    if (record.key && of_click_on_catalogue) {
      outcome_.newest[*record.key] = {std::string(value), partition};
    }
  }

  void feed() {
    pipeline::ProduceOptions produce;
    produce.input = options_.log;
    produce.client = client("demo-producer");
    produce.stop = &feed_stop_;
    produce.before_send = [this](const pipeline::ProduceStep& step) { before_send(step); };
    auto produced = pipeline::produce(loaded_.config, produce);
    if (!produced) fed_ = tl::unexpected(produced.error());
    if (failure_of(fed_)) failed_ = true;
  }

  // The first record waits for the worker to join its group; it is not measured.
  void before_send(const pipeline::ProduceStep& step) {
    const std::uint64_t number = step.records;
    const bool paced = number > 0 && number <= options_.paced;
    fed_count_ = number <= options_.paced ? number : number - options_.paced;
    fed_total_ = number <= options_.paced ? options_.paced : options_.events - options_.paced;
    if (number == 1) {
      wait_until_answered(0);
      progress_.emplace("demo, open loop", "events", clock_);
      paced_from_ = steady_clock::now();
    }
    if (number == options_.paced + 1) {
      wait_until_answered(0);
      progress_.emplace("demo, full speed", "events", clock_);
      full_speed_from_ = steady_clock::now();
      outcome_.full_speed_events = options_.events - number;
    }
    show_progress();
    SteadyTime due = steady_clock::now();
    if (paced) {
      const std::chrono::duration<double> after(static_cast<double>(number - 1) /
                                                options_.paced_per_s);
      due = paced_from_ + std::chrono::duration_cast<steady_clock::duration>(after);
      std::this_thread::sleep_until(due);
    }
    wait_until_answered(ledger_.window() - 1);
    if (over()) {
      feed_stop_.request();
      return;
    }
    ledger_.sent(step.record->partition, due, paced);
  }

  void wait_until_answered(std::uint64_t count) {
    while (!over() && !ledger_.wait_for(count, kGlance)) show_progress();
  }

  // None while the worker joins: nothing moves then, and a guess of what is left would only grow.
  void show_progress() {
    if (progress_) progress_->update(fed_count_, fed_total_);
  }

  void await_outputs() {
    std::uint64_t before = ledger_.on_the_way();
    auto heard = steady_clock::now();
    while (before > 0 && !over()) {
      ledger_.wait_for(0, kGlance);
      const std::uint64_t now = ledger_.on_the_way();
      if (now != before) heard = steady_clock::now();
      before = now;
      if (steady_clock::now() - heard < kSilenceMax) continue;
      fed_ = error(ErrorCode::kFatal, std::to_string(now) +
                                          " events have neither an output nor a dead letter; the "
                                          "worker's log says why");
      return;
    }
  }

  DemoOptions options_;
  Loaded loaded_;
  stateful::StateStore* store_;
  const Clock& clock_;
  pipeline::StopSignal* stop_;  // the user's
  pipeline::StopSignal feed_stop_;
  pipeline::StopSignal worker_stop_;
  pipeline::StopSignal reader_stop_;
  std::atomic<bool> failed_ = false;
  DemoLedger ledger_;
  std::optional<Progress> progress_;  // of the part that is running
  std::uint64_t fed_count_ = 0;
  std::uint64_t fed_total_ = 0;
  DemoOutcome outcome_;
  Status worked_;
  Status fed_;
  Status read_;
  SteadyTime paced_from_;
  SteadyTime full_speed_from_;
};

}  // namespace

Result<DemoOutcome> run_demo(const DemoOptions& options, Loaded loaded, DemoRanking ranking,
                             stateful::StateStore* store, const Clock& clock,
                             pipeline::StopSignal* stop) {
  return DemoRun(options, std::move(loaded), std::move(ranking), store, clock, stop).run();
}

}  // namespace freshet::commands
