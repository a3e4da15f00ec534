#include "pipeline/config/variable_expansion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "pipeline/config/config_parser.h"

namespace freshet::pipeline::variable_expansion_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::optional<std::string> look_up(const std::string& name) {
  static const std::map<std::string, std::string> kVariables = {{"A", "one"},
                                                                {"EMPTY", ""},
                                                                {"N", "3"},
                                                                {"INJECT", "x\nb: [1]"},
                                                                {"YAML", "[a, b]: {"},
                                                                {"DOLLAR", "${A}"},
                                                                {"BAD", "\xff"},
                                                                {"LONG", std::string(70'000, 'x')}};
  const auto found = kVariables.find(name);
  if (found == kVariables.end()) return std::nullopt;
  return found->second;
}

std::string expanded(std::string_view text) {
  const auto result = expand_variables(text, look_up);
  return result ? result->text : "error: " + result.error();
}

Result<WorkerConfig> parse(std::string_view yaml) {
  return parse_config(yaml, ConfigSource{.file = "c.yaml", .environment = look_up});
}

std::string problems_of(std::string_view yaml) {
  const Result<WorkerConfig> config = parse(yaml);
  return config ? "" : config.error().message;
}

TEST(VariableExpansionTest, VariablesDefaultsAndDollarsAreExpanded) {
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded("${A}"), "one");
  EXPECT_EQ(expanded("a-${A}-${A}${N}"), "a-one-one3");
  EXPECT_EQ(expanded("${EMPTY}"), "");
  EXPECT_EQ(expanded("${NONE:-two}"), "two");
  EXPECT_EQ(expanded("${EMPTY:-two}"), "two");
  EXPECT_EQ(expanded("${A:-two}"), "one");
  EXPECT_EQ(expanded("${NONE:-}"), "");
  EXPECT_EQ(expanded("${NONE:-h:1,$$x}"), "h:1,$x");
  EXPECT_EQ(expanded("${A:?must be set}"), "one");
  EXPECT_EQ(expanded("$$"), "$");
  EXPECT_EQ(expanded("$${A}"), "${A}");
  EXPECT_EQ(expanded("$$$${A}"), "$${A}");
  EXPECT_EQ(expanded("$a $ $"), "$a $ $");
}

TEST(VariableExpansionTest, AValueIsNotExpandedAgain) { EXPECT_EQ(expanded("${DOLLAR}"), "${A}"); }

TEST(VariableExpansionTest, OnlyVariablesWhoseValueIsInTheTextAreNamed) {
  const auto result = expand_variables("${A}${NONE:-x}${N:?y}", look_up);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->variables, ElementsAre("A", "N"));
}

TEST(VariableExpansionTest, WhatCannotBeExpandedIsToldWithTheRemedy) {
  EXPECT_EQ(expanded("${NONE}"),
            "error: the environment variable NONE is not set; set it, or give a default: "
            "${NONE:-default}");
  EXPECT_EQ(expanded("${NONE:?ask the DBA}"),
            "error: the environment variable NONE is not set: ask the DBA");
  EXPECT_THAT(expanded("${EMPTY:?x}"), HasSubstr("EMPTY is not set: x"));
  EXPECT_THAT(expanded("${NONE:?}"), HasSubstr("NONE is not set; set it"));
  EXPECT_EQ(expanded("a${A"), "error: a ${ has no }; close it, or write $${ for the text ${");
  for (const char* text :
       {"${}", "${1A}", "${A-b}", "${A B}", "${A:b}", "${A:}", "${é}", "${:-x}"}) {
    EXPECT_THAT(expanded(text), HasSubstr("names no variable; say ${NAME}")) << text;
  }
  EXPECT_THAT(expanded("${NONE:-${A}}"), HasSubstr("stands in another one"));
  EXPECT_THAT(expanded("${BAD}"), HasSubstr("BAD is not UTF-8"));
  EXPECT_THAT(expanded("${LONG}"), HasSubstr("more than 64 KiB"));
}

TEST(VariableExpansionTest, ValuesAreTypedAfterTheExpansion) {
  const auto config = parse(
      "threads: ${N}\nlog: {level: '${NONE:-debug}'}\nchangelog: ${NONE:-off}\n"
      "behaviours: [{name: '${A}', types: ['${A}', x], age_max: '${N}d'}]\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->threads, 3U);
  EXPECT_EQ(config->log_level, "debug");
  EXPECT_EQ(config->behaviours[0].limits.name, "one");
  EXPECT_THAT(config->behaviours[0].types, ElementsAre("one", "x"));
  EXPECT_EQ(config->behaviours[0].limits.age_max.value, 3LL * 86'400'000);
}

TEST(VariableExpansionTest, AQuotedScalarStaysAText) {
  EXPECT_EQ(problems_of("threads: '${N}'"),
            "c.yaml:1:10: threads: \"3\" is not an integer; a quoted value is a text (with the "
            "value of ${N})");
}

TEST(VariableExpansionTest, AValueNeverAddsKeysOrLines) {
  const auto config = parse("kafka: {bootstrap: '${YAML}'}");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->kafka.bootstrap, "[a, b]: {");
  EXPECT_THAT(problems_of("application_id: ${INJECT}"), HasSubstr("holds a control character"));
  EXPECT_THAT(problems_of("events:\n  context: ${YAML}\n"), HasSubstr("must be a list of texts"));
}

TEST(VariableExpansionTest, ProblemsHaveThePlaceOfTheScalarAndKeysAreLeftAlone) {
  EXPECT_EQ(problems_of("kafka:\n  bootstrap: ${NONE}\n  client:\n    sasl.username: ${NONE:?who}\n"
                        "threads: ${A}\n"),
            "c.yaml:2:14: kafka.bootstrap: the environment variable NONE is not set; set it, or "
            "give a default: ${NONE:-default}\n"
            "c.yaml:4:20: kafka.client.sasl.username: the environment variable NONE is not set: "
            "who\n"
            "c.yaml:5:10: threads: \"one\" is not an integer (with the value of ${A})");
  EXPECT_THAT(problems_of("${A}: 1"), HasSubstr("${A}: unknown key"));
}

TEST(VariableExpansionTest, AnEmptyValueIsATextAndNoNull) {
  EXPECT_THAT(problems_of("application_id: ${EMPTY}"), HasSubstr("has 0 bytes"));
}

TEST(VariableExpansionTest, ASetIsExpandedAsTheFileIs) {
  const auto config = parse_config(
      "{}", ConfigSource{.file = "c.yaml", .sets = {"threads=${N}"}, .environment = look_up});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->threads, 3U);
}

TEST(VariableExpansionTest, AValueOfASecretStandsInNoMessage) {
  const auto look = [](const std::string&) { return std::optional<std::string>("hunter2\n\x01"); };
  const auto config = parse_config("kafka: {client: {sasl.password: 'x${P}y'}}",
                                   ConfigSource{.file = "c.yaml", .environment = look});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("kafka.client.sasl.password: holds a control"));
  EXPECT_THAT(config.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace freshet::pipeline::variable_expansion_test
