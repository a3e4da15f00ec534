#include "tests/support/seed.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace freshet::test::seed_test {

// Sets a variable of the environment and puts it back.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value, 1);
  }
  ~Variable() { before_.empty() ? unsetenv(name_) : setenv(name_, before_.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

TEST(SeedTest, TheNumberOfCasesIsThatOfTheEnvironment) {
  const Variable cases("FRESHET_CASES", "17");
  EXPECT_EQ(case_count(4'000), 17);
}

TEST(SeedDeathTest, ANumberOfCasesThatIsNoneStopsTheRun) {
  for (const char* text : {"0", "-1", "", "many", "10k", "1.5", " 7", "99999999999"}) {
    const Variable cases("FRESHET_CASES", text);
    EXPECT_DEATH(static_cast<void>(case_count(4'000)),
                 "FRESHET_CASES=.*: must be a whole number from 1 to 2147483647")
        << text;
  }
}

TEST(SeedDeathTest, ASeedThatIsNoneStopsTheRun) {
  for (const char* text : {"0", "-1", "", "seed", "0x1f", "99999999999999999999"}) {
    const Variable seed("FRESHET_SEED", text);
    EXPECT_DEATH(static_cast<void>(test_seed()),
                 "FRESHET_SEED=.*: must be a whole number from 1 to")
        << text;
  }
}

}  // namespace freshet::test::seed_test
