// The transport contract on the in-memory broker.
#include "tests/contract/pipeline/beside_contract.h"
#include "tests/contract/pipeline/changelog_contract.h"
#include "tests/contract/pipeline/fencing_contract.h"
#include "tests/contract/pipeline/random_transactions_contract.h"
#include "tests/contract/pipeline/transaction_contract.h"
#include "tests/contract/pipeline/transport_group_contract.h"
#include "tests/contract/pipeline/transport_records_contract.h"
#include "tests/contract/pipeline/transport_start_contract.h"
#include "tests/support/memory_harness.h"

namespace freshet::test {

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TransportGroup, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TransportRecords, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TransportStart, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, Transactions, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, CommitsBeside, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, Fencing, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, Changelog, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, RandomTransactions, MemoryHarness);

}  // namespace freshet::test
