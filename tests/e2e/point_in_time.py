"""The examples of a log of impressions, computed from the log alone.

An independent second implementation of docs/formats.md, "Examples", and of what a row may see: it
shares no code with Freshet, keeps every click for ever and sorts them anew for each row.
"""

import gzip
import json

import last_clicks


class Behaviour:
    """A behaviour's name, its limits, the field of an impression that feeds it (None: every impression)."""

    def __init__(self, name, field, length_max, age_max_ms, older=None):
        self.name, self.field = name, field
        self.length_max, self.age_max_ms = length_max, age_max_ms
        self.clicks = {user: set(seen) for user, seen in (older or {}).items()}  # user -> {(ts, item)}

    def seen_at(self, user, ts, stream_time):
        stored = sorted(self.clicks.get(user, ()), reverse=True)[:self.length_max + 1]
        return [(at, item.decode()) for at, item in stored
                if stream_time - self.age_max_ms <= at < ts][:self.length_max]

    def insert(self, event):
        if self.field is None or event[self.field] == 1:
            self.clicks.setdefault(event["user_id"], set()).add((event["ts"], event["item_id"].encode()))


def examples(log, partitions, behaviours, context):
    """Yields the rows of a log in time order, in its order: dictionaries without model and logits."""
    stream_time, offsets, seen = [0] * partitions, [0] * partitions, set()
    with gzip.open(log, "rt") as lines:
        for line in lines:
            event = json.loads(line)
            user, item, ts = event["user_id"], event["item_id"], event["ts"]
            partition = last_clicks.partition_of(user, partitions)
            stream_time[partition] = max(stream_time[partition], ts)
            offset = offsets[partition]
            offsets[partition] += 1
            if (user, item, ts) not in seen:
                seen.add((user, item, ts))
                sequences = {}
                for behaviour in behaviours:
                    clicks = behaviour.seen_at(user, ts, stream_time[partition])
                    sequences[behaviour.name] = {"items": [clicked for _, clicked in clicks],
                                                 "ts": [at for at, _ in clicks]}
                yield {"user_id": user, "item_id": item, "ts": ts, "label": event["label"],
                       "context": {name: str(event[name]) for name in context},
                       "sequences": sequences,
                       "source": {"topic": "impressions", "partition": partition, "offset": offset}}
            for behaviour in behaviours:
                behaviour.insert(event)
