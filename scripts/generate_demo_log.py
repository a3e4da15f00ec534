#!/usr/bin/env python3
"""Writes a small click log to stdout: users with drifting tastes, some late, repeated and bad events.

    scripts/generate_demo_log.py EVENTS SEED ITEMS > log.jsonl

The same arguments give the same bytes. Items are 0 .. ITEMS - 1, chosen by Zipf's law around each
user's taste of the day.
"""

import json
import random
import sys

START_MS = 1_600_000_000_000
BAD_LINES = ['not json', '{"user_id":"u1","type":"click"}',
             '{"user_id":"u2","item_id":1.5,"ts":1600000000000,"type":"click"}',
             '{"user_id":"u3","item_id":"1","ts":1600000000000,"type":"wave"}']


def events(count, seed, items):
    rng = random.Random(seed)
    users = [f"u{i}" for i in range(max(3, count // 40))]
    taste = {user: rng.randrange(items) for user in users}
    weights = [1 / (rank + 1) for rank in range(items)]
    now = START_MS
    last = None
    for number in range(count):
        now += rng.randrange(1, 2_000)
        if rng.random() < 0.005:
            yield rng.choice(BAD_LINES)
            continue
        if last is not None and rng.random() < 0.02:
            yield last
            continue
        user = rng.choice(users)
        if rng.random() < 0.05:
            taste[user] = rng.randrange(items)
        item = (taste[user] + rng.choices(range(items), weights)[0]) % items
        event = {"event_id": f"e{number}", "user_id": user, "item_id": str(item), "ts": now}
        kind = rng.random()
        if kind < 0.6:
            event["type"] = "click"
            if rng.random() < 0.05:
                event["ts"] = now - rng.randrange(1, 3_600_000)
        elif kind < 0.9:
            event.update(type="impression", label=int(rng.random() < 0.4))
        else:
            del event["event_id"], event["item_id"]
            event.update(type="request", request_id=f"r{number}")
        last = json.dumps(event, separators=(",", ":"))
        yield last


def main():
    count, seed, items = map(int, sys.argv[1:4])
    for line in events(count, seed, items):
        print(line)


if __name__ == "__main__":
    main()
