"""Rights on a real broker by Kafka's own requests, in milliseconds where Kafka's tool takes a JVM's start.

A right: who ("User:worker"), what ("READ", "DescribeConfigs"), and on which resource, as Kafka's tool has it:
"--topic", "clicks", and where it is meant as a prefix "--resource-pattern-type", "prefixed" behind that.
"""

import struct

import harness

KINDS = {"--topic": 2, "--group": 3, "--transactional-id": 5}
OPERATIONS = {"ALL": 2, "READ": 3, "WRITE": 4, "CREATE": 5, "DESCRIBE": 8, "DESCRIBECONFIGS": 10}
LITERAL, PREFIXED = 3, 4
ALLOW = 3
CREATE_ACLS, DELETE_ACLS, DESCRIBE_ACLS = 30, 31, 29


def grant(bootstrap, principal, operation, *resource):
    ask(bootstrap, CREATE_ACLS, struct.pack(">i", 1) + binding(principal, operation, *resource))
    harness.wait_until("the right is there", lambda: is_there(bootstrap, principal, operation, *resource),
                       every_s=0.02)


def revoke(bootstrap, principal, operation, *resource):
    if not is_there(bootstrap, principal, operation, *resource):
        raise AssertionError(f"{principal} has no {operation} on {resource} that could be revoked")
    ask(bootstrap, DELETE_ACLS, struct.pack(">i", 1) + binding(principal, operation, *resource))
    harness.wait_until("the right is gone", lambda: not is_there(bootstrap, principal, operation, *resource),
                       every_s=0.02)


def is_there(bootstrap, principal, operation, *resource):
    """Whether the broker that is asked goes by the right already."""
    answer = harness.ask_broker(bootstrap, DESCRIBE_ACLS, 1, binding(principal, operation, *resource))
    error, length = struct.unpack_from(">hh", answer, 4)
    if error != 0:
        raise AssertionError(f"DescribeAcls: error {error}")
    (resources,) = struct.unpack_from(">i", answer, 8 + max(length, 0))
    return resources > 0


def ask(bootstrap, request, body):
    """CreateAcls or DeleteAcls, version 1, of one right."""
    answer = harness.ask_broker(bootstrap, request, 1, body)
    (error,) = struct.unpack_from(">h", answer, 4 + 4)  # behind the throttle time and the results' count
    if error != 0:
        raise AssertionError(f"request {request}: error {error}")


def binding(principal, operation, kind, name, *pattern):
    """A right, or the filter that matches it alone: both are written alike."""
    return (struct.pack(">b", KINDS[kind]) + harness.kafka_text(name)
            + struct.pack(">b", PREFIXED if "prefixed" in pattern else LITERAL)
            + harness.kafka_text(principal) + harness.kafka_text("*")
            + struct.pack(">bb", OPERATIONS[operation.upper()], ALLOW))
