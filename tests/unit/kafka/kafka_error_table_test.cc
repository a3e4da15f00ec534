#include "pipeline/kafka/kafka_error_table.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace freshet::pipeline {
namespace {

std::string action_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
      return "retry";
    case ErrorCode::kFenced:
      return "start again";
    case ErrorCode::kBadRecord:
      return "dead letter";
    case ErrorCode::kInvalidConfig:
      return "stop, 78";
    default:
      return "stop, 1";
  }
}

std::string name_of(int rd_error) {
  // What the library of this machine is too old to name.
  if (rd_error == -139) return "_LOG_TRUNCATION";
  return rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(rd_error));
}

// The table as docs/operations.md has it.
std::string as_markdown() {
  std::string text = "| errors | which means | the worker | the operator |\n|---|---|---|---|\n";
  for (const KafkaErrorGroup& group : kafka_error_table()) {
    std::string names;
    for (const int error : group.errors) {
      names += (names.empty() ? "`" : ", `") + name_of(error) + "`";
    }
    text += "| " + names + " | " + std::string(group.meaning) + " | " + action_of(group.code) +
            " | " + std::string(group.remedy) + " |\n";
  }
  return text;
}

bool is_an_error(rd_kafka_resp_err_t code) {
  return code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__BEGIN &&
         code != RD_KAFKA_RESP_ERR__END;
}

TEST(KafkaErrorTableTest, EveryErrorOfTheLibraryHasItsRow) {
  const rd_kafka_err_desc* descriptions = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&descriptions, &count);
  ASSERT_GT(count, 100U);
  for (std::size_t i = 0; i < count; ++i) {
    if (descriptions[i].name == nullptr || !is_an_error(descriptions[i].code)) continue;
    EXPECT_NE(find_kafka_error(descriptions[i].code), nullptr) << descriptions[i].name;
  }
}

TEST(KafkaErrorTableTest, NoErrorStandsTwice) {
  std::map<int, int> times;
  for (const KafkaErrorGroup& group : kafka_error_table()) {
    for (const int error : group.errors) EXPECT_EQ(++times[error], 1) << name_of(error);
  }
}

TEST(KafkaErrorTableTest, WhatStopsAWorkerHasARemedy) {
  for (const KafkaErrorGroup& group : kafka_error_table()) {
    if (group.code != ErrorCode::kInvalidConfig) continue;
    EXPECT_FALSE(group.remedy.empty()) << group.meaning;
  }
}

TEST(KafkaErrorTableTest, TheOperatorsDocumentHasTheSameTable) {
  std::ifstream file("docs/operations.md");
  ASSERT_TRUE(file) << "run from the root of the tree";
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(as_markdown()), std::string::npos) << "docs/operations.md lacks:\n"
                                                               << as_markdown();
}

}  // namespace
}  // namespace freshet::pipeline
