"""The last N distinct clicks of each user, computed from the log alone.

An independent second implementation, in another language, of what the worker's state must hold:
it shares no code with Freshet and sorts everything instead of keeping anything up to date.
"""

import gzip
import json


def murmur2(data):
    """Kafka's murmur2 (seed 0x9747b28c), as unsigned 32 bits."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    tail = data[whole:]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def partition_of(user, partitions):
    return (murmur2(user.encode()) & 0x7FFFFFFF) % partitions


def seeded_clicks(history, field):
    """user -> {(ts, item)}: item i of n lies n - i ms before the user's last_ts."""
    clicks = {}
    with gzip.open(history, "rt") as lines:
        for line in lines:
            user = json.loads(line)
            items = user[field]
            clicks[user["user_id"]] = {(user["last_ts"] - (len(items) - i), item.encode())
                                       for i, item in enumerate(items)}
    return clicks


def visible_clicks(log, partitions, length_max, age_max_ms, older=None, field="label"):
    """user -> [(ts, item)], newest first.

    Clicks are the impressions whose `field` is 1, or all of them where it is None, and `older` ones.
    """
    stream_time = [0] * partitions
    clicks = {user: set(seen) for user, seen in (older or {}).items()}
    with gzip.open(log, "rt") as lines:
        for line in lines:
            event = json.loads(line)
            user, ts = event["user_id"], event["ts"]
            partition = partition_of(user, partitions)
            stream_time[partition] = max(stream_time[partition], ts)
            if field is None or event[field] == 1:
                clicks.setdefault(user, set()).add((ts, event["item_id"].encode()))
    visible = {}
    for user, seen in clicks.items():
        oldest = stream_time[partition_of(user, partitions)] - age_max_ms
        newest = sorted((click for click in seen if click[0] >= oldest), reverse=True)
        if newest:
            visible[user] = [(ts, item.decode()) for ts, item in newest[:length_max]]
    return visible
