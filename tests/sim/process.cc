#include "tests/sim/process.h"

#include <utility>

#include "common/check.h"
#include "pipeline/examples/example_records.h"
#include "pipeline/worker/worker.h"
#include "tests/sim/sim_restores.h"
#include "tests/sim/sim_saves.h"
#include "tests/sim/sim_stop.h"
#include "tests/sim/sim_transport.h"

namespace freshet::sim {
namespace {

// How often the scheduler is asked at a call; else the fiber just goes on.
constexpr double kSwitchChance = 0.5;
constexpr std::uint64_t kSlowMsMax = 9'000;
constexpr std::uint64_t kFreezeMsMax = 20'000;

}  // namespace

Process::Process(Env* env, const Application* application, int number, std::size_t threads)
    : env_(env),
      application_(application),
      number_(number),
      threads_(threads),
      models_(env, application, number),
      store_(env, this) {}

Process::~Process() { kill(); }

void Process::start() {
  FRESHET_CHECK(down());
  ++lives_;
  doomed_ = frozen_ = false;
  ended_ = 0;
  stop_requested_ms_.reset();
  env_->note(name() + ": starts");
  for (std::size_t i = 0; i < threads_; ++i) spawn([this, i] { run_worker(i); });
}

void Process::spawn(std::function<void()> body) {
  fibers_.push_back(env_->scheduler.spawn([this, body = std::move(body)] {
    try {
      body();
    } catch (const Crash&) {
    }
    if (++ended_ < fibers_.size()) return;
    env_->scheduler.after(0, [this] {
      if (ended_ == fibers_.size()) fibers_.clear();
    });
  }));
  env_->set_owner(fibers_.back(), this);
}

void Process::run_worker(std::size_t thread) {
  SimStop stop(this);
  pipeline::Counters counters;
  pipeline::TaskContext context{&application_->config, models_.newest(), &store_, &env_->clock,
                                &counters};
  if (application_->swaps == nullptr) context.newer = &models_;
  context.swaps = application_->swaps;
  context.make_lineage = [this] {
    stateful::LineageId lineage;
    for (std::uint8_t& byte : lineage.bytes) {
      byte = static_cast<std::uint8_t>(env_->random.below(256));
    }
    return lineage;
  };
  if (application_->shadow != nullptr) {
    context.beside = {application_->shadow};
    context.publishes_shadow = true;
  }
  if (application_->config.examples.on()) {
    context.make_examples = [this] {
      return std::make_unique<pipeline::ExampleRecords>(application_->config);
    };
  }
  std::optional<SimRestores> restores;
  if (application_->config.changelog) {
    pipeline::RestoreLimits limits;
    limits.batch_users_max = application_->restore_batch_users;
    restores.emplace(this, pipeline::RestoreContext{&store_, &env_->clock,
                                                    changelog_reader_factory(this), limits});
    context.restores = &*restores;
  }
  SimSaves saves(this, &store_);
  context.saves = &saves;
  const std::string instance = application_->static_members ? "process-" + std::to_string(number_) +
                                                                  "-" + std::to_string(thread)
                                                            : std::string();
  pipeline::Worker worker(
      context, application_->cache_bytes,
      [this, &instance]() -> Result<std::unique_ptr<pipeline::Transport>> {
        return std::make_unique<SimTransport>(
            this,
            std::make_unique<test::MemoryTransport>(&env_->broker, application_->config, instance));
      },
      &stop);
  const Status ended = worker.run();
  const std::string what = ended ? "ends" : "ends: " + ended.error().message;
  env_->note(name() + " thread " + std::to_string(thread) + " " + what);
  if (ended || may_end_so(ended.error())) return;
  env_->violate("worker_runs", name() + " thread " + std::to_string(thread) + " " + what);
}

// What an operator's supervisor starts again: a stop that a broker did not answer in time, and one
// fault after the other without a step forward.
bool Process::may_end_so(const Error& error) {
  if (error.code == ErrorCode::kUnavailable) return stop_requested_ms_.has_value();
  if (error.message.find("started over") != 0) return false;
  env_->counts.count(Fault::kGaveUp);
  return true;
}

void Process::kill() {
  if (down()) return;
  doomed_ = true;
  reap();
}

void Process::reap() {
  // A worker that had not begun spawns fibers of its own on its way to its end.
  for (std::size_t i = 0; i < fibers_.size(); ++i) env_->scheduler.run_to_end(fibers_[i]);
  fibers_.clear();
}

void Process::crash_machine() {
  kill();
  store_.lose_tail();
}

void Process::stop() {
  if (down() || stop_requested_ms_) return;
  env_->note(name() + ": is asked to stop");
  stop_requested_ms_ = env_->now();
}

void Process::doom(Call call, Moment moment, bool machine) {
  env_->note(name() + (machine ? ": machine crash " : ": crash ") +
             (moment == Moment::kBefore ? "before " : "after ") + name_of(call));
  env_->counts.count_crash(call, moment);
  doomed_ = true;
  env_->scheduler.after(0, [this, machine] {
    reap();
    if (machine) store_.lose_tail();
  });
  throw Crash{};
}

void Process::freeze() {
  const auto span = static_cast<std::int64_t>(env_->random.below(kFreezeMsMax));
  env_->note(name() + ": stands still for " + std::to_string(span) + " ms");
  frozen_ = true;
  const std::uint64_t life = lives_;
  for (const Scheduler::FiberId fiber : fibers_) env_->scheduler.hold(fiber, true);
  env_->scheduler.after(span, [this, life] {
    if (lives_ == life) go_on();
  });
}

void Process::go_on() {
  if (!frozen_) return;
  frozen_ = false;
  for (const Scheduler::FiberId fiber : fibers_) env_->scheduler.hold(fiber, false);
}

void Process::at(Call call, Moment moment) {
  if (doomed_) throw Crash{};
  env_->trace.count(static_cast<std::uint64_t>(env_->now()) * 1'000'003 +
                    static_cast<std::uint64_t>(call) * 8 + static_cast<std::uint64_t>(moment) * 4 +
                    static_cast<std::uint64_t>(number_) * 1'024);
  if (env_->trace.keeps_text() && call != call_of(test::BrokerCall::kPoll)) {
    env_->note(name() + (moment == Moment::kBefore ? " < " : " > ") + name_of(call));
  }
  if (env_->strikes(Fault::kCrash)) doom(call, moment, false);
  if (env_->strikes(Fault::kMachineCrash)) doom(call, moment, true);
  std::int64_t takes_ms = 0;
  if (!frozen_ && env_->strikes(Fault::kFreeze)) freeze();
  if (env_->strikes(Fault::kSlowCall)) {
    takes_ms = static_cast<std::int64_t>(env_->random.below(kSlowMsMax));
  }
  if (frozen_ || takes_ms > 0 || env_->random.chance(kSwitchChance)) sleep(takes_ms);
}

void Process::note(const std::string& what) { env_->note(name() + " " + what); }

void Process::sleep(std::int64_t ms) {
  env_->scheduler.sleep(ms);
  if (doomed_) throw Crash{};
}

}  // namespace freshet::sim
