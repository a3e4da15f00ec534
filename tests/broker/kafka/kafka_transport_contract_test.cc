// The transport contract on Apache Kafka.
#include "tests/contract/pipeline/beside_contract.h"
#include "tests/contract/pipeline/changelog_contract.h"
#include "tests/contract/pipeline/fencing_contract.h"
#include "tests/contract/pipeline/random_transactions_contract.h"
#include "tests/contract/pipeline/transaction_contract.h"
#include "tests/contract/pipeline/transport_group_contract.h"
#include "tests/contract/pipeline/transport_records_contract.h"
#include "tests/contract/pipeline/transport_start_contract.h"
#include "tests/support/kafka_harness.h"

namespace freshet::test {

INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, TransportGroup, KafkaHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, TransportRecords, KafkaHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, TransportStart, KafkaHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, Transactions, KafkaHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, CommitsBeside, KafkaHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, Fencing, KafkaHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, Changelog, KafkaHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, RandomTransactions, KafkaHarness);

}  // namespace freshet::test
