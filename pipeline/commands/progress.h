// Progress: tells somebody who waits how far a long piece of work is, how fast, how long to go.
//
// Shows:   on a terminal one line that is drawn again five times a second and wiped at the end;
//          elsewhere a line of its own every five seconds. Nothing at all in the first second, so
//          short work stays silent.
//            replay: 1,250,000 of 3,000,000 records (41 %), 210,000/s, 8 s left
// Units:   the rate is that of the last few seconds; what is left follows from it
// Errors:  none; a stream that is gone is not the work's concern
// Threads: one
// Cost:    update() reads the clock once; what is drawn is drawn at most five times a second
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "pipeline/commands/terminal.h"

namespace freshet::commands {

class Progress {
 public:
  using Write = std::function<void(std::string_view)>;

  // Writes to stderr, by its terminal. `what` is the line's first word, `unit` what is counted. The
  // clock outlives it.
  Progress(std::string what, std::string unit, const Clock& clock);
  // For tests, and for work that has a terminal of its own.
  Progress(std::string what, std::string unit, const Clock& clock, const Terminal& terminal,
           Write write);
  ~Progress();  // finishes
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of an unknown total; of `total`; and where only the share of the input that is behind is
  // known, such as a compressed file's bytes: `share` from 0 to 1, none where it is not known.
  void update(std::uint64_t done);
  void update(std::uint64_t done, std::uint64_t total);
  void update_share(std::uint64_t done, std::optional<double> share);

  // Wipes the line, so that what is written next begins a line. Idempotent; nothing is shown after.
  void finish();

 private:
  void show(std::uint64_t done, std::optional<std::uint64_t> total, std::optional<double> share);
  std::string line_of(std::uint64_t done, std::optional<std::uint64_t> total,
                      std::optional<double> share) const;
  void measure(std::uint64_t done, std::optional<double> share, std::int64_t now_ms);

  std::string what_;
  std::string unit_;
  const Clock& clock_;
  Terminal terminal_;
  Write write_;
  std::int64_t next_ms_;  // when the next line is due
  // The rate is measured from `since`, which follows at a distance of a few seconds.
  struct Mark {
    std::int64_t ms = 0;
    std::uint64_t done = 0;
    double share = 0;
  };
  Mark since_;
  Mark last_;
  double per_s_ = 0;
  double share_per_s_ = 0;
  bool drawn_ = false;
  bool finished_ = false;
};

// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

// A span for people: "8 s", "3 min 20 s", "2 h 05 min".
std::string spoken_seconds(double seconds);

}  // namespace freshet::commands
