#include "bench/latency/load.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "bench/latency/arrivals.h"
#include "bench/latency/click_ledger.h"
#include "common/check.h"

namespace freshet::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kSilenceMax{60};
constexpr milliseconds kPollWait{20};
// A click may wait so long for the sender to wake up: waking for each would take a part of a core.
constexpr std::chrono::microseconds kWakeEvery{200};

// A sender's thread and what came of it. Ends the sending and waits where it is not over.
class Sending {
 public:
  using Send = std::function<Status(const std::atomic<bool>& stopped)>;

  explicit Sending(Send send)
      : thread_([this, send = std::move(send)] {
          sent_ = send(stopped_);
          is_over_ = true;
        }) {}
  ~Sending() { join(); }

  bool has_failed() const { return is_over_ && !sent_; }
  Status join() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
    return sent_;
  }

 private:
  Status sent_;  // once is_over_
  std::atomic<bool> stopped_{false};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

// Reads until every click of the ledger has its score; on_score(how many have one).
Status read_scores(steady_clock::time_point begin, const Sending& sending, ClickLedger* ledger,
                   pipeline::TopicTail* scores, const std::function<void(std::size_t)>& on_score) {
  auto heard = steady_clock::now();
  Status noted;
  while (ledger->missing() > 0 && !sending.has_failed()) {
    const std::size_t before = ledger->scored();
    const Status read =
        scores->poll(kPollWait, [&](std::string_view, const pipeline::DumpRecord& record) {
          const nanoseconds at = steady_clock::now() - begin;
          const auto click = click_of(record.value.value_or(""));
          if (!noted) return;
          noted = click ? ledger->note_score(*click, at)
                        : error(ErrorCode::kFatal, "a record that is no score of a click");
          if (noted) on_score(ledger->scored());
        });
    if (!read) return read;
    if (!noted) return noted;
    const auto now = steady_clock::now();
    if (ledger->scored() > before) heard = now;
    if (now - heard > kSilenceMax) {
      return error(ErrorCode::kFatal, std::to_string(ledger->missing()) + " of " +
                                          std::to_string(ledger->due().size()) +
                                          " clicks have no score, and none came for a minute");
    }
  }
  return {};
}

}  // namespace

Result<double> run_backlog(const Backlog& backlog, LoadClients* clients) {
  FRESHET_CHECK(backlog.clicks >= 100 && backlog.waiting_max > 0);
  const std::uint64_t first = clients->next_click;
  clients->next_click += backlog.clicks;
  ClickLedger ledger(first, std::vector<nanoseconds>(backlog.clicks, nanoseconds(0)));
  std::atomic<std::size_t> scored{0};
  Sending sending([&](const std::atomic<bool>& stopped) -> Status {
    for (std::size_t i = 0; i < backlog.clicks; ++i) {
      while (i - scored >= backlog.waiting_max) {
        if (stopped) return {};
        std::this_thread::sleep_for(milliseconds(1));
      }
      if (Status sent = clients->sender.send(first + i); !sent) return sent;
    }
    return clients->sender.flush();
  });
  const std::size_t from = backlog.clicks / 5;
  const std::size_t until = backlog.clicks - backlog.clicks / 20;
  const auto begin = steady_clock::now();
  steady_clock::time_point from_at;
  steady_clock::time_point until_at;
  const Status read =
      read_scores(begin, sending, &ledger, &clients->scores, [&](std::size_t count) {
        scored = count;
        if (count == from) from_at = steady_clock::now();
        if (count == until) until_at = steady_clock::now();
      });
  if (Status sent = sending.join(); !sent) return tl::unexpected<Error>(sent.error());
  if (!read) return tl::unexpected<Error>(read.error());
  const std::chrono::duration<double> seconds = until_at - from_at;
  return static_cast<double>(until - from) / seconds.count();
}

Result<ScheduledLoad> run_schedule(const Schedule& schedule, LoadClients* clients) {
  const std::uint64_t first = clients->next_click;
  ClickLedger ledger(first, arrivals(schedule.clicks_per_s, schedule.duration, schedule.seed));
  const std::vector<nanoseconds>& due = ledger.due();
  clients->next_click += due.size();
  std::vector<nanoseconds> late(due.size());
  // What is due at once is not late because its thread is not there yet.
  const auto begin = steady_clock::now() + milliseconds(10);
  Sending sending([&](const std::atomic<bool>& stopped) -> Status {
    for (std::size_t i = 0; i < due.size() && !stopped; ++i) {
      if (begin + due[i] > steady_clock::now()) {
        std::this_thread::sleep_until(std::max(begin + due[i], steady_clock::now() + kWakeEvery));
      }
      if (Status sent = clients->sender.send(first + i); !sent) return sent;
      late[i] = steady_clock::now() - begin - due[i];
    }
    return clients->sender.flush();
  });
  const Status read = read_scores(begin, sending, &ledger, &clients->scores, [](std::size_t) {});
  if (Status sent = sending.join(); !sent) return tl::unexpected<Error>(sent.error());
  if (!read) return tl::unexpected<Error>(read.error());
  return ScheduledLoad{quantiles_of(ledger.latencies(schedule.warm_up)),
                       quantiles_of(std::move(late))};
}

}  // namespace freshet::bench
