#include "pipeline/generate/log_generator.h"

#include <charconv>
#include <iterator>
#include <utility>

#include "common/check.h"
#include "common/hash.h"
#include "pipeline/generate/bad_events.h"

namespace freshet::pipeline {
namespace {

// Times, in ms.
constexpr double kPauseMean = 10.0 * 3'600'000.0;  // between sessions, times the user's factor
constexpr std::int64_t kLookMin = 2'000;           // at an impression
constexpr double kLookMean = 15'000.0;             // beyond that
constexpr double kCartMean = 45'000.0;
constexpr double kOrderMean = 240'000.0;

constexpr double kSessionGoesOn = 0.95;
constexpr double kSeeks = 0.12;  // the user looks for an item instead of taking what is shown
constexpr double kCartAfterClick = 0.10;
constexpr double kOrderAfterCart = 0.45;
constexpr double kRequestWithList = 0.5;
constexpr std::size_t kListLength = 20;

// What may be sent again: so few and so young that the first is still in every sequence.
constexpr std::size_t kRecentEvents = 32;
constexpr std::int64_t kResendAgeMax = 3'600'000;
// Of one user, so that a log in which all is late still has something that it is late behind.
constexpr std::size_t kHeldMax = 64;

std::size_t sequence_of(GeneratedKind kind) {
  return kind == GeneratedKind::kCart ? 1 : kind == GeneratedKind::kOrder ? 2 : 0;
}

template <class Number>
void append_number(Number number, std::string* out) {
  char digits[40];
  out->append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

void append_user(std::size_t user, std::string* out) {
  *out += "\"user_id\":\"u";
  append_number(user + 1, out);
  out->push_back('"');
}

}  // namespace

LogGenerator::LogGenerator(const GenerateOptions& options)
    : options_(options),
      catalogue_(options.seed, options.items),
      audience_(catalogue_, options.users, options.law),
      random_(mix64(options.seed ^ fnv1a64("log"))),
      now_ms_(options.start_ms),
      newest_(options.users),
      held_(options.users) {
  FRESHET_CHECK(options.users > 0 && options.users <= UINT32_MAX && options.items <= UINT32_MAX);
  FRESHET_CHECK(options.impressions || options.clicks);
  FRESHET_CHECK(options.bad + options.duplicates + options.requests <= 1.0);
  for (std::size_t user = 0; user < options.users; ++user) {
    const double away = exponential(kPauseMean * audience_.pause_factor(user), &random_);
    plan(now_ms_ + static_cast<std::int64_t>(away), user, GeneratedKind::kRequest);
  }
}

void LogGenerator::plan(std::int64_t ts_ms, std::size_t user, GeneratedKind kind,
                        std::size_t item) {
  plans_.push({ts_ms, plans_made_++, static_cast<std::uint32_t>(user),
               static_cast<std::uint32_t>(item), kind});
}

const GeneratedEvent* LogGenerator::next() {
  if (written_ == options_.events) return nullptr;
  // The last lines are for those that were held back: each event of the log is written.
  if (released_.empty() && held_count_ >= options_.events - written_) {
    for (std::size_t user = 0; user < held_.size(); ++user) release_held(user);
  }
  while (true) {
    if (!released_.empty()) {
      GeneratedEvent event = std::move(released_.front());
      released_.pop_front();
      return write(std::move(event));
    }
    double kind = random_.unit();
    if (kind < options_.bad) return write(bad());
    kind -= options_.bad;
    if (kind < options_.duplicates) {
      if (std::optional<GeneratedEvent> again = resend()) return write(std::move(*again));
    }
    kind -= options_.duplicates;
    if (kind >= 0 && kind < options_.requests) return write(request());
    GeneratedEvent event = act();
    if (!hold_back(event)) return write(std::move(event));
  }
}

GeneratedEvent LogGenerator::act() {
  while (true) {
    const Plan next = plans_.top();
    plans_.pop();
    now_ms_ = next.ts_ms;
    last_user_ = next.user;
    if (next.kind == GeneratedKind::kCart || next.kind == GeneratedKind::kOrder) {
      GeneratedEvent event;
      event.kind = next.kind;
      event.ts_ms = next.ts_ms;
      event.user = next.user;
      event.item = next.item;
      if (next.kind == GeneratedKind::kCart && random_.chance(kOrderAfterCart)) {
        plan(now_ms_ + 1'000 + static_cast<std::int64_t>(exponential(kOrderMean, &random_)),
             next.user, GeneratedKind::kOrder, next.item);
      }
      const bool wanted = next.kind == GeneratedKind::kCart ? options_.carts : options_.orders;
      if (!wanted) continue;
      encode(&event);
      return event;
    }
    std::optional<GeneratedEvent> event = act_in_feed(next);
    plan_next(next);
    if (event) return std::move(*event);
  }
}

std::optional<GeneratedEvent> LogGenerator::act_in_feed(const Plan& next) {
  if (next.kind == GeneratedKind::kRequest) audience_.begin_session(next.user, &random_);
  GeneratedEvent event;
  event.ts_ms = next.ts_ms;
  event.user = next.user;
  if (options_.clicks && random_.chance(kSeeks)) {
    event.kind = GeneratedKind::kClick;
    event.item = audience_.draw_sought(next.user, &random_);
  } else {
    event.item = audience_.draw_shown(next.user, &random_);
    const std::size_t tab = random_.below(kTabs);
    event.probability = audience_.click_probability(next.user, event.item, tab);
    event.label = random_.chance(event.probability);
    event.kind = options_.impressions ? GeneratedKind::kImpression : GeneratedKind::kClick;
    event.tab = tab;
    if (!options_.impressions && !event.label) return std::nullopt;
  }
  if (event.is_click()) follow_click(event.ts_ms, next.user, event.item);
  encode(&event);
  return event;
}

void LogGenerator::follow_click(std::int64_t ts_ms, std::size_t user, std::size_t item) {
  audience_.note_click(user, item);
  if (!random_.chance(kCartAfterClick)) return;
  plan(ts_ms + 1'000 + static_cast<std::int64_t>(exponential(kCartMean, &random_)), user,
       GeneratedKind::kCart, item);
}

// A plan of kind kRequest begins a session, one of kind kImpression goes on with it.
void LogGenerator::plan_next(const Plan& done) {
  if (random_.chance(kSessionGoesOn)) {
    const double look = exponential(kLookMean, &random_);
    plan(done.ts_ms + kLookMin + static_cast<std::int64_t>(look), done.user,
         GeneratedKind::kImpression);
    return;
  }
  const double away = exponential(kPauseMean * audience_.pause_factor(done.user), &random_);
  plan(done.ts_ms + kLookMin + static_cast<std::int64_t>(away), done.user, GeneratedKind::kRequest);
}

GeneratedEvent LogGenerator::request() {
  GeneratedEvent event;
  event.kind = GeneratedKind::kRequest;
  event.user = last_user_;
  event.ts_ms = now_ms_;
  event.line = "{\"request_id\":\"r";
  append_number(written_, &event.line);
  event.line += "\",";
  append_user(event.user, &event.line);
  event.line += ",\"ts\":";
  append_number(event.ts_ms, &event.line);
  event.line += ",\"type\":\"request\"";
  if (random_.chance(kRequestWithList)) {
    event.line += ",\"candidates\":[";
    for (std::size_t i = 0; i < kListLength; ++i) {
      event.line += i == 0 ? "\"" : ",\"";
      event.line += catalogue_[catalogue_.draw(&random_)].id;
      event.line.push_back('"');
    }
    event.line.push_back(']');
  }
  event.line.push_back('}');
  return event;
}

GeneratedEvent LogGenerator::bad() {
  std::string user = "u";
  append_number(last_user_ + 1, &user);
  BadEvent broken = random_bad_event(user, now_ms_, &random_);
  GeneratedEvent event;
  event.kind = GeneratedKind::kBad;
  event.user = last_user_;
  event.ts_ms = now_ms_;
  event.line = std::move(broken.line);
  event.refusal = broken.reason;
  return event;
}

std::optional<GeneratedEvent> LogGenerator::resend() {
  while (!recent_.empty() && recent_.front().ts_ms < now_ms_ - kResendAgeMax) recent_.pop_front();
  if (recent_.empty()) return std::nullopt;
  GeneratedEvent again = recent_[random_.below(recent_.size())];
  again.resent = true;
  return again;
}

void LogGenerator::encode(GeneratedEvent* event) {
  std::string* line = &event->line;
  line->reserve(160);
  *line = "{\"event_id\":\"e";
  append_number(events_made_++, line);
  *line += "\",";
  append_user(event->user, line);
  *line += ",\"item_id\":\"";
  *line += catalogue_[event->item].id;
  *line += "\",\"ts\":";
  append_number(event->ts_ms, line);
  *line += ",\"type\":\"";
  *line += name_of(event->kind);
  line->push_back('"');
  if (event->kind == GeneratedKind::kImpression) {
    *line += event->label ? ",\"label\":1,\"tab\":" : ",\"label\":0,\"tab\":";
    append_number(event->tab, line);
    if (options_.truth) {
      *line += ",\"p\":";
      append_number(event->probability, line);
    }
  }
  line->push_back('}');
}

bool LogGenerator::hold_back(const GeneratedEvent& event) {
  const bool may_be =
      event.kind == GeneratedKind::kImpression || event.kind == GeneratedKind::kClick;
  if (!may_be || !random_.chance(options_.late)) return false;
  if (held_[event.user].size() == kHeldMax) return false;
  held_[event.user].push_back(event);
  ++held_count_;
  return true;
}

void LogGenerator::release_held(std::size_t user) {
  held_count_ -= held_[user].size();
  for (GeneratedEvent& event : held_[user]) released_.push_back(std::move(event));
  held_[user].clear();
}

const GeneratedEvent* LogGenerator::write(GeneratedEvent event) {
  ++written_;
  const bool well_formed = event.kind != GeneratedKind::kBad;
  if (event.is_click() && well_formed) {
    Newest& newest = newest_[event.user][sequence_of(event.kind)];
    const bool greater = event.ts_ms != newest.ts_ms
                             ? event.ts_ms > newest.ts_ms
                             : catalogue_[event.item].id > catalogue_[newest.item].id;
    event.duplicate = event.resent;
    event.late =
        newest.ts_ms >= 0 && !greater && (event.ts_ms != newest.ts_ms || event.item != newest.item);
    if (newest.ts_ms < 0 || greater) {
      newest = {event.ts_ms, static_cast<std::uint32_t>(event.item)};
      if (sequence_of(event.kind) == 0) release_held(event.user);
    }
  }
  if (well_formed && event.kind != GeneratedKind::kRequest && !event.resent) {
    recent_.push_back(event);
    if (recent_.size() > kRecentEvents) recent_.pop_front();
  }
  current_ = std::move(event);
  return &current_;
}

}  // namespace freshet::pipeline
