#include "pipeline/kafka/client_option_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::pipeline::client_option_check_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Client = std::map<std::string, std::string>;

std::vector<std::string> problems_of(const Client& client) {
  WorkerConfig config;
  config.kafka.client = client;
  std::vector<std::string> problems;
  for (const ConfigProblem& problem : check_client_options(config)) {
    problems.push_back(problem.path + ": " + problem.message);
  }
  return problems;
}

TEST(ClientOptionCheckTest, OptionsOfEitherRoleAreInOrder) {
  EXPECT_THAT(problems_of({}), IsEmpty());
  EXPECT_THAT(problems_of({{"fetch.min.bytes", "2"},
                           {"linger.ms", "7"},
                           {"session.timeout.ms", "6000"},
                           {"client.rack", "a"}}),
              IsEmpty());
}

TEST(ClientOptionCheckTest, EveryRefusedOptionIsNamedOnce) {
  EXPECT_THAT(problems_of({{"foo.bar", "x"}, {"fetch.min.bytes", "abc"}, {"linger.ms", "soon"}}),
              ElementsAre(HasSubstr("kafka.client.fetch.min.bytes: "),
                          HasSubstr("kafka.client.foo.bar: No such configuration property"),
                          HasSubstr("kafka.client.linger.ms: ")));
}

TEST(ClientOptionCheckTest, OptionsThatDoNotFitEachOtherAreRefused) {
  EXPECT_THAT(problems_of({{"session.timeout.ms", "60000"}, {"max.poll.interval.ms", "50000"}}),
              ElementsAre(HasSubstr("kafka.client: librdkafka refuses the options: ")));
  EXPECT_THAT(problems_of({{"security.protocol", "ssl"}, {"ssl.ca.location", "/nowhere/ca.pem"}}),
              ElementsAre(HasSubstr("ssl.ca.location")));
}

TEST(ClientOptionCheckTest, OptionsThatTheConfigurationRefusesAreLeftToIt) {
  EXPECT_THAT(problems_of({{"acks", "nonsense"}, {"group.id", "mine"}}), IsEmpty());
}

// librdkafka takes what an option of a number, a choice or a file holds for a mistake of anybody's,
// and repeats it.
TEST(ClientOptionCheckTest, NoMessageRepeatsASecret) {
  for (const char* name : {"sasl.oauthbearer.client.secret", "sasl.jaas.config", "ssl.key.pem",
                           "ssl.keystore.password", "my.secret"}) {
    for (const std::string& problem :
         problems_of({{name, "hunter2"}, {"security.protocol", "ssl"}})) {
      EXPECT_THAT(problem, testing::Not(HasSubstr("hunter2"))) << name;
    }
  }
}

}  // namespace freshet::pipeline::client_option_check_test
