#include "pipeline/events/event_checks.h"

#include <gtest/gtest.h>

#include <limits>

namespace freshet::pipeline::event_checks_test {

constexpr std::int64_t kTimeMs = 1'602'633'600'000;

// The reason's name; "accepted" where there is none.
std::string verdict(std::optional<std::string_view> key, std::optional<std::int64_t> record_ms,
                    KeyPolicy policy = KeyPolicy::kRequire) {
  Event event;
  event.user = UserId("u");
  event.ts = EventTime{kTimeMs};
  InputRecord record;
  record.key = key;
  if (record_ms) record.timestamp = EventTime{*record_ms};
  InputConfig config;
  config.key = policy;
  config.event_future_max = DurationMs{1'000};
  const auto refusal = check_event(event, record, config);
  return refusal ? std::string(name_of(refusal->reason)) : "accepted";
}

TEST(EventChecksTest, AKeyMustBeTheUserWhereverThereIsOne) {
  EXPECT_EQ(verdict("u", std::nullopt), "accepted");
  for (const KeyPolicy policy : {KeyPolicy::kRequire, KeyPolicy::kTrust}) {
    EXPECT_EQ(verdict("v", std::nullopt, policy), "key_mismatch");
    EXPECT_EQ(verdict("", std::nullopt, policy), "key_mismatch");
  }
}

TEST(EventChecksTest, AMissingKeyIsAcceptedOnlyWhereKeysAreTrusted) {
  EXPECT_EQ(verdict(std::nullopt, std::nullopt), "key_missing");
  EXPECT_EQ(verdict(std::nullopt, std::nullopt, KeyPolicy::kTrust), "accepted");
}

TEST(EventChecksTest, AnEventMayBeAheadOfItsRecordByTheLimitAndNoMore) {
  EXPECT_EQ(verdict("u", kTimeMs - 1'000), "accepted");
  EXPECT_EQ(verdict("u", kTimeMs - 1'001), "future_time");
  EXPECT_EQ(verdict("u", kTimeMs + 1'000'000'000), "accepted");
}

TEST(EventChecksTest, ARecordThatIsExcludedIsRefusedWhateverItSays) {
  InputConfig config;
  config.exclude.insert({Partition{3}, Offset{1042}});
  Event event;
  event.user = UserId("u");
  InputRecord record;
  record.key = "somebody else";
  record.partition = Partition{3};
  record.offset = Offset{1042};
  EXPECT_EQ(check_event(event, record, config)->reason, DeadLetterReason::kExcluded);
  record.partition = Partition{2};
  EXPECT_EQ(check_event(event, record, config)->reason, DeadLetterReason::kKeyMismatch);
}

TEST(EventChecksTest, RecordTimesAtTheEndsOfTheirTypeAreCompared) {
  EXPECT_EQ(verdict("u", std::numeric_limits<std::int64_t>::max()), "accepted");
  EXPECT_EQ(verdict("u", std::numeric_limits<std::int64_t>::min()), "future_time");
}

}  // namespace freshet::pipeline::event_checks_test
