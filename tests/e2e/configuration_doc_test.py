"""The examples of docs/configuration.md, run: each configuration is one, and the event is read.

Needs no broker.
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness

TEXT = (harness.ROOT / "docs/configuration.md").read_text()


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


class ConfigurationDocTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        (cls.dir / "secret").write_text("hunter2\n")

    def write(self, text):
        file = self.dir / "worker.yaml"
        file.write_text(text.replace("/run/secrets/kafka", str(self.dir / "secret")))
        return file

    def test_each_configuration_is_one_and_shows_no_secret(self):
        examples = [text for text in blocks("yaml") if not text.startswith("#")]
        self.assertEqual(len(examples), 6)
        for text in examples:
            done = subprocess.run([harness.BINARY, "config", "print", "-c", self.write(text)],
                                  capture_output=True, text=True,
                                  env={**os.environ, "ENVIRONMENT": "test", "THREADS": "4"})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("hunter2", done.stdout)
            if "THREADS" in text:
                self.assertIn("application_id: feed-test  # ", done.stdout)
                self.assertIn("threads: 4  # ", done.stdout)
                self.assertIn('bootstrap: "127.0.0.1:9092"  # ', done.stdout)
        sets = re.findall(r"--set '?([a-z][\w.]+=[^`'\n]+)'?[`)]", TEXT)
        self.assertGreaterEqual(len(sets), 3, sets)
        words = [word for text in sets for word in ("--set", text)]
        harness.freshet("config", "print", "-c", self.write("{}\n"), *words)

    def test_the_events_example_is_read_as_it_says(self):
        (mapping,) = [text for text in blocks("yaml") if "fields:" in text]
        (event,) = blocks("json")
        (self.dir / "log.jsonl").write_text(event)
        (self.dir / "items.txt").write_text("v9\nv8\n")
        harness.freshet("model", "init", "--items", self.dir / "items.txt", "--dim", 4, "--output",
                        self.dir / "model")
        config = self.write(f"{mapping}model: {{path: {self.dir / 'model'}}}\n")
        harness.freshet("replay", "-c", config, "--input", self.dir / "log.jsonl", "--output",
                        self.dir / "scores.jsonl")
        (line,) = (self.dir / "scores.jsonl").read_text().splitlines()
        score = json.loads(line)
        self.assertEqual((score["user_id"], score["ts"], score["sequence_length"]),
                         ("u1", 1_714_557_600_250, 1))


if __name__ == "__main__":
    unittest.main()
