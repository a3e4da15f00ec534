#include "pipeline/config/config_print.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "pipeline/config/config_parser.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::config_print_test {

using ::testing::HasSubstr;
using ::testing::Not;

class ConfigPrintTest : public ::testing::Test {
 protected:
  ConfigReading read(const std::string& yaml, std::vector<std::string> sets = {}) {
    std::ofstream(file(), std::ios::binary) << yaml;
    const ConfigReading reading = read_config(
        {.file = file(), .sets = std::move(sets), .environment = [](const std::string& name) {
           return name == "GROUP" ? std::optional<std::string>("g") : std::nullopt;
         }});
    EXPECT_FALSE(reading.problems) << reading.problems->message;
    return reading;
  }

  std::string print(const std::string& yaml, std::vector<std::string> sets = {}) {
    return print_config(read(yaml, std::move(sets)).values, "c.yaml");
  }

  std::string file() const { return (directory_.path() / "c.yaml").string(); }

  test::TempDir directory_;
};

TEST_F(ConfigPrintTest, EachValueHasItsSource) {
  const std::string secret = (directory_.path() / "secret").string();
  std::ofstream(secret) << "hunter2\n";
  const std::string text =
      print("application_id: ${GROUP}\nkafka:\n  client:\n    sasl.password_file: " + secret +
                "\n    client.rack: ${GROUP}-${NONE:-x}\n"
                "behaviours: [{name: a, types: [b, 'c d'], age_max: 48h}]\n",
            {"threads=3", "kafka.client.linger.ms=7"});
  EXPECT_THAT(text, HasSubstr("application_id: g  # c.yaml:1:17, environment GROUP\n"));
  EXPECT_THAT(text, HasSubstr("  bootstrap: \"127.0.0.1:9092\"  # default\n"));
  EXPECT_THAT(text, HasSubstr("  client:\n    client.rack: g-x  # c.yaml:5:18, environment GROUP\n"
                              "    linger.ms: \"7\"  # --set\n"
                              "    sasl.password: \"[redacted]\"  # c.yaml:4:25, file " +
                              secret + "\n"));
  EXPECT_THAT(text, HasSubstr("threads: 3  # --set\n"));
  EXPECT_THAT(text, HasSubstr("behaviours:\n  - name: a  # c.yaml:6:21\n"
                              "    types: [b, \"c d\"]  # c.yaml:6:31\n"
                              "    impressions: null  # default\n"
                              "    length_max: 50  # default\n    age_max: 2d  # c.yaml:6:52\n"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST_F(ConfigPrintTest, WithoutSecretsThePrintIsTheSameConfiguration) {
  for (const char* yaml :
       {"{}", "candidates: {source: pool, pool_path: 'a: #b'}\n",
        "kafka: {bootstrap: 'on', client: {client.rack: 'x$${y}\"', 'debug': 'null'}}\n",
        "model: {path: 'é\\n'}\nstate: {path: ' a '}\nlog: {level: debug}\nhttp: {users: on}\n",
        "behaviours: [{name: a, types: ['1', 'yes', '-', '[', 'a b']}, {name: b, types: [c]}]\n"}) {
    const ConfigValues before = read(yaml).values;
    const std::string text = print_config(before, "c.yaml");
    const ConfigValues after = read(text).values;
    for (const auto& [path, value] : before) {
      ASSERT_TRUE(after.contains(path)) << path << "\n" << text;
      EXPECT_TRUE(after.find(path)->second.value == value.value) << path << "\n" << text;
    }
  }
}

TEST_F(ConfigPrintTest, TheJsonHasTheSameValuesAndSources) {
  const ConfigReading reading =
      read("threads: 2\nevents: {context: [a]}\nkafka: {client: {ssl.key.pem: hunter2}}\n");
  const std::string json = print_config_json(reading.values, "c.yaml");
  EXPECT_THAT(json, HasSubstr("\"threads\": {\"value\": 2, \"source\": \"c.yaml:1:10\"}"));
  EXPECT_THAT(json, HasSubstr("\"events.context\": {\"value\": [\"a\"], "));
  EXPECT_THAT(json, HasSubstr("\"changelog\": {\"value\": true, \"source\": \"default\"}"));
  EXPECT_THAT(json, HasSubstr("\"behaviours[0].age_max\": {\"value\": \"7d\", "));
  EXPECT_THAT(json, HasSubstr("\"kafka.client.ssl.key.pem\": {\"value\": \"[redacted]\""));
  EXPECT_THAT(json, Not(HasSubstr("hunter2")));
}

}  // namespace freshet::pipeline::config_print_test
