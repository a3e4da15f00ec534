"""model.path as a folder of versions: a bad one is refused while the old one serves, a good one takes over.

15 s, most of it the broker's.
"""

import json
import pathlib
import re
import struct
import tempfile
import unittest
import urllib.request

import harness


def npy(path, rows):
    """What numpy.save writes of a float32 matrix."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}\n".encode()
    values = b"".join(struct.pack("<f", value) for row in rows for value in row)
    path.write_bytes(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + values)
    return path


def make(folder, version, *options):
    harness.freshet("model", "init", "--dim", 8, "--context", "tab", "--model-version", version,
                    "--seed", version, "--output", folder, *options)


class ServedVersionsTest(harness.BrokerTestCase):
    CONFIG = {"http": "{listen: '127.0.0.1:0'}"}

    def get(self, origin, path):
        with urllib.request.urlopen(origin + path, timeout=10) as answer:
            return answer.read().decode()

    def test_a_bad_version_is_refused_and_a_good_one_takes_over(self):
        models = self.dir / "models"
        models.mkdir()
        (self.dir / "model").rename(models / "1")
        self.config.write_text(self.config.read_text().replace(
            f"model: {{path: {self.dir / 'model'}}}", f"model: {{path: {models}, reload_interval_ms: 50}}"))
        worker = self.worker("worker.log")
        harness.wait_until("its address", lambda: re.search(r"http (http://\S+)", worker.text()))
        origin = re.search(r"http (http://\S+)", worker.text()).group(1)
        first = harness.write_impressions(self.dir / "first.jsonl", 0, 100, 10)
        self.produce(first)
        harness.wait_until("the first are scored", lambda: "freshet_scores_total 100\n" in self.get(origin, "/metrics"))

        make(self.dir / "2", 2, "--items", self.dir / "items.txt")
        (self.dir / "2/items.txt").write_text("another\n")
        (self.dir / "2").rename(models / "2")
        harness.wait_until("it is refused", lambda: (
            'freshet_model_refused_total{reason="files"} 1\n' in self.get(origin, "/metrics")))
        page = self.get(origin, "/metrics")
        self.assertIn('freshet_model_info{model="random@1"', page)
        self.assertIn("freshet_model_versions_refused 1\n", page)
        why = json.loads(self.get(origin, "/readyz"))["parts"]["model"]["why"]
        self.assertIn("random@1; refused: ", why)
        self.assertIn("2/items.txt: SHA-256 is", why)
        self.assertEqual(worker.text().count("2/items.txt: SHA-256 is"), 1, worker.text())

        make(models / "3", 3, "--items", self.dir / "items.txt")
        harness.wait_until("the good one is there", lambda: (
            'freshet_model_info{model="random@3"' in self.get(origin, "/metrics")))
        self.assertIn("freshet_model_swaps_total 1\n", self.get(origin, "/metrics"))
        harness.wait_until("the old one is out of memory", lambda: (
            "freshet_models_in_memory 1\n" in self.get(origin, "/metrics")))
        self.assertEqual(worker.stop(), 0, worker.text())


class FolderTest(unittest.TestCase):
    """What needs no broker."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.models = self.dir / "models"
        self.models.mkdir()
        for version in (7, 8):
            make(self.models / str(version), version, "--item-count", 20)
        self.config = harness.write_config(self.dir / "config.yaml", model=self.models,
                                           state=self.dir / "state")

    def served(self):
        done = harness.freshet("check", "-c", self.config, "--json")
        (found,) = [one for one in json.loads(done.stdout)["findings"]
                    if one["level"] == "ok" and one["where"].startswith("model ")]
        return found["message"].split(",")[0], done.stdout

    def test_check_and_replay_take_the_newest_in_order_or_what_current_names(self):
        self.assertEqual(self.served()[0], "random@8")
        log = self.dir / "log.jsonl"
        log.write_text('{"type":"request","user_id":"u","request_id":"r","ts":1602633600000,"candidates":["3"]}\n')
        harness.freshet("replay", "-c", self.config, "--input", log, "--output", self.dir / "scores.jsonl")
        self.assertIn('"model":"random@8"', (self.dir / "scores.jsonl").read_text())
        (self.models / "current").write_text("7\n")
        self.assertEqual(self.served()[0], "random@7")
        (self.models / "current").unlink()
        (self.models / "8/weights.safetensors").write_bytes(b"")
        label, findings = self.served()
        self.assertEqual(label, "random@7")
        self.assertIn('"level":"warning"', findings)
        listed = harness.freshet("model", "info", self.models).stdout.splitlines()
        self.assertEqual(listed[0], f"versions: 2 in {self.models}")
        self.assertRegex(listed[1], "^version: random@8, folder 8, refused: .*SHA-256")
        self.assertRegex(listed[2], "^version: random@7, folder 7, 20 items, ")

    def test_a_shadow_is_the_newest_version_as_of_the_start(self):
        log, shadow = self.dir / "log.jsonl", self.dir / "shadow.jsonl"
        log.write_text('{"type":"request","user_id":"u","request_id":"r","ts":1602633600000,"candidates":["3"]}\n')
        options = ("-c", self.config, "--set", f"model.path={self.models / '7'}", "--set",
                   f"shadow.path={self.models}")
        checked = harness.freshet("check", *options).stdout
        self.assertIn(f"shadow model {self.models / '8'}", checked)
        for label in ("random@8", "random@7"):
            harness.freshet("replay", *options, "--input", log, "--output", "/dev/null", "--shadow-output", shadow)
            self.assertIn(f'"model":"{label}"', shadow.read_text())
            (self.models / "current").write_text("7\n")
        (self.models / "current").write_text("9\n")
        done = harness.freshet("replay", *options, "--input", log, "--output", "/dev/null", "--shadow-output", shadow,
                               check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("shadow.path: ", done.stderr)

    def test_a_start_without_a_version_in_order_is_refused_with_all_reasons(self):
        (self.models / "current").write_text("9")
        done = harness.freshet("check", "-c", self.config, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("names version 9, which is not in", done.stderr)
        (self.models / "current").unlink()
        for version in ("7", "8"):
            (self.models / version / "items.txt").write_text("other\n")
        done = harness.freshet("run", "-c", self.config, check=False)
        self.assertEqual(done.returncode, 78)
        for version in ("7", "8"):
            self.assertIn(f"{version}/items.txt: SHA-256 is", done.stderr)

    def test_own_embeddings_make_a_model_and_its_next_version(self):
        (self.dir / "ids.txt").write_text("a\nb\n")
        rows = npy(self.dir / "rows.npy", [[1, 2, 3], [4, 5, 6]])
        own = self.dir / "own"
        harness.freshet("model", "init", "--items", self.dir / "ids.txt", "--embeddings", rows, "--output", own)
        self.assertIn("embedding_dim: 3\n", harness.freshet("model", "info", own).stdout)
        (self.dir / "more.txt").write_text("b\nc\n")
        more = npy(self.dir / "more.npy", [[7, 8, 9], [1, 1, 1]])
        done = harness.freshet("model", "extend", "--from", own, "--items", self.dir / "more.txt",
                               "--embeddings", more, "--output", self.dir / "own2")
        self.assertIn("model random@2, 3 items: 1 new, 1 with another row", done.stderr)
        done = harness.freshet("model", "extend", "--from", own, "--items", self.dir / "more.txt",
                               "--embeddings", npy(more, [[1, 2], [3, 4]]), "--output", self.dir / "own3", check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("have 3 dimensions, the embeddings have 2", done.stderr)
        done = harness.freshet("model", "init", "--item-count", 3, "--embeddings", rows, "--output", self.dir / "no",
                               check=False)
        self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
