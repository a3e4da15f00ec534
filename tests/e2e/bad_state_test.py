"""Every way in which a state directory is bad: its message and exit code, through each command.

Locked, foreign, newer, damaged, of another configuration. Nothing is changed in the directory.
"""

import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import unittest

import harness
import rocksdb_bytes

T0 = 1_602_633_600_000
CLICK = "behaviours: [{name: click, types: [click], length_max: 3, age_max: 7d}]"


def bytes_of(directory):
    """Every file's content, LOCK and logs of opening aside."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in directory.iterdir() if path.is_file() and path.name != "LOCK"}


class BadStateTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.model = cls.dir / "model"
        harness.freshet("model", "init", "--item-count", 9, "--dim", 4, "--output", cls.model)
        log = cls.dir / "log.jsonl"
        log.write_text("".join(
            json.dumps({"user_id": f"u{i % 3}", "item_id": i % 9, "type": "click", "ts": T0 + i}) + "\n"
            for i in range(60)))
        cls.good = cls.dir / "good"
        harness.freshet("replay", "-c", cls.write_config(cls.good), "--input", log, "--output",
                        "/dev/null", "--dead-letters", "/dev/null", "--state", cls.good)

    @classmethod
    def write_config(cls, state, behaviours=CLICK, application="freshet"):
        path = cls.dir / f"{state.name}-{application}.yaml"
        path.write_text(f"application_id: {application}\n{behaviours}\nmodel: {{path: {cls.model}}}\n"
                        f"state: {{path: {state}}}\nkafka: {{bootstrap: 127.0.0.1:9}}\nhttp: {{listen: 'off'}}\n")
        return path

    def copy(self, name):
        state = self.dir / name
        shutil.copytree(self.good, state)
        return state

    def assert_refused(self, config, text, code=78, commands=("get", "dump", "verify", "run")):
        for command in commands:
            line = {"get": ("state", "get", "-c", config, "u1"), "run": ("run", "-c", config),
                    "rebuild": ("state", "rebuild", "-c", config, "--set", "changelog=off")}.get(
                        command, ("state", command, "-c", config))
            with self.subTest(command):
                done = harness.freshet(*line, check=False)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(text, done.stderr)
                if command != "verify":
                    self.assertEqual(done.stdout, "")

    def test_a_directory_that_is_not_there_holds_no_state(self):
        state = self.dir / "nowhere"
        self.assert_refused(self.write_config(state),
                            f"freshet: state directory {state} holds no state: check state.path, or "
                            "start a worker first", commands=("get", "dump", "verify"))
        self.assertFalse(state.exists())

    def test_a_file_in_its_place_is_refused(self):
        state = self.dir / "file"
        state.write_text("not a directory")
        self.assert_refused(self.write_config(state), str(state), commands=("get", "run"))

    def test_a_held_directory_is_refused_naming_the_holder_and_read_all_the_same(self):
        state = self.copy("held")
        config = self.write_config(state)
        with open(state / "LOCK", "r+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            holder = f"process {os.getpid()}"
            self.assert_refused(config, f"state directory {state} is held by another worker "
                                f"({holder}): stop it, or give this one a state.path of its own",
                                commands=("run", "rebuild"))
            read = harness.freshet("state", "get", "-c", config, "u1")
            self.assertIn(f"freshet: {holder} holds {state}: this is what it has saved so far, its "
                          "last 10000 ms of changes (checkpoint.interval_ms) may be missing",
                          read.stderr)
            self.assertEqual(json.loads(read.stdout)["user_id"], "u1")
        self.assertNotIn("holds", harness.freshet("state", "get", "-c", config, "u1").stderr)

    def test_a_directory_of_another_application_is_refused(self):
        state = self.copy("foreign")
        before = bytes_of(state)
        self.assert_refused(self.write_config(state, application="other"),
                            f'state directory {state} belongs to application_id "freshet", not to '
                            '"other": give this one a state.path of its own',
                            commands=("get", "dump", "verify"))
        self.assertEqual(bytes_of(state), before)
        self.assert_refused(self.write_config(state, application="other"), "belongs to", commands=("run",))

    def test_a_database_of_another_program_is_refused(self):
        state = self.dir / "alien"
        with rocksdb_bytes.Database(state) as database:
            database.put(b"some key", b"some value")
        self.assert_refused(self.write_config(state), f"state directory {state} was not made by "
                            "Freshet: set state.path to another directory")
        with rocksdb_bytes.Database(state) as database:
            self.assertEqual(database.get(b"some key"), b"some value")

    def test_a_newer_format_is_refused_by_name(self):
        state = self.copy("newer")
        with rocksdb_bytes.Database(state) as database:
            meta = database.get(rocksdb_bytes.META_KEY)
            database.put(rocksdb_bytes.META_KEY, rocksdb_bytes.seal(b"\x03" + meta[1:-8]))
        self.assert_refused(self.write_config(state),
                            f"state directory {state} was written by a newer Freshet (format 3; this "
                            "one reads up to 2): run that version or newer")

    def test_another_configuration_is_refused_by_name(self):
        longer = CLICK.replace("length_max: 3", "length_max: 4")
        self.assert_refused(self.write_config(self.good, behaviours=longer, application="freshet"),
                            "the state was made with behaviour.click.length_max = 3, the "
                            "configuration says 4", commands=("get", "dump", "verify"))

    def test_a_damaged_user_is_found(self):
        state = self.copy("damaged")
        with rocksdb_bytes.Database(state) as database:
            value = database.get(b"\0\0\0\0u1")
            database.put(b"\0\0\0\0u1", value[:-1] + bytes([value[-1] ^ 1]))
        config = self.write_config(state)
        self.assert_refused(config, 'partition 0, user "u1": ', code=1, commands=("get",))
        dumped = harness.freshet("state", "dump", "-c", config, check=False)
        self.assertEqual(dumped.returncode, 1)
        self.assertIn('partition 0, user "u1": ', dumped.stderr)
        done = harness.freshet("state", "verify", "-c", config, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn('partition 0: PROBLEM: user "u1": ', done.stdout)
        self.assertIn("move the directory away, and a worker that starts restores it from the "
                      "changelog", done.stderr)
        done = harness.freshet("state", "verify", "-c", config, "--set", "changelog=off", check=False)
        self.assertIn("`freshet state rebuild` makes it again", done.stderr)
        self.assertIn('"u2"', harness.freshet("state", "get", "-c", config, "u2").stdout)

    def start(self, config, log, text):
        """A worker that has said `text` in its log."""
        worker = harness.Worker(config, self.dir / log)
        self.addCleanup(worker.process.kill)
        harness.wait_until(f"the worker says {text!r}", lambda: text in worker.text())
        return worker

    def test_damaged_files_are_an_error_for_readers_and_set_aside_by_a_worker(self):
        state = self.copy("torn")
        (state / "instance").write_text("0" * 32 + "\n")
        manifest = next(state.glob("MANIFEST-*"))
        manifest.write_bytes(b"\xff" * 64)
        config = self.write_config(state)
        before = bytes_of(state)
        self.assert_refused(config, "a worker that starts on it sets them aside and makes the state "
                            "again", code=1, commands=("get", "dump", "verify"))
        self.assertEqual(bytes_of(state), before)
        self.start(config, "torn.log", "reads clicks").stop()
        said = (self.dir / "torn.log").read_text()
        self.assertIn(f"its files are damaged", said)
        self.assertIn(f"They are kept in {state}/aside-1; the state is restored from the changelog "
                      "and the input", said)
        instance = before.pop("instance")
        self.assertEqual(bytes_of(state / "aside-1"), before)
        self.assertEqual(bytes_of(state)["instance"], instance)
        self.assertEqual(harness.freshet("state", "verify", "-c", config).stdout, "")

        self.assertRegex(harness.freshet("state", "aside", "-c", config).stdout,
                         rf"^{state}/aside-1: a whole store, \d+ bytes\n$")
        self.assertRegex(harness.freshet("state", "aside", "-c", config, "--drop").stdout,
                         rf"^dropped {state}/aside-1: a whole store, \d+ bytes\n$")
        self.assertFalse((state / "aside-1").exists())
        self.assertEqual(harness.freshet("state", "aside", "-c", config).stdout, "")

    def test_damage_again_and_again_stops_the_worker(self):
        state = self.copy("hopeless")
        for number in range(1, 6):
            (state / f"aside-{number}").mkdir()
        (state / "CURRENT").unlink()
        before = bytes_of(state)
        self.assert_refused(self.write_config(state), "5 damaged ones were set aside in it before: look "
                            "at the disk", commands=("run",))
        self.assertEqual(bytes_of(state), before)

    def test_what_is_aside_is_not_deleted_under_a_worker(self):
        state = self.copy("aside-held")
        config = self.write_config(state)
        worker = self.start(config, "aside-held.log", "reads clicks")
        done = harness.freshet("state", "aside", "-c", config, "--drop", check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("is held by another worker", done.stderr)
        worker.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
