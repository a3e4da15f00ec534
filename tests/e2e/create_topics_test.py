"""`create-topics` makes what is missing and leaves alone what is there."""

import pathlib
import tempfile
import unittest

import harness


class CreateTopicsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.dir = pathlib.Path(temporary.name)
        cls.bootstrap = harness.start_broker(cls.dir / "kafka")
        cls.addClassCleanup(harness.stop_broker, cls.dir / "kafka")

    def config(self, **names):
        topics = {"input": "clicks", "output": "scores", "dead_letter": "refused", **names}
        path = self.dir / "worker.yaml"
        path.write_text(f"application_id: {topics['input']}\nkafka: {{bootstrap: {self.bootstrap}, "
                        + ", ".join(f"{key}: {name}" for key, name in topics.items()) + "}\n")
        return path

    def create(self, config, partitions):
        return harness.freshet("create-topics", "-c", config, "--partitions", partitions, check=False)

    def test_a_topic_that_is_there_stays_and_the_missing_ones_are_made(self):
        self.assertEqual(self.create(self.config(), 3).returncode, 0)
        config = self.config(output="scores-2", dead_letter="refused-2")
        again = self.create(config, 3)
        self.assertEqual(again.returncode, 0, again.stderr)
        for topic in ("clicks", "scores-2", "refused-2", "clicks-sequences-changelog"):
            header = harness.freshet("dump", "-c", config, "--topic", topic, "--output", "-").stdout.splitlines()[0]
            self.assertIn('"partitions":3', header)

    def test_another_number_of_partitions_is_refused_by_name(self):
        config = self.config(input="fixed", output="fixed-scores", dead_letter="fixed-refused")
        self.assertEqual(self.create(config, 2).returncode, 0)
        refused = self.create(config, 5)
        self.assertEqual(refused.returncode, 78)
        self.assertIn("creating topic fixed: it exists already, with 2 partitions", refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
