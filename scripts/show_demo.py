#!/usr/bin/env python3
"""Tells the story of one user from a replay's output: each event, and the best items after it.

    scripts/show_demo.py SCORES [USER]
"""

import json
import sys


def main():
    with open(sys.argv[1]) as file:
        scores = [json.loads(line) for line in file]
    user = sys.argv[2] if len(sys.argv) > 2 else scores[-1]["user_id"]
    mine = [event for event in scores if event["user_id"] == user]
    print(f"\nThe last events of user {user}, and the best items after each:\n")
    print(f"{'event':<8}{'clicks seen':>12}   best items (score)")
    for event in mine[-8:]:
        name = event.get("event_id") or event["request_id"]
        flags = "".join(f" [{flag}]" for flag in ("late", "duplicate") if event.get(flag))
        best = "  ".join(f"{s['item_id']} ({s['score']:.3f})" for s in event["scores"][:4])
        print(f"{name:<8}{event['sequence_length']:>12}   {best}{flags}")


if __name__ == "__main__":
    main()
