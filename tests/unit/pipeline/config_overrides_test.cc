#include "pipeline/config/config_overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pipeline/config/config_keys.h"
#include "pipeline/config/config_parser.h"

namespace freshet::pipeline::config_overrides_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Sets = std::vector<std::string>;

Result<WorkerConfig> parse(std::string_view yaml, const Sets& sets) {
  return parse_config(yaml, ConfigSource{.file = "c.yaml", .sets = sets});
}

std::string problems_of(std::string_view yaml, const Sets& sets) {
  const Result<WorkerConfig> config = parse(yaml, sets);
  return config ? "" : config.error().message;
}

TEST(ConfigOverridesTest, ASetWinsOverTheFileAndTheLastOneOverTheOthers) {
  const auto config = parse("threads: 2\nlog: {level: warn}\n",
                            {"threads=3", "log.format=json", "threads=4", "model.path=m=1: #x"});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->threads, 4U);
  EXPECT_EQ(config->log_level, "warn");
  EXPECT_EQ(config->log_format, LogFormat::kJson);
  EXPECT_EQ(config->model_path, "m=1: #x");
}

TEST(ConfigOverridesTest, EveryScalarKeyOfTheTableCanBeSet) {
  for (const WorkerKey& key : worker_keys()) {
    const std::string set = std::string(key.path) + "=" + std::string(key.default_text);
    EXPECT_EQ(problems_of("{}", {set}), "") << set;
  }
}

TEST(ConfigOverridesTest, OptionNamesWithDotsAreOneOption) {
  const auto config = parse("kafka: {client: {linger.ms: 1, session.timeout.ms: 9000}}",
                            {"kafka.client.session.timeout.ms=6000", "kafka.client.client.rack=a"});
  ASSERT_TRUE(config) << config.error().message;
  const std::map<std::string, std::string> options = {
      {"client.rack", "a"}, {"linger.ms", "1"}, {"session.timeout.ms", "6000"}};
  EXPECT_EQ(config->kafka.client, options);
}

TEST(ConfigOverridesTest, ListsAndMapsAreYaml) {
  const auto config = parse("{}", {"events.context=[tab, \"a b\"]", "kafka.client={linger.ms: 3}",
                                   "behaviours=[{name: cart, types: [cart, buy], age_max: 3d}]"});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->events.context, ElementsAre("tab", "a b"));
  EXPECT_EQ(config->kafka.client.at("linger.ms"), "3");
  ASSERT_EQ(config->behaviours.size(), 1U);
  EXPECT_THAT(config->behaviours[0].types, ElementsAre("cart", "buy"));
}

TEST(ConfigOverridesTest, BehavioursAreNamedByIndexTheDefaultOneToo) {
  const auto config = parse("{}", {"behaviours.0.length_max=20", "behaviours[0].age_max=1h",
                                   "behaviours.0.types=[click, tap]"});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->behaviours[0].limits.name, "click");
  EXPECT_EQ(config->behaviours[0].limits.length_max, 20U);
  EXPECT_EQ(config->behaviours[0].limits.age_max.value, 3'600'000);
  EXPECT_THAT(config->behaviours[0].types, ElementsAre("click", "tap"));
}

TEST(ConfigOverridesTest, AnAliasedBehaviourIsSetAlone) {
  const auto config = parse(
      "behaviours:\n  - &a {name: a, types: [a]}\n"
      "  - {name: b, types: [b]}\n  - *a\n",
      {"behaviours.2.name=c", "behaviours.2.types=[c]"});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->behaviours[0].limits.name, "a");
  EXPECT_EQ(config->behaviours[2].limits.name, "c");
}

TEST(ConfigOverridesTest, ProblemsAreToldAtTheSetTogetherWithTheFiles) {
  EXPECT_EQ(problems_of("treads: 2\n",
                        {"threads=two", "kafka.inptu=x", "kafka=x", "behaviours.0.legnth_max=1",
                         "behaviours.7.name=x", "behaviours.x.name=x", "behaviours.0.length_max=0",
                         "novalue", "kafka.client.sasl.password:hunter2=", "=x",
                         "events.context=[a, '']", "kafka.client={a: ", "events.fields.user=",
                         "log.level=wran", "kafka.client.acks=1"}),
            "c.yaml:1:1: treads: unknown key; did you mean threads?\n"
            "--set \"=\": say KEY=VALUE, such as --set threads=2\n"
            "--set behaviours.0.legnth_max: unknown key; did you mean length_max?\n"
            "--set behaviours.x.name: say behaviours.INDEX.KEY, such as behaviours.0.length_max\n"
            "--set behaviours[0].length_max: 0 is out of range: 1 to 65535 clicks\n"
            "--set behaviours[7].name: there are 1 behaviours, the first has the index 0\n"
            "--set events.context: events.context[1]: a field's name cannot be empty\n"
            "--set events.fields.user: has 0 bytes, allowed are 1 to 128\n"
            "--set kafka: is a section; set one of its keys: kafka.KEY=VALUE\n"
            "--set kafka.client: not valid YAML: end of map flow not found\n"
            "--set kafka.client.acks: cannot be set: outputs must be acknowledged by all replicas, "
            "once each and in order\n"
            "--set kafka.client.sasl.password: say KEY=VALUE, such as --set threads=2\n"
            "--set kafka.inptu: unknown key; did you mean kafka.input?\n"
            "--set log.level: \"wran\" is none of debug, info, warn, error; did you mean warn?\n"
            "--set novalue: say KEY=VALUE, such as --set threads=2\n"
            "--set threads: \"two\" is not an integer");
}

TEST(ConfigOverridesTest, AValueCannotReachAnyOtherKey) {
  const auto config = parse("{}", {"state.path=a\nthreads: 9"});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("--set state.path: holds a control character"));
}

}  // namespace freshet::pipeline::config_overrides_test
