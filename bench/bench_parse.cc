// Decoding one event of about 125 bytes: the event decoder, which validates the whole value, and
// simdjson's DOM parser with the same fields read, which is what one would write without it.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.h"
#include "pipeline/events/event_decoder.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kEvents = 4096;
constexpr std::uint64_t kSeed = 20201014;

struct Sample {
  std::string user;
  std::string item;
  std::int64_t ts = 0;
  std::string json;
};

std::vector<Sample> make_samples() {
  Random random(kSeed);
  std::vector<Sample> samples(kEvents);
  for (Sample& sample : samples) {
    sample.user = std::to_string(10'000'000 + random.below(90'000'000));
    sample.item = std::to_string(10'000'000 + random.below(90'000'000));
    sample.ts = 1'602'633'600'000 + static_cast<std::int64_t>(random.below(1'000'000'000));
    sample.json = R"({"event_id":"e-)" +
                  std::to_string(1'000'000'000 + random.below(1'000'000'000)) + R"(","user_id":")" +
                  sample.user + R"(","item_id":")" + sample.item + R"(","ts":)" +
                  std::to_string(sample.ts) + R"(,"type":"click","tab":1})";
  }
  return samples;
}

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = make_samples();
  return all;
}

WorkerConfig clicks() {
  WorkerConfig config;
  config.behaviours.resize(1);
  config.behaviours[0].types = {"click"};
  config.events.context = {"tab"};
  return config;
}

// A bench that would time a wrong answer fails before it times anything.
void require(bool right, std::string_view what) {
  if (right) return;
  std::fprintf(stderr, "bench_parse: wrong result: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

struct DomEvent {
  std::string_view user;
  std::string_view item;
  std::int64_t ts = 0;
  std::int64_t tab = 0;
};

DomEvent parse_dom(simdjson::dom::parser* parser, const std::string& json) {
  DomEvent event;
  simdjson::dom::object object;
  require(parser->parse(json).get(object) == simdjson::SUCCESS, "DOM parse");
  require(object["user_id"].get(event.user) == simdjson::SUCCESS, "DOM user");
  require(object["item_id"].get(event.item) == simdjson::SUCCESS, "DOM item");
  require(object["ts"].get(event.ts) == simdjson::SUCCESS, "DOM time");
  require(object["tab"].get(event.tab) == simdjson::SUCCESS, "DOM tab");
  return event;
}

void check_results() {
  EventDecoder decoder(clicks());
  simdjson::dom::parser parser;
  for (const Sample& sample : samples()) {
    const auto event = decoder.decode(sample.json);
    require(event.has_value(), "decode");
    const DomEvent dom = parse_dom(&parser, sample.json);
    require(event->user.str() == sample.user && dom.user == sample.user, "user");
    require(event->item.has_value() && event->item->str() == sample.item, "item");
    require(dom.item == sample.item, "DOM item");
    require(event->ts.ms == sample.ts && dom.ts == sample.ts, "time");
    require(event->kind == EventKind::kClick && event->behaviour == 0, "kind");
    require(event->context.size() == 1 && event->context[0] == "1" && dom.tab == 1, "context");
  }
}

void set_rates(benchmark::State& state) {
  std::size_t bytes = 0;
  for (const Sample& sample : samples()) bytes += sample.json.size();
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes / kEvents));
}

void BM_Parse_Decode(benchmark::State& state) {
  check_results();
  EventDecoder decoder(clicks());
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode(samples()[at].json));
    at = (at + 1) % kEvents;
  }
  set_rates(state);
}
BENCHMARK(BM_Parse_Decode);

void BM_Parse_PeekUser(benchmark::State& state) {
  EventDecoder decoder(clicks());
  for (const Sample& sample : samples()) {
    require(decoder.peek_user(sample.json) == UserId(sample.user), "peeked user");
  }
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.peek_user(samples()[at].json));
    at = (at + 1) % kEvents;
  }
  set_rates(state);
}
BENCHMARK(BM_Parse_PeekUser);

void BM_Parse_DomReference(benchmark::State& state) {
  check_results();
  simdjson::dom::parser parser;
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parse_dom(&parser, samples()[at].json));
    at = (at + 1) % kEvents;
  }
  set_rates(state);
}
BENCHMARK(BM_Parse_DomReference);

}  // namespace
}  // namespace freshet::pipeline
