#include "pipeline/kafka/kafka_error_table.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace freshet::pipeline {
namespace {

// Nobody answers, or not now: the same call may go through later.
constexpr int kOutage[] = {RD_KAFKA_RESP_ERR__TRANSPORT,       RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
                           RD_KAFKA_RESP_ERR__RESOLVE,         RD_KAFKA_RESP_ERR__TIMED_OUT,
                           RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
                           RD_KAFKA_RESP_ERR__WAIT_COORD,      RD_KAFKA_RESP_ERR__WAIT_CACHE,
                           RD_KAFKA_RESP_ERR__QUEUE_FULL,      RD_KAFKA_RESP_ERR__UNKNOWN_BROKER,
                           RD_KAFKA_RESP_ERR__NODE_UPDATE,     RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                           RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION};
constexpr int kClusterMoves[] = {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                                 RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                 RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
                                 RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
                                 RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
                                 RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
                                 RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
                                 RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                                 RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                 RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
                                 RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED,
                                 RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
                                 RD_KAFKA_RESP_ERR_STALE_CTRL_EPOCH,
                                 RD_KAFKA_RESP_ERR_STALE_BROKER_EPOCH,
                                 RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE,
                                 RD_KAFKA_RESP_ERR_ELIGIBLE_LEADERS_NOT_AVAILABLE,
                                 RD_KAFKA_RESP_ERR_ELECTION_NOT_NEEDED,
                                 RD_KAFKA_RESP_ERR_REASSIGNMENT_IN_PROGRESS,
                                 RD_KAFKA_RESP_ERR_NO_REASSIGNMENT_IN_PROGRESS,
                                 RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND,
                                 RD_KAFKA_RESP_ERR_FETCH_SESSION_ID_NOT_FOUND,
                                 RD_KAFKA_RESP_ERR_INVALID_FETCH_SESSION_EPOCH,
                                 RD_KAFKA_RESP_ERR_MEMBER_ID_REQUIRED};
constexpr int kUndecided[] = {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
                              RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS};
constexpr int kTooFewReplicas[] = {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                   RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                                   RD_KAFKA_RESP_ERR__ISR_INSUFF};
constexpr int kBrokerDisk[] = {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR};
constexpr int kThrottled[] = {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED};
constexpr int kDamagedOnItsWay[] = {RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__UNDERFLOW,
                                    RD_KAFKA_RESP_ERR__PARTIAL, RD_KAFKA_RESP_ERR_INVALID_MSG,
                                    RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE};
constexpr int kInTheMiddle[] = {RD_KAFKA_RESP_ERR__RETRY,
                                RD_KAFKA_RESP_ERR__IN_PROGRESS,
                                RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS,
                                RD_KAFKA_RESP_ERR__INTR,
                                RD_KAFKA_RESP_ERR__DESTROY,
                                RD_KAFKA_RESP_ERR__OUTDATED,
                                RD_KAFKA_RESP_ERR__NOOP,
                                RD_KAFKA_RESP_ERR__PARTITION_EOF,
                                RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS,
                                RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS};

// What was asked for is lost or may be: the thread starts again with a new consumer and producer.
constexpr int kGenerationOver[] = {
    RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
    RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
    RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED};
constexpr int kProducerReplaced[] = {RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
                                     RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH};
constexpr int kTransactionLost[] = {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE,
                                    RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
                                    RD_KAFKA_RESP_ERR__STATE,
                                    RD_KAFKA_RESP_ERR__CONFLICT,
                                    RD_KAFKA_RESP_ERR__INCONSISTENT,
                                    RD_KAFKA_RESP_ERR__PURGE_QUEUE,
                                    RD_KAFKA_RESP_ERR__PURGE_INFLIGHT};
constexpr int kSequenceLost[] = {
    RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER,
    RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE};
constexpr int kBrokerFailed[] = {RD_KAFKA_RESP_ERR_UNKNOWN};

// The operator must change something. Starting again under the same identity would only fence the
// other worker in turn.
constexpr int kInstanceTaken[] = {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID};
constexpr int kMissingTopic[] = {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                                 RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
                                 RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION};
constexpr int kTopicName[] = {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION};
constexpr int kTopicCreation[] = {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS,
                                  RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
                                  RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR,
                                  RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT,
                                  RD_KAFKA_RESP_ERR_INVALID_CONFIG,
                                  RD_KAFKA_RESP_ERR_POLICY_VIOLATION};
constexpr int kRights[] = {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                           RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                           RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                           RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                           RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_AUTHORIZATION_FAILED};
constexpr int kLogin[] = {RD_KAFKA_RESP_ERR__AUTHENTICATION,
                          RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
                          RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
                          RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
                          RD_KAFKA_RESP_ERR_SECURITY_DISABLED,
                          RD_KAFKA_RESP_ERR__SSL,
                          RD_KAFKA_RESP_ERR_UNACCEPTABLE_CREDENTIAL,
                          RD_KAFKA_RESP_ERR_INVALID_PRINCIPAL_TYPE,
                          RD_KAFKA_RESP_ERR_PRINCIPAL_DESERIALIZATION_FAILURE,
                          RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_AUTH_DISABLED,
                          RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_EXPIRED,
                          RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_NOT_FOUND,
                          RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_OWNER_MISMATCH,
                          RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_REQUEST_NOT_ALLOWED};
constexpr int kSessionTimeout[] = {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT};
constexpr int kTransactionTimeout[] = {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT};
constexpr int kOtherMembers[] = {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL};
constexpr int kGroupFull[] = {RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED};
constexpr int kGroupName[] = {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, RD_KAFKA_RESP_ERR__UNKNOWN_GROUP};
constexpr int kOldBrokers[] = {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
                               RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
                               RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT};
constexpr int kCompression[] = {RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE,
                                RD_KAFKA_RESP_ERR__BAD_COMPRESSION};
constexpr int kMetadataSize[] = {RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE};
constexpr int kOptions[] = {RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR__NOT_CONFIGURED,
                            RD_KAFKA_RESP_ERR__UNKNOWN_PROTOCOL};

// The record itself cannot be taken.
constexpr int kTooLarge[] = {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                             RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE};
constexpr int kRefusedRecord[] = {RD_KAFKA_RESP_ERR_INVALID_RECORD,
                                  RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP};

// Going on would lose something.
constexpr int kPositionGone[] = {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
                                 RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
                                 -139 /* _LOG_TRUNCATION, since librdkafka 2.1 */};
constexpr int kUnforeseen[] = {RD_KAFKA_RESP_ERR__FATAL,
                               RD_KAFKA_RESP_ERR__FAIL,
                               RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE,
                               RD_KAFKA_RESP_ERR__FS,
                               RD_KAFKA_RESP_ERR__NOENT,
                               RD_KAFKA_RESP_ERR__NO_OFFSET,
                               RD_KAFKA_RESP_ERR__APPLICATION,
                               RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED,
                               RD_KAFKA_RESP_ERR__EXISTING_SUBSCRIPTION,
                               RD_KAFKA_RESP_ERR__INVALID_TYPE,
                               RD_KAFKA_RESP_ERR__READ_ONLY,
                               RD_KAFKA_RESP_ERR__KEY_SERIALIZATION,
                               RD_KAFKA_RESP_ERR__KEY_DESERIALIZATION,
                               RD_KAFKA_RESP_ERR__VALUE_SERIALIZATION,
                               RD_KAFKA_RESP_ERR__VALUE_DESERIALIZATION,
                               RD_KAFKA_RESP_ERR_INVALID_REQUEST,
                               RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
                               RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE,
                               RD_KAFKA_RESP_ERR_INVALID_UPDATE_VERSION,
                               RD_KAFKA_RESP_ERR_FEATURE_UPDATE_FAILED,
                               RD_KAFKA_RESP_ERR_LOG_DIR_NOT_FOUND,
                               RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP,
                               RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND,
                               RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC,
                               RD_KAFKA_RESP_ERR_TOPIC_DELETION_DISABLED,
                               RD_KAFKA_RESP_ERR_RESOURCE_NOT_FOUND,
                               RD_KAFKA_RESP_ERR_DUPLICATE_RESOURCE,
                               RD_KAFKA_RESP_ERR_INCONSISTENT_VOTER_SET,
                               RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED};

using enum ErrorCode;

constexpr KafkaErrorGroup kTable[] = {
    {"nobody answers", kUnavailable,
     "check kafka.bootstrap and that the brokers run; `freshet check --connect` tells more",
     kOutage},
    {"the cluster elects or moves something", kUnavailable, "", kClusterMoves},
    {"a transaction is still undecided", kUnavailable, "", kUndecided},
    {"too few replicas in sync", kUnavailable, "bring the brokers of the topic's replicas back",
     kTooFewReplicas},
    {"a broker's disk failed", kUnavailable, "look at the brokers' disks", kBrokerDisk},
    {"a quota holds the client back", kUnavailable, "raise the client's quota", kThrottled},
    {"a response was damaged on its way", kUnavailable, "", kDamagedOnItsWay},
    {"librdkafka is in the middle of something", kUnavailable, "", kInTheMiddle},

    {"the group has gone on without this member", kFenced,
     "another instance owns the partitions; rejoining", kGenerationOver},
    {"the brokers have replaced the producer: by another instance, or because its transaction took "
     "longer than transaction.timeout.ms",
     kFenced, "starting again with a new one", kProducerReplaced},
    {"the transaction is lost", kFenced, "starting again behind the last commit", kTransactionLost},
    {"the producer's numbering is lost", kFenced, "starting again with a new one", kSequenceLost},
    {"a broker failed inside", kFenced, "the brokers' logs say more", kBrokerFailed},

    {"another worker has the same identity", kInvalidConfig,
     "another worker runs under this one's instance id, perhaps on a copy of its state directory: "
     "give each worker a state directory of its own, and delete the file `instance` in the copy",
     kInstanceTaken},
    {"the topic is missing", kInvalidConfig,
     "create the topic (freshet create-topics -c FILE --partitions N, or with Kafka's own tools)",
     kMissingTopic},
    {"the topic's name is no name", kInvalidConfig, "give a valid topic name", kTopicName},
    {"the brokers do not create such a topic", kInvalidConfig,
     "create it by hand, as docs/operations.md describes it", kTopicCreation},
    {"a right is missing", kInvalidConfig,
     "`freshet check --connect` names the right that the worker's principal lacks", kRights},
    {"login or certificate is refused", kInvalidConfig,
     "check the security options under kafka.client", kLogin},
    {"the session time-out is refused", kInvalidConfig,
     "set session.timeout.ms within the broker's bounds", kSessionTimeout},
    {"the transaction time-out is refused", kInvalidConfig,
     "set transaction.timeout.ms under kafka.client to the brokers' transaction.max.timeout.ms or "
     "less",
     kTransactionTimeout},
    {"other members of the group share partitions differently", kInvalidConfig,
     "give application_id a name that no other application uses", kOtherMembers},
    {"the group is full", kInvalidConfig, "raise the brokers' group.max.size", kGroupFull},
    {"the group's name is refused", kInvalidConfig, "change application_id", kGroupName},
    {"the brokers are older than 2.5", kInvalidConfig, "use newer ones", kOldBrokers},
    {"a compression that one side does not have", kInvalidConfig,
     "set compression.codec under kafka.client, or the topic's compression.type", kCompression},
    {"the text beside a position is too long", kInvalidConfig,
     "raise the brokers' offset.metadata.max.bytes", kMetadataSize},
    {"librdkafka refuses an option", kInvalidConfig, "check the options under kafka.client",
     kOptions},

    {"the record is too large", kBadRecord,
     "raise message.max.bytes under kafka.client and max.message.bytes of the topic", kTooLarge},
    {"the topic refuses the record", kBadRecord, "it may be compacted, or check its timestamps",
     kRefusedRecord},

    {"the position is not in the log any more", kFenced,
     "the start that follows says by name what is lost", kPositionGone},
    {"nothing that a worker meets", kFatal, "", kUnforeseen},
};

}  // namespace

std::span<const KafkaErrorGroup> kafka_error_table() { return kTable; }

const KafkaErrorGroup* find_kafka_error(int rd_error) {
  for (const KafkaErrorGroup& group : kTable) {
    if (std::find(group.errors.begin(), group.errors.end(), rd_error) != group.errors.end()) {
      return &group;
    }
  }
  return nullptr;
}

}  // namespace freshet::pipeline
