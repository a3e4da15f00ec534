"""Starts that must not go on, and changes of the changelog, with a worker on a real broker.

An input topic that was deleted and made again, a lost state that retention does not cover, a rebuild
beside a changelog: refused by name, and nothing is published. From `changelog: off` to `on` and back
everything is published once, with a replay's bytes.
"""

import shutil
import unittest

import harness

IMPRESSIONS = 1_000
ON = "changelog: on\ndelivery: exactly_once"
CHANGELOG = "e2e-sequences-changelog"
OFF = "changelog: off\ndelivery: exactly_once"


class RefusedStartTest(harness.BrokerTestCase):
    def log(self, begin, users=97):
        return harness.write_impressions(self.dir / f"{begin}-{users}.jsonl", begin, IMPRESSIONS, users)

    def run_over(self, name, count):
        """A worker's life until there are so many outputs."""
        worker = self.worker(name)
        harness.wait_until(f"{count} outputs", lambda: len(self.outputs()) == count)
        self.assertEqual(worker.stop(), 0, worker.text())

    def assert_refused(self, name, *words):
        before = self.outputs()
        worker = self.worker(name)
        self.assertEqual(worker.process.wait(timeout=120), 78, worker.text())
        for word in words:
            self.assertIn(word, worker.text())
        self.assertEqual(self.outputs(), before)

    def lose_state(self):
        shutil.rmtree(self.dir / "state")

    def make_input_anew(self):
        harness.delete_topic(self.bootstrap, "impressions")
        harness.freshet("create-topics", "-c", self.config, "--partitions", harness.PARTITIONS)

    def test_a_topic_that_was_made_anew_is_refused(self):
        self.configure(extra=ON)
        self.produce(self.log(0))
        self.run_over("first.log", IMPRESSIONS)
        committed = harness.committed_positions(self.bootstrap, "e2e", "impressions", harness.PARTITIONS)
        self.make_input_anew()
        deleted = ("the group has no committed position", "the input topic was deleted")
        self.assert_refused("deleted.log", "the changelog holds a checkpoint", *deleted)
        self.configure(extra=OFF)
        self.assert_refused("without.log", "the state directory holds a checkpoint", *deleted)

        # A tool has brought the positions back.
        made_again = "the topic was deleted and made again, or has lost its end"
        harness.commit_positions(self.bootstrap, "e2e", "impressions", committed)
        self.assert_refused("empty.log", "the input ends at position 0, before the group's", made_again)
        for begin in range(1, 5):  # longer than the old one, in each partition
            self.produce(self.log(IMPRESSIONS * begin, users=89))
        other = "not the record that was applied last"
        self.assert_refused("other.log", other, made_again)
        self.configure(extra=ON)
        self.assert_refused("changelog.log", other, made_again)
        self.lose_state()  # the changelog and the positions know it, too
        self.assert_refused("restored.log", other, made_again, "choose another application_id")
        self.lose_state()
        self.configure(extra=OFF)
        self.assert_refused("bare.log", other, made_again)

    def test_a_lost_state_that_retention_does_not_cover_is_refused(self):
        self.configure(extra=OFF)
        first, second = self.log(0), self.log(IMPRESSIONS)
        self.produce(first)
        self.run_over("first.log", IMPRESSIONS)
        kept = self.dir / "kept"
        shutil.copytree(self.dir / "state", kept)
        self.lose_state()
        harness.delete_records(self.bootstrap, "impressions", {p: 5 for p in range(harness.PARTITIONS)})
        self.produce(second)
        self.assert_refused("lost.log", "no state of it is here, and retention does not cover it: the "
                            "topic begins at offset 5", "bring the state directory")
        self.configure(extra=ON)
        self.assert_refused("on.log", "committed with changelog: off, and retention does not cover the "
                            "state: the input begins at offset 5")
        self.lose_state()
        shutil.move(kept, self.dir / "state")
        self.configure(extra=OFF)
        self.run_over("brought.log", 2 * IMPRESSIONS)
        self.assertEqual(self.outputs(), self.replayed(first, second))

    def test_the_changelog_is_turned_on_and_off(self):
        logs = [self.log(IMPRESSIONS * i) for i in range(5)]
        for i, (extra, loses) in enumerate([(OFF, False), (ON, False), (ON, True), (OFF, True),
                                            (ON, True)]):
            self.configure(extra=extra)
            if loses:
                self.lose_state()
            self.produce(logs[i])
            self.run_over(f"{i}.log", IMPRESSIONS * (i + 1))
        self.assertEqual(self.outputs(), self.replayed(*logs), "each line once, and replay's")

    def test_a_changelog_with_a_foreign_record_or_none_is_left_as_the_refusal_says(self):
        logs = [self.log(IMPRESSIONS * i) for i in range(5)]
        self.configure(extra=ON)
        self.produce(logs[0])
        self.run_over("first.log", IMPRESSIONS)
        foreign = self.dir / "foreign.yaml"
        foreign.write_text(self.config.read_text().replace("input: impressions", f"input: {CHANGELOG}")
                           .replace("application_id: e2e", "application_id: stranger"))
        stranger = self.dir / "stranger.jsonl"
        stranger.write_text('{"user_id":"stranger","item_id":"1","ts":1602633600000,"type":"click"}\n')
        harness.freshet("produce", "-c", foreign, "--input", stranger)
        self.produce(logs[1])
        self.run_over("commits-behind-it.log", 2 * IMPRESSIONS)  # with its own state it does not look
        self.lose_state()
        self.assert_refused("foreign.log", "restored users is not that of the changelog's marker",
                            "another program has written to the topic", "delete the topic",
                            "start once with changelog: off")

        harness.delete_topic(self.bootstrap, CHANGELOG)
        self.assert_refused("missing.log", f"topic {CHANGELOG}: is missing", "changelog: off")
        for i, extra in ((2, OFF), (3, ON)):
            self.configure(extra=extra)
            self.produce(logs[i])
            self.run_over(f"{i}.log", IMPRESSIONS * (i + 1))
        self.lose_state()  # the new changelog holds all there is
        self.produce(logs[4])
        self.run_over("restored.log", 5 * IMPRESSIONS)
        self.assertIn("restored from the changelog", (self.dir / "restored.log").read_text())
        self.assertEqual(self.outputs(), self.replayed(*logs), "each line once, and replay's")

    def test_a_rebuild_beside_a_changelog_is_refused(self):
        self.configure(extra=ON)
        self.produce(self.log(0))
        self.run_over("first.log", IMPRESSIONS)
        for command in (("rebuild",), ("reset-time", "--to", "2020-10-15T00:00:00Z")):
            done = harness.freshet("state", command[0], "-c", self.config, *command[1:], check=False)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn("with changelog: on the state is in the changelog, too", done.stderr)
        self.assertEqual(list(self.dir.glob("state.*")), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
