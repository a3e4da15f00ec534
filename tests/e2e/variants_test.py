"""Every variant in `freshet run` on a real broker, exactly once: what its topics hold is what a replay gives.

One broker and one input for all, whose second half comes only after the kill. Each variant has a worker of its own,
killed and started again, so that its sums are rebuilt from the saved sequences under way, where the replay's never are. 30 s, 15 of them the broker's.
"""

import itertools
import json
import os
import pathlib
import random
import tempfile
import unittest

import harness
from exactly_once_world import PARTITIONS, by_source, plain, source_of

EVENTS = 6_000
ITEMS = 60
# name -> options of `model init`; each but none reads both behaviours.
VARIANTS = {
    "traditional": ("--weight", "per_channel", "--recency-per-day", 0.5),
    "self": ("--score", "additive"),
    "self_shared": ("--pool", "last"),
    "self_bilinear": ("--pool", "sum"),
    "self_bilinear_activated": ("--self-activation", "tanh", "--recency-per-day", 2),
    "merged": ("--target-fields", "item,author"),
    "target": ("--score", "bilinear"),
    "none": ("--behaviours", "click"),
}


class VariantsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.seed = int(os.environ.get("FRESHET_SEED", random.randrange(2**32)))
        print(f"FRESHET_SEED={cls.seed}", flush=True)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.addClassCleanup(harness.stop_broker, cls.dir / "kafka")
        cls.bootstrap = harness.start_broker(cls.dir / "kafka")

    def configure(self, variant):
        """The variant's model and its worker, whose topics but the input are its own."""
        model = self.dir / f"model-{variant}"
        harness.freshet("model", "init", "--variant", variant, "--name", variant, "--items", self.dir / "items.txt",
                        "--dim", 16, "--context", "tab", "--seed", self.seed,
                        *(() if variant == "none" else ("--behaviours", "click,exposed")), *VARIANTS[variant],
                        "--output", model)
        config = self.dir / f"{variant}.yaml"
        config.write_text(f"""
application_id: {variant}
kafka:
  bootstrap: {self.bootstrap}
  output: scores-{variant}
  dead_letter: dead-{variant}
  client: {{session.timeout.ms: 6000, heartbeat.interval.ms: 500}}
events: {{context: [tab]}}
behaviours:
  - {{name: click, types: [click], length_max: 20, age_max: 7d}}
  - {{name: exposed, impressions: all, length_max: 30, age_max: 1d}}
candidates: {{source: catalogue, publish: 3}}
model: {{path: {model}}}
state: {{path: {self.dir / f"state-{variant}"}, memory_budget_mb: 16}}
checkpoint: {{interval_ms: 1000}}
delivery: exactly_once
changelog: on
http: {{listen: off}}
""")
        harness.freshet("create-topics", "-c", config, "--partitions", PARTITIONS)
        return config

    def position(self, variant):
        found = harness.committed_positions(self.bootstrap, variant, "clicks", PARTITIONS)
        return sum(max(0, position) for position, _ in found.values())

    def wait_for_positions(self, workers, expected):
        """Until every worker has committed so many of the input's records."""
        def committed():
            for variant, worker in workers.items():
                self.assertIsNone(worker.process.poll(), f"{variant}: {worker.text()}")
            return all(self.position(variant) >= expected for variant in workers)
        harness.wait_until(f"{expected} records of every variant", committed)

    def replayed(self, variant, config):
        """(source partition, offset) -> what a replay of the input gives for it."""
        scores, dead = self.dir / f"{variant}.jsonl", self.dir / f"{variant}.dead"
        harness.freshet("replay", "-c", config, "--input", self.dir / "input.dump", "--output", scores,
                        "--dead-letters", dead)
        expected = by_source(scores)
        for line in dead.read_text().splitlines():
            letter = json.loads(line)
            expected[letter["partition"], letter["offset"]] = plain(letter)
        return expected

    def published(self, variant, config):
        """The same as (source, output) pairs of what is committed in the variant's topics."""
        pairs = []
        for topic in (f"scores-{variant}", f"dead-{variant}"):
            dump = self.dir / f"{topic}.dump"
            harness.freshet("dump", "-c", config, "--topic", topic, "--output", dump)
            pairs += [source_of(json.loads(line)) for line in dump.read_text().splitlines()[1:]]
        return pairs

    def test_every_variant_publishes_what_a_replay_gives(self):
        log, items = self.dir / "log.jsonl", self.dir / "items.txt"
        harness.freshet("generate", "--output", log, "--events", EVENTS, "--users", 100, "--items", ITEMS, "--late", 0.05,
                        "--duplicates", 0.02, "--bad", 0.005, "--requests", 0.05, "--seed", self.seed)
        items.write_text("".join(f"v{item + 1}\n" for item in range(ITEMS)))
        first, rest = self.dir / "first.jsonl", self.dir / "rest.jsonl"
        with open(log, "rb") as lines:
            first.write_bytes(b"".join(itertools.islice(lines, EVENTS // 2)))
            rest.write_bytes(lines.read())
        configs = {variant: self.configure(variant) for variant in VARIANTS}

        def start():
            workers = {v: harness.Worker(config, self.dir / f"{v}.log") for v, config in configs.items()}
            for worker in workers.values():
                self.addCleanup(worker.process.kill)
            return workers

        some = next(iter(configs.values()))
        harness.freshet("produce", "-c", some, "--input", first)
        workers = start()
        self.wait_for_positions(workers, 1_000)
        for worker in workers.values():
            worker.kill()
        harness.freshet("produce", "-c", some, "--input", rest)
        workers = start()
        self.wait_for_positions(workers, sum(harness.end_offsets(self.bootstrap, "clicks", PARTITIONS, committed=True)))
        for variant, worker in workers.items():
            self.assertEqual(worker.stop(), 0, f"{variant}: {worker.text()}")

        harness.freshet("dump", "-c", some, "--output", self.dir / "input.dump")
        for variant, config in configs.items():
            with self.subTest(variant):
                expected = self.replayed(variant, config)
                scored = sum(f'"model":"{variant}@1"' in output for output in expected.values())
                self.assertGreater(scored, EVENTS // 2)
                for source, output in self.published(variant, config):
                    self.assertEqual(output, expected.pop(source, "nothing more"), source)
                self.assertEqual(len(expected), 0, next(iter(expected), None))


if __name__ == "__main__":
    unittest.main(verbosity=2)
