#include "common/crash_point.h"

#ifdef FRESHET_CRASH_POINTS

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace freshet {
namespace {

struct CrashPlan {
  std::string name;
  int passes = 1;
  int delay_us = 0;
};

CrashPlan read_plan() {
  const char* text = std::getenv("FRESHET_CRASH_AT");
  if (text == nullptr) return {};
  std::string rest = text;
  CrashPlan plan;
  const auto next_number = [&rest](int none) {
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string::npos) return none;
    const int number = std::atoi(rest.c_str() + colon + 1);
    rest.resize(colon);
    return number;
  };
  const auto colons = std::count(rest.begin(), rest.end(), ':');
  if (colons == 2) plan.delay_us = next_number(0);
  if (colons >= 1) plan.passes = next_number(1);
  plan.name = rest;
  if (std::find(kCrashPoints.begin(), kCrashPoints.end(), plan.name) == kCrashPoints.end()) {
    std::fprintf(stderr, "FRESHET_CRASH_AT=%s: there is no such place\n", text);
    std::abort();
  }
  return plan;
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  while (true) pause();
}

}  // namespace

void crash_point(std::string_view name) {
  static const CrashPlan plan = read_plan();
  static std::atomic<int> passed{0};
  if (plan.name.empty() || name != plan.name) return;
  if (passed.fetch_add(1) + 1 != plan.passes) return;
  if (plan.delay_us == 0) die();
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::microseconds(plan.delay_us));
    die();
  }).detach();
}

}  // namespace freshet

#else

namespace freshet {
void crash_point(std::string_view) {}
}  // namespace freshet

#endif
