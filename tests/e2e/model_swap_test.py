"""New versions of a model under load, and kills around them: nothing is lost, twice, or unrepeatable.

The oracle is that of exactly_once_world.py, its replay told by `--swaps` what `freshet model swaps`
found in the outputs. Versions know different items, so a model also decides what is a dead letter.
"""

import json
import os
import re
import shutil
import time
import unittest
import urllib.request

import harness
from exactly_once_world import PARTITIONS, ExactlyOnceTestCase, was_killed

INTERVAL_MS = 100
OPTIONS = ("--set", "model.reload_interval_ms=50")
PLACES = ("after_swap", None, "before_batch")  # None: at a random time


class ModelSwapTest(ExactlyOnceTestCase):
    EVENTS = 60_000
    EXAMPLES = True
    CONFIG = f"commit: {{interval_ms: {INTERVAL_MS}}}"

    @classmethod
    def make_input(cls):
        log, model = super().make_input()
        cls.name = re.search(r"^model: (.*)@", harness.freshet("model", "info", model).stdout)[1]
        versions = cls.shared / "versions"
        versions.mkdir()
        cls.items = (model / "items.txt").read_text().splitlines(keepends=True)
        cls.version = 1
        shutil.move(model, versions / "1")
        return log, versions

    def publish(self):
        """One more version, in one step; returns its label."""
        type(self).version += 1
        items, made = self.shared / "items.txt", self.shared / "made"
        items.write_text("".join(self.items[:len(self.items) * (9 + self.version % 2) // 10]))
        harness.freshet("model", "init", "--items", items, "--name", self.name, "--seed", self.version,
                        "--dim", 16, "--context", "tab", "--output", made)
        text = (made / "model.yaml").read_text()
        (made / "model.yaml").write_text(
            re.sub(r"(?m)^version: \d+$", f"version: {self.version}", text))
        os.rename(made, self.model / str(self.version))
        return f"{self.name}@{self.version}"

    def wait_for_model(self, worker, label):
        def served():
            self.assertIsNone(worker.process.poll(), worker.text())
            return f"serves model {label} from position" in worker.text()
        harness.wait_until(label, served, limit_s=60, every_s=0.01)

    def replay_options(self):
        dumps = []
        for topic in self.topics:
            self.read(topic)
            dumps.append(self.dir / f"{topic}.dump")
        swaps = self.dir / "swaps.jsonl"
        found = harness.freshet("model", "swaps", "--scores", dumps[0], "--dead-letters", dumps[1])
        swaps.write_text(found.stdout)
        self.models = {json.loads(line)["model"] for line in found.stdout.splitlines()}
        return "--swaps", swaps

    def metrics(self, worker):
        """The page's samples, by name and labels."""
        origin = re.search(r"http (http://\S+)", worker.text())[1]
        page = urllib.request.urlopen(f"{origin}/metrics", timeout=10).read().decode()
        return {name: float(value) for name, value in re.findall(r"(?m)^(freshet_\S+) (\S+)$", page)}

    def has_caught_up(self, worker):
        page = self.metrics(worker)
        lags = [seconds for name, seconds in page.items() if "_consumer_lag_seconds" in name]
        return len(lags) == PARTITIONS and max(lags) < 0.5

    def print_times(self, what, before, after):
        """What commits and outputs took meanwhile; nothing is asserted of a busy machine."""
        for name in ("commit_duration", "event_to_score"):
            bucket = f"freshet_{name}_seconds_bucket"
            counts = {key: count - before[key] for key, count in after.items() if bucket in key}
            samples = max(counts.values())
            within = min(float(key.split('"')[1]) for key in counts if counts[key] == samples)
            print(f"{name} {what}: {samples:.0f} samples, all within {within} s; "
                  f"commit.interval_ms is {INTERVAL_MS}", flush=True)

    def test_versions_that_come_under_load_and_kills_lose_and_repeat_nothing(self):
        feed = self.feed(rate=1_500)
        for place in PLACES:
            worker = self.worker(crash_at=place and f"{place}:1:0" if place != "before_batch" else
                                 f"{place}:{self.random.randint(5, 40)}:0", options=OPTIONS)
            if place == "before_batch":
                self.publish()
            else:
                self.wait_for_outputs(self.ends(False) + 100, worker)
                label = self.publish()
            if place:
                self.assertTrue(was_killed(worker), worker.text())
            else:
                self.wait_for_model(worker, label)
                time.sleep(self.random.uniform(0, 0.3))  # the moment of the kill is the fault
                worker.kill()
        worker = self.worker(options=(*OPTIONS, "--set", "http.listen=127.0.0.1:0"))
        self.wait_for_outputs(self.ends(False) + 100, worker)
        harness.wait_until("the worker has caught up", lambda: self.has_caught_up(worker))
        calm = self.metrics(worker)
        time.sleep(1)  # what it is compared with
        before = self.metrics(worker)
        for _ in range(3):
            self.wait_for_model(worker, self.publish())
        counted = "freshet_partition_model_swaps_total"
        harness.wait_until("every partition has gone over three times", lambda: self.metrics(worker)[
            counted] - before[counted] == 3 * PARTITIONS, limit_s=60)
        self.print_times("without a swap", calm, before)
        self.print_times(f"around {3 * PARTITIONS} swaps", before, self.metrics(worker))
        self.finish(feed)
        self.drain([worker])
        self.check(self.config)
        self.assertGreaterEqual(len(self.models), 5, self.models)
        verified = harness.freshet("state", "verify", "-c", self.config).stdout
        for line in verified.splitlines():
            self.assertIn(f", model {self.name}@{self.version} since ", line)


if __name__ == "__main__":
    unittest.main(verbosity=2)
