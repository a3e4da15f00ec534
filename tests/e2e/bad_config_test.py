"""Each kind of bad configuration: the message with its place and remedy, and exit code 78.

The messages are whole, so that a change of one is seen. What only looks at one function is in
tests/unit/pipeline/config_*_test.cc.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

import harness

# (YAML, what stderr says after "freshet: "); "C" is the file.
CASES = [
    ("", "C:1:1: the file is empty; {} is a configuration of defaults"),
    ("- a\n", "C:1:1: the file must be a map of keys"),
    ("threads: 1\n---\nthreads: 2\n", "C:2:1: a second document starts here; a configuration is one"),
    ("kafka: {input: a\n", "C:2:1: not valid YAML: end of map flow not found"),
    ("kafka: &a [*a]\n", "C:1:12: an alias stands inside of what it names"),
    ("treads: 2\n", "C:1:1: treads: unknown key; did you mean threads?"),
    ("kafka:\n  imput: x\n", "C:2:3: kafka.imput: unknown key; did you mean kafka.input?"),
    ("threads: 1\nthreads: 2\n", "C:2:1: threads: the key stands here twice; keep one of them"),
    ("threads: two\n", 'C:1:10: threads: "two" is not an integer'),
    ("threads: '2'\n", 'C:1:10: threads: "2" is not an integer; a quoted value is a text'),
    ("threads: 0\n", "C:1:10: threads: 0 is out of range: 1 to 256 threads"),
    ("threads:\n", "C:1:1: threads: has no value; give one or remove the key"),
    ("kafka: x\n", "C:1:8: kafka: must be a section with keys"),
    ("log: {level: wran}\n",
     'C:1:14: log.level: "wran" is none of debug, info, warn, error; did you mean warn?'),
    ("behaviours: [{name: a, types: [b], age_max: 7w}]\n",
     'C:1:45: behaviours[0].age_max: "7w" is not a duration such as 7d, 12h, 30m, 10s or 250ms'),
    ("behaviours: [{types: [a]}]\n",
     "C:1:14: behaviours[0].name: is missing: every behaviour needs one"),
    ("kafka: {output: clicks}\n",
     "C:1:17: kafka.output: is the same topic as kafka.input; each needs its own"),
    ("events: {fields: {item: user_id}}\n",
     'C:1:25: events.fields.item: "user_id" is the same field as events.fields.user; each needs its own'),
    ("events: {fields: {item: a..b}}\n",
     'C:1:25: events.fields.item: "a..b" has an empty name; a dot leads into an object, and \\. is a '
     "dot in a field's name"),
    ("events: {label_behaviour: cart}\n", None),
    ("candidates: {source: pool}\n",
     "C:1:22: candidates.source: pool needs candidates.pool_path"),
    ("delivery: at_most_once\n", None),
    ("kafka: {client: {acks: 1}}\n",
     "C:1:24: kafka.client.acks: cannot be set: outputs must be acknowledged by all replicas, once "
     "each and in order"),
    ("kafka: {client: {message.timeout.ms: 5}}\n",
     "C:1:38: kafka.client.message.timeout.ms: cannot be set: a record is never given up: an outage "
     "of any length is waited out and nothing is lost"),
    ("kafka: {client: {lingr.ms: 5}}\n",
     'C:1:28: kafka.client.lingr.ms: No such configuration property: "lingr.ms"'),
    ("kafka: {client: {linger.ms: soon}}\n", None),
    ("application_id: ${NONE}\n",
     "C:1:17: application_id: the environment variable NONE is not set; set it, or give a default: "
     "${NONE:-default}"),
    ("application_id: ${NONE:?say prod or test}\n",
     "C:1:17: application_id: the environment variable NONE is not set: say prod or test"),
    ("application_id: a${B\n",
     "C:1:17: application_id: a ${ has no }; close it, or write $${ for the text ${"),
    ("threads: ${WORD}\n", 'C:1:10: threads: "many" is not an integer (with the value of ${WORD})'),
    ("kafka: {client: {sasl.password_file: /nowhere/p}}\n",
     'C:1:38: kafka.client.sasl.password_file: "/nowhere/p" does not exist or cannot be reached'),
    ("kafka: {client: {sasl.password: a, sasl.password_file: /etc/hostname}}\n",
     "C:1:36: kafka.client.sasl.password_file: sasl.password stands here both as itself and as a "
     "file; keep one"),
    ("kafka: {client: {linger.ms_file: /etc/hostname}}\n",
     "C:1:34: kafka.client.linger.ms_file: only secrets are read from files, such as "
     "sasl.password_file; set linger.ms itself"),
]
SETS = [
    ("threads", "--set threads: say KEY=VALUE, such as --set threads=2"),
    ("threads=x", '--set threads: "x" is not an integer'),
    ("kafka.inptu=x", "--set kafka.inptu: unknown key; did you mean kafka.input?"),
    ("kafka=x", "--set kafka: is a section; set one of its keys: kafka.KEY=VALUE"),
    ("behaviours.1.length_max=2",
     "--set behaviours[1].length_max: there are 1 behaviours, the first has the index 0"),
    ("kafka.client.acks=1",
     "--set kafka.client.acks: cannot be set: outputs must be acknowledged by all replicas, once "
     "each and in order"),
]


class BadConfigTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.file = pathlib.Path(folder.name) / "c.yaml"

    def refusal(self, *sets, command="check"):
        words = [word for text in sets for word in ("--set", text)]
        done = subprocess.run([harness.BINARY, command, "-c", self.file, *words], text=True,
                              capture_output=True, env={**os.environ, "WORD": "many"})
        self.assertEqual((done.returncode, done.stdout), (78, ""), done.stderr)
        return done.stderr.replace(str(self.file), "C")

    def test_each_kind_has_its_message_place_and_code(self):
        # Wrong sections hide what the missing model would say; the others get it after their own.
        for text, message in CASES:
            with self.subTest(text):
                self.file.write_text(text)
                said = self.refusal()
                self.assertTrue(said.startswith("freshet: C:1:" if message is None else
                                                f"freshet: {message}\n"), said)

    def test_each_kind_of_set_has_its_message_and_code(self):
        self.file.write_text("{}\n")
        for text, message in SETS:
            with self.subTest(text):
                said = self.refusal(text)
                self.assertTrue(said.startswith(f"freshet: {message}\n"), said)

    def test_all_problems_come_at_once_and_run_says_the_same(self):
        self.file.write_text("threads: x\nkafka: {imput: a}\n")
        expected = ('freshet: C:1:10: threads: "x" is not an integer\n'
                    "freshet: C:2:9: kafka.imput: unknown key; did you mean kafka.input?\n"
                    'freshet: --set log.level: "x" is none of debug, info, warn, error\n')
        for command in ("check", "run"):
            self.assertEqual(self.refusal("log.level=x", command=command), expected)

    def test_files_that_are_no_configuration(self):
        for content, message in ((b"a" * 300_000, "the file is larger than 256 KiB"),
                                 (b"\xff\xfe", "the file is not UTF-8 text"),
                                 (b"\x7fELF\x01\x02", "the file holds control characters"),
                                 (b"a: " + b"[" * 100_000, "nest too deeply"),
                                 (b"\tthreads: 1\n", "not valid YAML")):
            self.file.write_bytes(content)
            self.assertIn(message, self.refusal())
        self.file.unlink()
        self.assertEqual(self.refusal(),
                         "freshet: C: cannot read the configuration; is the path right?\n")
        self.file.mkdir()
        self.assertIn("C: cannot read the configuration", self.refusal())
        self.file.rmdir()


if __name__ == "__main__":
    unittest.main()
