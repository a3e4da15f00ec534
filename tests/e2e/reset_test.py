"""Beginning anew under the same name, as docs/operations.md has it in "Reset", on a real broker.

Group, changelog and state folder go together: what is left of the three makes the next start refuse.
"""

import shutil
import unittest

import harness

IMPRESSIONS = 500
CHANGELOG = "e2e-sequences-changelog"


class ResetTest(harness.BrokerTestCase):
    def run_until(self, log, count):
        """A worker's life until there are so many outputs."""
        worker = self.worker(log)
        harness.wait_until(f"{count} outputs",
                           lambda: sum(len(lines) for lines in self.outputs().values()) == count)
        self.assertEqual(worker.stop(), 0, worker.text())

    def assert_refused(self, log, *words):
        worker = self.worker(log)
        self.assertEqual(worker.process.wait(timeout=120), 78, worker.text())
        for word in words:
            self.assertIn(word, worker.text())

    def test_group_changelog_and_folder_go_together(self):
        log = harness.write_impressions(self.dir / "log.jsonl", 0, IMPRESSIONS, 97)
        self.produce(log)
        self.run_until("first.log", IMPRESSIONS)

        # What Kafka itself does to a group that nobody was a member of for offsets.retention.minutes.
        harness.delete_group(self.bootstrap, "e2e")
        self.assert_refused("forgotten.log", "the group has no committed position", "application_id")
        shutil.move(self.dir / "state", self.dir / "state-before")
        self.assert_refused("with-changelog.log", "the changelog holds a checkpoint",
                            "the group has no committed position")

        harness.delete_topic(self.bootstrap, CHANGELOG)
        self.run_until("anew.log", 2 * IMPRESSIONS)
        expected = {source: 2 * lines for source, lines in self.replayed(log).items()}
        self.assertEqual(self.outputs(), expected)


if __name__ == "__main__":
    unittest.main(verbosity=2)
