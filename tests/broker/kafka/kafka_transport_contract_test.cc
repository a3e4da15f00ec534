// The transport contract on Apache Kafka.
#include "tests/contract/pipeline/transport_contract.h"
#include "tests/support/kafka_harness.h"

namespace freshet::test {

INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, TransportContract, KafkaHarness);

}  // namespace freshet::test
