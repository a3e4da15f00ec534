// The joiner against a straight loop over the whole log: which rows there are, and their labels.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/random.h"
#include "pipeline/examples/label_joiner.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::label_join_property_test {

constexpr int kCases = 10'000;
constexpr std::int64_t kWait = 10;

// A row, or where it is none a click.
struct LogEntry {
  bool is_row = false;
  std::string user;
  std::string item;
  std::int64_t ts = 0;
  std::optional<bool> label;

  bool same_place(const LogEntry& other) const { return user == other.user && item == other.item; }
};

std::vector<LogEntry> random_log(Random* random) {
  std::vector<LogEntry> log;
  std::int64_t now = 100;
  for (std::uint64_t left = random->below(40); left > 0; --left) {
    now += static_cast<std::int64_t>(random->below(5));
    LogEntry entry;
    entry.is_row = random->chance(0.6);
    entry.user = "u" + std::to_string(random->below(2));
    entry.item = "v" + std::to_string(random->below(3));
    entry.ts = now - static_cast<std::int64_t>(random->below(random->chance(0.2) ? 20 : 3));
    if (entry.is_row && random->chance(0.3)) entry.label = random->chance(0.5);
    log.push_back(entry);
  }
  return log;
}

std::string text_of(const LogEntry& row, std::optional<bool> label) {
  return row.user + " " + row.item + " " + std::to_string(row.ts) +
         (!label   ? " null"
          : *label ? " 1"
                   : " 0");
}

struct Joined {
  std::multiset<std::string> rows;
  ExampleCounts counts;
};

// Reads the log from each row to its end.
Joined joined_naively(const std::vector<LogEntry>& log) {
  std::vector<std::int64_t> stream_time;  // after each entry
  for (const LogEntry& entry : log) {
    stream_time.push_back(std::max(entry.ts, stream_time.empty() ? 0 : stream_time.back()));
  }
  Joined joined;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const LogEntry& row = log[i];
    if (!row.is_row) continue;
    const auto is_over = [&](std::size_t at) { return stream_time[at] > row.ts + kWait; };
    if (is_over(i)) {
      ++joined.counts.late;
      continue;
    }
    const auto repeats = [&](const LogEntry& other) {
      return other.is_row && other.same_place(row) && other.ts == row.ts;
    };
    if (std::any_of(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(i), repeats)) {
      ++joined.counts.repeated;
      continue;
    }
    std::optional<bool> label = row.label;
    for (std::size_t j = i + 1; j < log.size() && !label; ++j) {
      const LogEntry& click = log[j];
      if (is_over(j)) {
        label = false;
      } else if (!click.is_row && click.same_place(row) && click.ts >= row.ts &&
                 click.ts <= row.ts + kWait) {
        label = true;
      }
    }
    joined.rows.insert(text_of(row, label));
    ++(!label   ? joined.counts.unlabelled
       : *label ? joined.counts.clicked
                : joined.counts.not_clicked);
  }
  return joined;
}

Joined joined_by_joiner(const std::vector<LogEntry>& log) {
  Joined joined;
  LabelJoiner joiner(DurationMs{kWait}, [&](const Example& row) {
    const LogEntry entry{true, row.features->user.str(), row.item.str(), row.features->ts.ms, {}};
    joined.rows.insert(text_of(entry, row.label));
  });
  std::int64_t stream_time = 0;
  for (const LogEntry& entry : log) {
    stream_time = std::max(stream_time, entry.ts);
    joiner.advance(EventTime{stream_time});
    const EventTime ts{entry.ts};
    if (entry.is_row) {
      joiner.add(std::make_shared<ExampleFeatures>(ExampleFeatures{UserId(entry.user), ts, {}, {}}),
                 {{nullptr, ItemId(entry.item), {}, entry.label}});
    } else {
      joiner.click(UserId(entry.user), ItemId(entry.item), ts);
    }
  }
  joiner.finish();
  joined.counts = joiner.counts();
  EXPECT_EQ(joiner.bytes(), 0U);
  return joined;
}

TEST(LabelJoinProperty, RowsAndLabelsAreThoseOfAStraightLoop) {
  Random random(test::test_seed());
  ExampleCounts all;
  for (int k = test::case_count(kCases); k > 0; --k) {
    const std::vector<LogEntry> log = random_log(&random);
    const Joined expected = joined_naively(log);
    const Joined found = joined_by_joiner(log);
    ASSERT_EQ(found.rows, expected.rows) << "case " << k;
    ASSERT_EQ(found.counts, expected.counts) << "case " << k;
    all.clicked += found.counts.clicked;
    all.not_clicked += found.counts.not_clicked;
    all.unlabelled += found.counts.unlabelled;
    all.repeated += found.counts.repeated;
    all.late += found.counts.late;
  }
  // A generator that leaves one of them out would prove nothing of it.
  EXPECT_GT(std::min({all.clicked, all.not_clicked, all.unlabelled, all.repeated, all.late}), 0U);
}

}  // namespace freshet::pipeline::label_join_property_test
