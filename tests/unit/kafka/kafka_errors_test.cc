// The codes are written as numbers here, as Kafka's protocol (positive) and librdkafka (negative)
// fix them, so that a wrong row cannot agree with itself.
#include "pipeline/kafka/kafka_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::pipeline {
namespace {

TEST(KafkaErrorsTest, OutagesAreUnavailable) {
  for (const int code : {-195 /*TRANSPORT*/, -187 /*ALL_BROKERS_DOWN*/, -185 /*TIMED_OUT*/,
                         5 /*LEADER_NOT_AVAILABLE*/, 7 /*REQUEST_TIMED_OUT*/,
                         14 /*COORDINATOR_LOAD_IN_PROGRESS*/, 16 /*NOT_COORDINATOR*/}) {
    EXPECT_EQ(kafka_error_code(code), ErrorCode::kUnavailable) << code;
  }
}

TEST(KafkaErrorsTest, AnEndedGenerationIsFenced) {
  for (const int code :
       {22 /*ILLEGAL_GENERATION*/, 25 /*UNKNOWN_MEMBER_ID*/, 27 /*REBALANCE_IN_PROGRESS*/,
        90 /*PRODUCER_FENCED*/, -144 /*FENCED*/, -142 /*ASSIGNMENT_LOST*/}) {
    EXPECT_EQ(kafka_error_code(code), ErrorCode::kFenced) << code;
  }
}

TEST(KafkaErrorsTest, WhatTheOperatorMustMendIsInvalidConfig) {
  for (const int code : {3 /*UNKNOWN_TOPIC_OR_PART*/, 29 /*TOPIC_AUTHORIZATION_FAILED*/,
                         30 /*GROUP_AUTHORIZATION_FAILED*/, 58 /*SASL_AUTHENTICATION_FAILED*/,
                         -169 /*AUTHENTICATION*/, 82 /*FENCED_INSTANCE_ID*/}) {
    EXPECT_EQ(kafka_error_code(code), ErrorCode::kInvalidConfig) << code;
  }
}

TEST(KafkaErrorsTest, ATooLargeRecordIsABadRecord) {
  EXPECT_EQ(kafka_error_code(10), ErrorCode::kBadRecord);
}

TEST(KafkaErrorsTest, ALostPositionIsForTheNextStartToName) {
  EXPECT_EQ(kafka_error_code(1), ErrorCode::kFenced);
  EXPECT_EQ(kafka_error_code(-140), ErrorCode::kFenced);
}

TEST(KafkaErrorsTest, WhatNobodyThoughtAboutIsFatal) {
  EXPECT_EQ(kafka_error_code(9'999), ErrorCode::kFatal);
}

TEST(KafkaErrorsTest, TheMessageHasPlaceCauseNameAndRemedy) {
  const Error error = kafka_error(3, "topic clicks");
  EXPECT_EQ(error.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(error.message, testing::StartsWith("topic clicks: "));
  EXPECT_THAT(error.message, testing::HasSubstr("UNKNOWN_TOPIC_OR_PART"));
  EXPECT_THAT(error.message, testing::HasSubstr("create the topic (freshet create-topics"));
}

TEST(KafkaErrorsTest, AMissingRightIsNamedWhereItIsKnown) {
  const Error named = kafka_error(29, "topic t", "Write on the topic");
  EXPECT_THAT(named.message, testing::HasSubstr("grant the worker's principal Write on the topic"));
  const Error other = kafka_error(29, "topic t");
  EXPECT_THAT(other.message, testing::HasSubstr("freshet check --connect"));
}

TEST(KafkaErrorsTest, AMessageSplitsIntoWhatHappenedAndWhatToDo) {
  const auto [message, remedy] = split_remedy(kafka_error(3, "topic t").message);
  EXPECT_THAT(message, testing::EndsWith("(UNKNOWN_TOPIC_OR_PART)"));
  EXPECT_THAT(remedy, testing::StartsWith("create the topic"));
  EXPECT_EQ(split_remedy("nothing to do about it").remedy, "");
}

}  // namespace
}  // namespace freshet::pipeline
