// The transport contract on Apache Kafka.
#include "tests/contract/pipeline/transport_group_contract.h"
#include "tests/contract/pipeline/transport_records_contract.h"
#include "tests/support/kafka_harness.h"

namespace freshet::test {

INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, TransportGroup, KafkaHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, TransportRecords, KafkaHarness);

}  // namespace freshet::test
