#include "pipeline/config/client_secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "pipeline/config/config_parser.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::client_secrets_test {

using ::testing::HasSubstr;
using ::testing::Not;

class ClientSecretsTest : public ::testing::Test {
 protected:
  std::string file(const std::string& content) {
    const std::filesystem::path path = directory_.path() / "secret";
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }

  static Result<WorkerConfig> parse(const std::string& options) {
    return parse_config("kafka:\n  client: {" + options + "}\n", "c.yaml");
  }

  static std::string problems_of(const std::string& options) {
    const Result<WorkerConfig> config = parse(options);
    return config ? "" : config.error().message;
  }

  test::TempDir directory_;
};

TEST_F(ClientSecretsTest, AFileGivesTheSecretWithoutTheLastLineEnd) {
  for (const auto& [content, secret] :
       std::map<std::string, std::string>{{"hunter2", "hunter2"},
                                          {"hunter2\n", "hunter2"},
                                          {"hunter2\r\n", "hunter2"},
                                          {" a b \n\n", " a b \n"},
                                          {"${HOME} $$\n", "${HOME} $$"}}) {
    const auto config = parse("sasl.password_file: " + file(content));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->kafka.client.at("sasl.password"), secret);
    EXPECT_FALSE(config->kafka.client.contains("sasl.password_file"));
  }
}

TEST_F(ClientSecretsTest, AFileThatCannotBeASecretIsRefusedAtItsPlace) {
  EXPECT_EQ(problems_of("sasl.password_file: /nowhere/x"),
            "c.yaml:2:32: kafka.client.sasl.password_file: \"/nowhere/x\" does not exist or cannot "
            "be reached");
  EXPECT_THAT(problems_of("sasl.password_file: " + directory_.path().string()),
              HasSubstr("is not a file"));
  EXPECT_THAT(problems_of("sasl.password_file: /dev/zero"), HasSubstr("is not a file"));
  EXPECT_THAT(problems_of("sasl.password_file: " + file("")), HasSubstr("is empty"));
  EXPECT_THAT(problems_of("sasl.password_file: " + file("\n")), HasSubstr("is empty"));
  EXPECT_THAT(problems_of("sasl.password_file: " + file(std::string("hunter\0two", 10))),
              HasSubstr("holds a zero byte"));
  EXPECT_THAT(problems_of("sasl.password_file: " + file(std::string(70'000, 'x'))),
              HasSubstr("larger than 64 KiB"));
  EXPECT_THAT(problems_of("sasl.password_file: [a]"), HasSubstr("must be a text"));
  EXPECT_THAT(problems_of("sasl.password_file: ''"), HasSubstr("does not exist"));
}

TEST_F(ClientSecretsTest, ASecretStandsOnceAndOnlySecretsAreInFiles) {
  EXPECT_THAT(problems_of("sasl.password: hunter2, sasl.password_file: " + file("x")),
              HasSubstr("sasl.password_file: sasl.password stands here both as itself and as a "
                        "file; keep one"));
  EXPECT_THAT(problems_of("sasl.password_file: " + file("x") + ", sasl.password: hunter2"),
              HasSubstr("both as itself and as a file"));
  EXPECT_THAT(problems_of("linger.ms_file: " + file("5")), HasSubstr("only secrets are read"));
}

TEST_F(ClientSecretsTest, OptionsAreSecretsByTheWordsOfTheirNames) {
  for (const char* name :
       {"sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem",
        "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "sasl.jaas.config",
        "sasl.oauthbearer.assertion.private.key.passphrase", "sasl.pasword", "sasl.passwd",
        "sasl.oauthbearer.client.secrte"}) {
    EXPECT_TRUE(is_secret_client_option(name)) << name;
  }
  for (const char* name : {"sasl.username", "sasl.mechanism", "ssl.ca.location", "ssl.key.location",
                           "ssl.certificate.pem", "ssl.ca.pem", "linger.ms", "security.protocol",
                           "enable.sasl.oauthbearer.unsecure.jwt", "ssl.keystore.location"}) {
    EXPECT_FALSE(is_secret_client_option(name)) << name;
  }
}

TEST_F(ClientSecretsTest, PemTextsMayHaveSeveralLinesAndNothingElseMay) {
  const auto config = parse_config(
      "kafka:\n  client:\n    ssl.key.pem: |\n      -----BEGIN\n      abc\n", "c.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->kafka.client.at("ssl.key.pem"), "-----BEGIN\nabc\n");
  const std::string problem = problems_of("sasl.password: \"hunter2\\nx\"");
  EXPECT_THAT(problem, HasSubstr("holds a control character, or more than one line"));
  EXPECT_THAT(problem, Not(HasSubstr("hunter2")));
}

TEST_F(ClientSecretsTest, NoMessageHoldsASecret) {
  for (const char* options :
       {"sasl.password: [hunter2]", "sasl.password: 'hunter2${'", "sasl.password: '${hunter 2}'",
        "sasl.password: {hunter2: hunter2}", "sasl.password: hunter2, sasl.password: hunter2"}) {
    const std::string problem = problems_of(options);
    EXPECT_THAT(problem, HasSubstr("kafka.client.sasl.password: ")) << options;
    EXPECT_THAT(problem, Not(HasSubstr("hunter"))) << options;
  }
}

TEST_F(ClientSecretsTest, ATextLosesEveryValueOfASecretAndNothingElse) {
  const std::vector<std::pair<std::string, std::string>> options = {
      {"sasl.password", "red"}, {"ssl.key.password", ""}, {"client.rack", "a"}};
  EXPECT_EQ(without_secrets(options, "a red redder a"), "a [redacted] [redacted]der a");
  EXPECT_EQ(without_secrets({}, "a red"), "a red");
}

}  // namespace freshet::pipeline::client_secrets_test
