#include "pipeline/state/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stateful/memory_state_store.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::pipeline::fingerprint_test {

using ::testing::HasSubstr;

constexpr std::string_view kMade =
    "behaviours: [{name: click, types: [click, tap], length_max: 50, age_max: 7d}]";

std::string fingerprint(std::string_view yaml, std::int32_t partitions = 4) {
  const WorkerConfig config = test::config_of(yaml);
  return fingerprint_of(config, config.kafka.input, partitions, Partition{0});
}

// What the check says to a state made by kMade.
std::string verdict(std::string_view yaml, std::int32_t partitions = 4) {
  const Status fits = check_fingerprint(fingerprint(kMade), fingerprint(yaml, partitions));
  if (fits) return "fits";
  EXPECT_EQ(fits.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(fits.error().message,
              testing::AnyOf(HasSubstr("set it back, or make the state again"),
                             HasSubstr("move the state directory away and feed the clicks")));
  return fits.error().message;
}

TEST(FingerprintTest, TheSameConfigurationFits) { EXPECT_EQ(verdict(kMade), "fits"); }

TEST(FingerprintTest, ATopicOfExamplesIsNoPartOfTheState) {
  EXPECT_EQ(verdict(std::string(kMade) + "\nexamples: {topic: e}"), "fits");
}

TEST(FingerprintTest, AShadowIsNoPartOfTheState) {
  EXPECT_EQ(verdict(std::string(kMade) + "\nshadow: {path: models/next, output: s}"), "fits");
}

TEST(FingerprintTest, TheOrderOfABehavioursTypesMeansNothing) {
  EXPECT_EQ(verdict("behaviours: [{name: click, types: [tap, click]}]"), "fits");
}

TEST(FingerprintTest, ARecordLeftOutConcernsItsOwnPartitionAlone) {
  const WorkerConfig config = test::config_of("input: {exclude: [\"2:7\", \"2:5\", \"3:1\"]}");
  const auto of = [&](std::int32_t partition) {
    return fingerprint_of(config, "clicks", 4, Partition{partition});
  };
  EXPECT_EQ(of(0), fingerprint_of(test::config_of("threads: 1"), "clicks", 4, Partition{0}));
  EXPECT_THAT(of(2), HasSubstr("\ninput.exclude=5 7\n"));
  EXPECT_THAT(of(3), HasSubstr("\ninput.exclude=1\n"));
  const Status fits = check_fingerprint(of(0), of(2));
  ASSERT_FALSE(fits.has_value());
  EXPECT_THAT(fits.error().message,
              HasSubstr("input.exclude = nothing, the configuration says 5 7"));
}

TEST(FingerprintTest, WhatDoesNotDecideTheStateFits) {
  EXPECT_EQ(verdict(std::string(kMade) + "\ncommit: {interval_ms: 5}\ncandidates: {publish: 3}"),
            "fits");
}

TEST(FingerprintTest, ShorterLengthsAndAgesFit) {
  EXPECT_EQ(verdict("behaviours: [{name: click, types: [click, tap], length_max: 9, age_max: 1d}]"),
            "fits");
}

TEST(FingerprintTest, LongerLengthsAndAgesAreRefused) {
  EXPECT_THAT(
      verdict("behaviours: [{name: click, types: [click, tap], length_max: 100, age_max: 7d}]"),
      HasSubstr("behaviour.click.length_max = 50, the configuration says 100"));
  EXPECT_THAT(
      verdict("behaviours: [{name: click, types: [click, tap], length_max: 50, age_max: 8d}]"),
      HasSubstr("behaviour.click.age_max_ms = 604800000, the configuration says 691200000"));
}

TEST(FingerprintTest, ALongerLimitMayBeAnotherWorkersShorterOneAndTheRefusalSaysSo) {
  EXPECT_THAT(
      verdict("behaviours: [{name: click, types: [click, tap], length_max: 100, age_max: 7d}]"),
      HasSubstr("another worker may run with that already: change it on this one too"));
  EXPECT_THAT(verdict("behaviours: [{name: click, types: [click]}]"),
              testing::Not(HasSubstr("another worker")));
}

TEST(FingerprintTest, OtherTypesAreRefused) {
  EXPECT_THAT(verdict("behaviours: [{name: click, types: [click]}]"),
              HasSubstr("behaviour.click.types"));
}

TEST(FingerprintTest, ABehaviourMoreOrLessIsRefused) {
  const std::string more =
      std::string(kMade).substr(0, kMade.size() - 1) + ", {name: cart, types: [cart]}]";
  EXPECT_THAT(verdict(more), HasSubstr("behaviour"));
  EXPECT_THAT(check_fingerprint(fingerprint(more), fingerprint(kMade)).error().message,
              HasSubstr("behaviour.cart.age_max_ms = 604800000, the configuration says nothing"));
}

TEST(FingerprintTest, AnotherTopicFieldUnitOrPartitionCountIsRefused) {
  const std::string made(kMade);
  EXPECT_THAT(verdict(made + "\nkafka: {input: taps}"),
              HasSubstr("input.topic = clicks, the configuration says taps"));
  EXPECT_THAT(verdict(made + "\nevents: {fields: {user: uid}}"), HasSubstr("events.fields.user"));
  EXPECT_THAT(verdict(made + "\nevents: {time_unit: s}"), HasSubstr("events.time_unit = ms"));
  EXPECT_THAT(verdict(made, 8),
              HasSubstr("made of 4 partitions of the input topic, which has 8 now"));
}

TEST(FingerprintTest, ALineThatOneSideLacksIsRefused) {
  EXPECT_THAT(check_fingerprint("a=1\n", "a=1\nb=2\n").error().message,
              HasSubstr("b = nothing, the configuration says 2"));
  EXPECT_THAT(check_fingerprint("a=1\nb=2\n", "a=1\n").error().message,
              HasSubstr("b = 2, the configuration says nothing"));
}

TEST(FingerprintTest, AnUnreadableNumberIsNotShorter) {
  EXPECT_FALSE(check_fingerprint("x.length_max=9\n", "x.length_max=1a\n"));
  EXPECT_FALSE(check_fingerprint("x.length_max=z\n", "x.length_max=1\n"));
}

// What the check says to a store of two partitions that kMade made in a topic of four.
std::string verdict_on_store(std::string_view yaml) {
  stateful::MemoryStateStore store;
  for (const Partition partition : {Partition{0}, Partition{3}}) {
    stateful::CheckpointBatch batch;
    batch.partition = partition;
    batch.owner = store.take_ownership(partition);
    batch.marker.marker.fingerprint = fingerprint(partition.value == 0 ? yaml : kMade);
    EXPECT_TRUE(store.apply(batch));
  }
  const Status fits = check_fingerprints(&store, test::config_of(yaml));
  if (fits) return "fits";
  EXPECT_EQ(fits.error().code, ErrorCode::kInvalidConfig);
  return fits.error().message;
}

TEST(FingerprintTest, AStoreOfTheSameConfigurationFitsWhateverItsPartitionCount) {
  EXPECT_EQ(verdict_on_store(kMade), "fits");
  EXPECT_EQ(verdict_on_store(
                "behaviours: [{name: click, types: [click, tap], length_max: 9, age_max: 1d}]"),
            "fits");
}

TEST(FingerprintTest, OfAStoreOfAnotherConfigurationThePartitionIsNamed) {
  EXPECT_THAT(verdict_on_store("behaviours: [{name: tap, types: [click, tap]}]"),
              HasSubstr("partition 3: the state was made with behaviour.click.age_max_ms = "
                        "604800000, the configuration says nothing"));
}

TEST(FingerprintTest, AnEmptyStoreFitsAnyConfiguration) {
  stateful::MemoryStateStore store;
  EXPECT_TRUE(check_fingerprints(&store, test::config_of(kMade)));
}

}  // namespace freshet::pipeline::fingerprint_test
