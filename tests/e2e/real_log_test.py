"""The reference log through `replay`, and through two workers on a real broker, one killed midway.

Both ways must give the same line for each source partition and offset, byte for byte; the state
must hold what an independent script computes from the log; digests must verify.
"""

import json
import pathlib
import subprocess
import tempfile
import unittest

import harness
import last_clicks

DAY_MS = 24 * 3600 * 1000


class RealLogTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.log = harness.reference_data("kuairand_impressions.jsonl.gz")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.addClassCleanup(harness.stop_broker, cls.dir / "kafka")
        cls.bootstrap = harness.start_broker(cls.dir / "kafka")
        (cls.dir / "items.txt").write_text("".join(f"{i}\n" for i in harness.item_ids(cls.log)))
        harness.freshet("model", "init", "--items", cls.dir / "items.txt", "--dim", 32,
                        "--seed", 7, "--context", "tab", "--output", cls.dir / "model")
        cls.replay_config = cls.config("replay")
        cls.reports = {}  # name of the replay -> what it said
        cls.replayed = cls.replay("first")

    @classmethod
    def config(cls, name):
        return harness.write_config(cls.dir / f"{name}.yaml", model=cls.dir / "model",
                                    state=cls.dir / f"state-{name}", bootstrap=cls.bootstrap)

    @classmethod
    def replay(cls, name, *more):
        done = harness.freshet("replay", "-c", cls.replay_config, "--input", cls.log,
                               "--partitions", harness.PARTITIONS,
                               "--state", cls.dir / f"replayed-{name}",
                               "--output", cls.dir / f"{name}.jsonl",
                               "--dead-letters", cls.dir / f"{name}.dead", *more)
        cls.reports[name] = done.stderr
        return cls.dir / f"{name}.jsonl"

    def test_replay_gives_the_same_bytes_twice(self):
        again = self.replay("second")
        self.assertEqual(self.replayed.read_bytes(), again.read_bytes())

    def test_every_impression_has_one_output_and_no_dead_letter(self):
        grouped = harness.outputs_by_source(self.replayed.read_text().splitlines())
        self.assertEqual(sum(map(len, grouped.values())), 185_177)
        self.assertEqual(len(grouped), 185_177)
        self.assertEqual((self.dir / "first.dead").read_text(), "")

    def test_final_sequences_are_those_of_the_independent_script(self):
        self.compare_states(self.dir / "replayed-first")

    def test_seeded_history_lies_before_the_log_in_its_own_order(self):
        history = harness.reference_data("kuairand_user_history.jsonl.gz")
        self.replay("seeded", "--seed-history", history, "--seed-field", "click=long_view_seq")
        self.compare_states(self.dir / "replayed-seeded",
                            older=last_clicks.seeded_clicks(history, "long_view_seq"))

    def compare_states(self, *folders, older=None):
        expected = last_clicks.visible_clicks(self.log, harness.PARTITIONS, 50, 7 * DAY_MS, older)
        found = {}
        for folder in folders:
            dumped = harness.freshet("state", "dump", "-c", self.replay_config, "--state", folder)
            for line in dumped.stdout.splitlines():
                user = json.loads(line)
                click = user["behaviours"]["click"]
                newest = [(c["ts"], c["item_id"]) for c in click["clicks"][:click["visible"]]]
                if newest:
                    found[user["user_id"]] = newest
        self.assertEqual(len(found), len(expected))
        self.assertEqual(found, expected)

    def test_two_workers_of_which_one_is_killed_publish_what_replay_does(self):
        config_a, config_b = self.config("a"), self.config("b")
        harness.freshet("create-topics", "-c", config_a, "--partitions", harness.PARTITIONS)
        a = harness.Worker(config_a, self.dir / "a.log")
        b = harness.Worker(config_b, self.dir / "b.log")
        self.addCleanup(a.process.kill)
        self.addCleanup(b.process.kill)
        # Fed slowly enough that both are in the middle of their partitions at the kill.
        feed = subprocess.Popen([harness.BINARY, "produce", "-c", str(config_a), "--input",
                                 str(self.log), "--rate", "12000"])
        self.addCleanup(feed.kill)

        def published():
            return harness.read_topic(config_a, "scores", self.dir / "scores.dump")

        harness.wait_until("a third of the scores", lambda: len(published()) > 60_000)
        self.assertIn("partition", a.text(), "the killed worker had no partition")
        a.kill()
        self.assertEqual(feed.wait(timeout=120), 0)
        harness.wait_until("a score for every impression",
                           lambda: len(harness.outputs_by_source(published())) == 185_177)
        self.assertEqual(b.stop(), 0, b.text())

        expected = harness.outputs_by_source(self.replayed.read_text().splitlines())
        streamed = harness.outputs_by_source(published())
        self.assertEqual(streamed.keys(), expected.keys())
        repeats = 0
        for source, lines in streamed.items():
            repeats += len(lines) - 1
            self.assertEqual(set(lines), set(expected[source]), source)
        print(f"at-least-once repeats after the kill: {repeats}")
        self.assertEqual(
            harness.read_topic(config_a, "impressions-dead-letter", self.dir / "dead.dump"), [])

        harness.freshet("dump", "-c", config_a, "--output", self.dir / "input.dump")
        harness.freshet("replay", "-c", self.replay_config, "--input", self.dir / "input.dump",
                        "--output", self.dir / "dumped.jsonl")
        again = harness.outputs_by_source((self.dir / "dumped.jsonl").read_text().splitlines())
        self.assertEqual(again, expected, "a replay of the topic's dump differs")

        verified = harness.freshet("state", "verify", "-c", config_b)
        self.assertEqual(harness.state_digests(verified.stdout), harness.state_digests(self.reports["first"]))
        self.compare_states(self.dir / "state-b")


if __name__ == "__main__":
    unittest.main(verbosity=2)
