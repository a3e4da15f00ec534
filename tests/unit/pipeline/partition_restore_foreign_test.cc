// Changelogs that another program has written to, or that were made anew.
#include "pipeline/restore/partition_restore.h"
#include "tests/unit/pipeline/partition_restore_fixture.h"

namespace freshet::pipeline::partition_restore_test {
namespace {

using PartitionRestoreForeignTest = PartitionRestoreTest;

TEST_F(PartitionRestoreForeignTest, AStoreBehindAllOfAChangelogThatWasMadeAnewIsReadFromNothing) {
  for (int i = 0; i < 20; ++i) commit({{"a", value_of(i)}});
  commit({{"b", value_of(1)}}, true);
  Changelog anew;
  anew.append("a", value_of(19));
  anew.append("b", value_of(1));
  anew.append("", std::prev(changelog_.records.end())->second.second);
  ++anew.end.value;
  changelog_ = anew;
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreForeignTest, ARecordOfAnotherProgramAmongTheUsersIsRefusedWithTheWayOut) {
  commit({{"a", value_of(1)}}, true);
  changelog_.append("stranger", "xx");
  commit({{"a", value_of(2)}}, true);
  const auto restored = restore(last());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(restored.error().message.find("partition 3: the digest of 2 restored users"),
            std::string::npos)
      << restored.error().message;
  EXPECT_NE(restored.error().message.find("changelog: off"), std::string::npos);
}

TEST_F(PartitionRestoreForeignTest, AMarkerThatIsNoneOrIsDeletedIsPassedOver) {
  commit({{"a", value_of(1)}});
  changelog_.append("", "garbage");
  changelog_.append("", std::nullopt);
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreForeignTest, AMarkerThatAnotherRecordHasReplacedIsMissed) {
  commit({{"a", value_of(1)}});
  changelog_.append("", "garbage");
  changelog_.compact();
  const auto restored = restore(last());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(restored.error().message.find("holds no marker"), std::string::npos);
}

}  // namespace
}  // namespace freshet::pipeline::partition_restore_test
