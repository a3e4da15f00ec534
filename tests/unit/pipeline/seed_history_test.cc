#include "pipeline/files/seed_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>

#include "pipeline/events/partitioner.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::seed_history_test {

using ::testing::HasSubstr;

constexpr std::string_view kConfig =
    "behaviours: [{name: click, types: [click], length_max: 3, age_max: 7d},"
    " {name: cart, types: [cart], length_max: 2, age_max: 7d}]";

class SeedHistoryTest : public ::testing::Test {
 protected:
  Result<SeededHistory> seed(const std::string& lines) {
    options_.file = dir_.path() / "seed.jsonl";
    std::ofstream(options_.file) << lines;
    return seed_history(config_, options_, clock_, store_.get());
  }

  std::string refusal(const std::string& lines) {
    const auto seeded = seed(lines);
    if (seeded) return "accepted";
    EXPECT_EQ(seeded.error().code, ErrorCode::kInvalidConfig);
    return seeded.error().message;
  }

  stateful::UserState state_of(std::string_view user) {
    const auto value =
        store_->read_user(partition_of(user, options_.partition_count), UserId(user));
    EXPECT_TRUE(value && *value) << user;
    return *stateful::decode_user_state(config_.limits(), **value);
  }

  // "item@ms item@ms ...", newest first, ms before the base.
  static std::string text(const stateful::Sequence& sequence) {
    std::string text;
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      if (i > 0) text += " ";
      text += sequence[i].item.str() + "@" + std::to_string(sequence[i].ts.ms - test::kBaseMs);
    }
    return text;
  }

  WorkerConfig config_ = test::config_of(kConfig);
  SeedHistoryOptions options_;
  test::TempDir dir_;
  test::ManualClock clock_;
  std::unique_ptr<stateful::StateStore> store_ = std::make_unique<stateful::MemoryStateStore>();
};

const std::string kLastTs = ",\"last_ts\":" + std::to_string(test::kBaseMs);

TEST_F(SeedHistoryTest, ItemsStandInTheirOrderJustBeforeLastTsWithTheNewestFirst) {
  const auto seeded =
      seed("{\"user_id\":\"u\"" + kLastTs + R"(,"click_seq":["a","b","c"],"cart_seq":[7]})");
  ASSERT_TRUE(seeded) << seeded.error().message;
  EXPECT_EQ(seeded->users, 1U);
  EXPECT_EQ(seeded->clicks, 4U);
  const stateful::UserState state = state_of("u");
  EXPECT_EQ(text(state.sequences[0]), "c@-1 b@-2 a@-3");
  EXPECT_EQ(text(state.sequences[1]), "7@-1");
}

TEST_F(SeedHistoryTest, OfALongHistoryTheNewestAreKept) {
  ASSERT_TRUE(seed("{\"user_id\":\"u\"" + kLastTs + R"(,"click_seq":["a","b","c","d","e","f"]})"));
  EXPECT_EQ(text(state_of("u").sequences[0]), "f@-1 e@-2 d@-3 c@-4");
}

TEST_F(SeedHistoryTest, AnItemThatComesTwiceIsTwoClicks) {
  ASSERT_TRUE(seed("{\"user_id\":\"u\"" + kLastTs + R"(,"click_seq":["a","a"]})"));
  EXPECT_EQ(text(state_of("u").sequences[0]), "a@-1 a@-2");
}

TEST_F(SeedHistoryTest, ABehaviourTakesTheFieldThatIsNamedForIt) {
  options_.field_by_behaviour["click"] = "long_view_seq";
  ASSERT_TRUE(seed("{\"user_id\":\"u\"" + kLastTs +
                   R"(,"click_seq":["no"],"long_view_seq":["yes"],"cart_seq":["c"]})"));
  const stateful::UserState state = state_of("u");
  EXPECT_EQ(text(state.sequences[0]), "yes@-1");
  EXPECT_EQ(text(state.sequences[1]), "c@-1");
}

TEST_F(SeedHistoryTest, UsersLieInTheirPartitionsAndTheStateIsSound) {
  options_.partition_count = 4;
  std::string lines;
  for (int i = 0; i < 2'500; ++i) {  // several batches of a partition
    lines += "{\"user_id\":\"u" + std::to_string(i) + "\"" + kLastTs + ",\"click_seq\":[1]}\n";
  }
  const auto seeded = seed(lines);
  ASSERT_TRUE(seeded) << seeded.error().message;
  EXPECT_EQ(seeded->users, 2'500U);
  ASSERT_EQ(seeded->committed.size(), 4U);
  const auto report = verify_state(store_.get(), config_.limits());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->sound()) << describe(*report);
  std::uint64_t users = 0;
  for (const PartitionReport& partition : report->partitions) {
    users += partition.users;
    EXPECT_EQ(partition.stored.marker.number, 0U);
    EXPECT_FALSE(partition.stored.marker.stream_time);
  }
  EXPECT_EQ(users, 2'500U);
  EXPECT_EQ(text(state_of("u1234").sequences[0]), "1@-1");
}

TEST_F(SeedHistoryTest, AUserWithoutItemsIsNotStored) {
  const auto seeded = seed("{\"user_id\":\"u\"" + kLastTs + ",\"click_seq\":[]}");
  ASSERT_TRUE(seeded);
  EXPECT_EQ(seeded->users, 0U);
}

TEST_F(SeedHistoryTest, AUserThatStandsThereTwiceIsRefused) {
  const std::string line = "{\"user_id\":\"u\"" + kLastTs + ",\"click_seq\":[1]}\n";
  EXPECT_THAT(refusal(line + line),
              HasSubstr("seed.jsonl:2: the user \"u\" stands in the file twice"));
}

TEST_F(SeedHistoryTest, ABadLineIsNamedByFileAndLine) {
  const std::string good = "{\"user_id\":\"u\"" + kLastTs + "}\n";
  for (const auto& [line, what] : std::vector<std::pair<std::string, std::string>>{
           {"{", "the line is not a JSON object"},
           {"[]", "the line is not a JSON object"},
           {"{\"x\":1" + kLastTs + "}", "\"user_id\" is missing"},
           {"{\"user_id\":1.5" + kLastTs + "}", "\"user_id\" is not an id"},
           {"{\"user_id\":\"\"" + kLastTs + "}", "\"user_id\" is not an id"},
           {"{\"user_id\":\"v\"}", "\"last_ts\" is not a time"},
           {R"({"user_id":"v","last_ts":946684799999})", "\"last_ts\" is not a time"},
           {R"({"user_id":"v","last_ts":"soon"})", "\"last_ts\" is not a time"},
           {"{\"user_id\":\"v\"" + kLastTs + ",\"click_seq\":7}", "\"click_seq\" is not an array"},
           {"{\"user_id\":\"v\"" + kLastTs + ",\"cart_seq\":[[]]}", "\"cart_seq\" holds something"},
           {"{\"user_id\":\"v\"" + kLastTs + ",\"cart_seq\":[1.5]}",
            "\"cart_seq\" holds something"},
           {std::string((1 << 20) + 1, ' '), "is over 1 MiB"}}) {
    store_ = std::make_unique<stateful::MemoryStateStore>();
    EXPECT_THAT(refusal(good + line + "\n"), HasSubstr("seed.jsonl:2: " + what));
  }
}

TEST_F(SeedHistoryTest, AFieldForNoBehaviourIsRefusedWithTheNearestOne) {
  options_.field_by_behaviour["clik"] = "click_seq";
  EXPECT_THAT(refusal("{\"user_id\":\"u\"" + kLastTs + R"(,"click_seq":["a"]})"),
              HasSubstr("seed field clik=click_seq: the configuration has no behaviour \"clik\"; "
                        "did you mean click?"));
}

TEST_F(SeedHistoryTest, AFieldWithoutANameIsRefused) {
  options_.field_by_behaviour["click"] = "";
  EXPECT_THAT(refusal("{\"user_id\":\"u\"" + kLastTs + R"(,"click_seq":["a"]})"),
              HasSubstr("seed field click=: a field's name cannot be empty"));
}

TEST_F(SeedHistoryTest, ANamedFieldThatNoLineHasIsRefusedWithThoseOfTheFirst) {
  options_.field_by_behaviour["click"] = "long_veiw_seq";
  EXPECT_THAT(
      refusal("{\"user_id\":\"u\"" + kLastTs + R"(,"long_view_seq":["a"],"cart_seq":["c"]})"),
      HasSubstr("seed.jsonl: no line has the field \"long_veiw_seq\"; the first line has "
                "\"long_view_seq\", \"cart_seq\": name the right one with --seed-field "
                "BEHAVIOUR=FIELD"));
}

TEST_F(SeedHistoryTest, AFileWithNoneOfTheFieldsIsRefused) {
  const std::string line = "{\"user_id\":\"u\"" + kLastTs;
  EXPECT_THAT(refusal(line + R"(,"long_view_seq":["a"]})"),
              HasSubstr("no line has the field \"click_seq\", \"cart_seq\"; the first line has "
                        "\"long_view_seq\""));
  store_ = std::make_unique<stateful::MemoryStateStore>();
  EXPECT_THAT(refusal(line + "}"), HasSubstr("the first line has no array of item ids at all"));
}

TEST_F(SeedHistoryTest, ADefaultFieldThatNoLineHasIsNamedInTheResult) {
  const auto seeded = seed("{\"user_id\":\"u\"" + kLastTs + R"(,"click_seq":["a"]})");
  ASSERT_TRUE(seeded) << seeded.error().message;
  EXPECT_EQ(seeded->absent_fields, std::vector<std::string>{"cart_seq"});
}

TEST_F(SeedHistoryTest, AFieldThatOnlyALaterLineHasIsPresent) {
  options_.field_by_behaviour["cart"] = "basket";
  const auto seeded = seed("{\"user_id\":\"u\"" + kLastTs + ",\"click_seq\":[1]}\n" +
                           "{\"user_id\":\"v\"" + kLastTs + ",\"basket\":[1]}\n");
  ASSERT_TRUE(seeded) << seeded.error().message;
  EXPECT_TRUE(seeded->absent_fields.empty());
}

TEST_F(SeedHistoryTest, AnEmptyFileSeedsNobody) {
  const auto seeded = seed("");
  ASSERT_TRUE(seeded) << seeded.error().message;
  EXPECT_EQ(seeded->users, 0U);
}

TEST_F(SeedHistoryTest, AStoreThatHoldsAStateIsRefused) {
  const std::string line = "{\"user_id\":\"u\"" + kLastTs + ",\"click_seq\":[1]}\n";
  ASSERT_TRUE(seed(line));
  EXPECT_THAT(refusal(line), HasSubstr("the store already holds a state"));
}

}  // namespace freshet::pipeline::seed_history_test
