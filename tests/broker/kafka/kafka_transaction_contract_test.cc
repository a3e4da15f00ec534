// The contracts of transactions, of late starts and of the changelog on Apache Kafka.
#include "tests/contract/pipeline/changelog_contract.h"
#include "tests/contract/pipeline/fencing_contract.h"
#include "tests/contract/pipeline/transaction_contract.h"
#include "tests/contract/pipeline/transport_start_contract.h"
#include "tests/support/kafka_transaction_harness.h"

namespace freshet::test {

INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, TransportStart, KafkaTransactionHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, Transactions, KafkaTransactionHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, Fencing, KafkaTransactionHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, Changelog, KafkaTransactionHarness);

}  // namespace freshet::test
