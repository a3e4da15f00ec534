"""`state rebuild` and who holds a state directory, with a worker without a changelog on a real broker.

After a rebuild the worker goes on: what it publishes equals a replay, nothing twice.
"""

import json
import shutil
import unittest

import harness

IMPRESSIONS = 3_000
OFF = "changelog: off\ndelivery: exactly_once\n"


class RebuildTest(harness.BrokerTestCase):
    CONFIG = {"extra": OFF}

    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"

    def log(self, name, begin):
        return harness.write_impressions(self.dir / name, begin, IMPRESSIONS, users=97)

    def rebuild(self, *more):
        return harness.freshet("state", "rebuild", "-c", self.config, *more, check=False)

    def digests(self):
        return harness.state_digests(
            harness.freshet("state", "verify", "-c", self.config).stdout)

    def kept(self):
        return sorted(self.dir.glob("state.before-*"))

    def test_a_worker_goes_on_from_a_rebuilt_state(self):
        first = self.log("first.jsonl", 0)
        second = self.log("second.jsonl", IMPRESSIONS)
        self.produce(first)
        worker = self.worker("first.log")
        harness.wait_until("the first scores", lambda: len(self.outputs()) == IMPRESSIONS)
        self.check_held_by(worker)
        self.assertEqual(worker.stop(), 0, worker.text())

        before = self.digests()
        self.assertEqual(len(before), harness.PARTITIONS)
        instance = (self.state / "instance").read_text()
        done = self.rebuild()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(harness.state_digests(done.stdout), before)
        self.assertEqual(self.digests(), before)
        self.assertEqual((self.state / "instance").read_text(), instance)
        self.assertEqual(len(self.kept()), 1, done.stderr)
        self.assertIn(f"is kept in {self.kept()[0]}", done.stderr)
        self.assertEqual(list(self.dir.glob("state.rebuilding*")), [])

        self.produce(second)
        again = self.worker("second.log")
        harness.wait_until("the scores after the rebuild",
                           lambda: len(self.outputs()) == 2 * IMPRESSIONS)
        self.assertEqual(again.stop(), 0, again.text())
        self.assertEqual(self.outputs(), self.replayed(first, second),
                         "each line once, and replay's")
        self.check_rebuild_from_a_dump()

    def check_held_by(self, worker):
        """What the commands say of a directory that a running worker holds."""
        holder = f"process {worker.process.pid}"
        read = harness.freshet("state", "get", "-c", self.config, "u1", check=False)
        self.assertIn(f"freshet: {holder} holds {self.state}: this is what it has saved so far",
                      read.stderr)
        for command in (("run", "-c", self.config), ("state", "rebuild", "-c", self.config),
                        ("state", "reset-time", "-c", self.config, "--to", "2020-10-15T00:00:00Z")):
            done = harness.freshet(*command, check=False)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn(f"state directory {self.state} is held by another worker ({holder}): stop "
                          "it, or give this one a state.path of its own", done.stderr)
        self.assertIsNone(worker.process.poll(), worker.text())

    def check_rebuild_from_a_dump(self):
        before = self.digests()
        dump = self.dir / "input.dump"
        harness.freshet("dump", "-c", self.config, "--output", dump)
        # The directory is lost for good; then the dump lacks the beginning of a partition.
        shutil.rmtree(self.state)
        done = self.rebuild("--input", dump)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.digests(), before)
        lines = dump.read_text().splitlines(keepends=True)
        dump.write_text("".join(line for line in lines
                                if not ('"partition":2,' in line and '"offset":0,' in line)))
        kept = self.kept()
        done = self.rebuild("--input", dump)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("partition 2: retention does not cover the state: the input begins at offset 1",
                      done.stderr)
        self.assertEqual(self.kept(), kept)
        self.assertEqual(self.digests(), before)

    def test_an_event_of_a_wrong_clock_is_left_out_for_ever(self):
        # Record times are of today, so a bound of a century lets the poison in.
        self.configure(extra=OFF + "input: {event_future_max_ms: 3153600000000}")
        first = self.log("first.jsonl", 0)
        poison = json.dumps({"type": "click", "user_id": "u1", "item_id": "item-1",
                             "ts": 2_147_483_647_000})
        with open(first, "a") as log:
            log.write(poison + "\n")
        second = self.log("second.jsonl", IMPRESSIONS)
        self.produce(first)
        worker = self.worker("first.log")
        harness.wait_until("the first scores", lambda: len(self.outputs()) == IMPRESSIONS + 1)
        self.assertEqual(worker.stop(), 0, worker.text())
        user = json.loads(harness.freshet("state", "get", "-c", self.config, "u1").stdout)
        self.assertEqual(user["behaviours"]["click"]["visible"], 1, "the poison hides the others")
        partition = user["partition"]

        reset = ("state", "reset-time", "-c", self.config, "--to", "2020-10-15T00:00:00Z")
        refused = harness.freshet(*reset, check=False)
        self.assertEqual(refused.returncode, 78, refused.stderr)
        self.assertIn("1 events are later than 2020-10-15T00:00:00.000Z", refused.stderr)
        self.assertIn("leave them out under input.exclude", refused.stderr)
        place = next(line.split()[1] for line in refused.stderr.splitlines()
                     if line.startswith("freshet:   ") and "2038-01-19" in line)
        self.assertTrue(place.startswith(f"{partition}:"), place)
        self.assertEqual(self.kept(), [])

        self.configure(
            extra=OFF + f'input: {{event_future_max_ms: 3153600000000, exclude: ["{place}"]}}')
        unready = harness.freshet("state", "get", "-c", self.config, "u1", check=False)
        self.assertEqual(unready.returncode, 78)
        self.assertIn("input.exclude = nothing", unready.stderr)
        done = harness.freshet(*reset)
        self.assertEqual(len(self.kept()), 1)
        for stream_time, _ in harness.state_digests(done.stdout).values():
            self.assertLess(int(stream_time), 1_602_720_000_000)
        user = json.loads(harness.freshet("state", "get", "-c", self.config, "u1").stdout)
        self.assertGreater(user["behaviours"]["click"]["visible"], 1)

        # What is published from here on is a replay's under the same configuration.
        self.produce(second)
        again = self.worker("second.log")
        harness.wait_until("the scores after the reset",
                           lambda: len(self.outputs()) == 2 * IMPRESSIONS + 1)
        self.assertEqual(again.stop(), 0, again.text())
        dump = self.dir / "input.dump"
        harness.freshet("dump", "-c", self.config, "--output", dump)
        harness.freshet("replay", "-c", self.config, "--input", dump, "--output",
                        self.dir / "replayed.jsonl")
        self.assertIn('"reason":"excluded"', (self.dir / "replayed.jsonl.dead-letters").read_text())
        expected = harness.outputs_by_source((self.dir / "replayed.jsonl").read_text().splitlines())
        found = self.outputs()
        later = [source for source in expected if json.loads(expected[source][0])["ts"]
                 >= 1_602_633_600_000 + IMPRESSIONS]
        self.assertEqual(len(later), IMPRESSIONS)
        for source in later:
            self.assertEqual(found[source], expected[source])

    def test_a_group_without_positions_has_nothing_to_rebuild(self):
        done = self.rebuild()
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("the group e2e has committed no position of these partitions", done.stderr)
        self.assertEqual(list(self.dir.glob("state*")), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
