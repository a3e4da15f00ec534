"""The commands as a shell sees them: exit codes, stdout and stderr, what is refused and why.

Needs no broker.
"""

import hashlib
import json
import pathlib
import struct
import subprocess
import tempfile
import unittest

import harness

T0 = 1_602_633_600_000
CLICK = "behaviours: [{name: click, types: [click], length_max: 3, age_max: 7d}]"
TWO = ("behaviours: [{name: click, types: [click], length_max: 3, age_max: 7d},"
       " {name: cart, types: [cart]}]")


def click(user, item, ms):
    return json.dumps({"user_id": user, "item_id": item, "type": "click", "ts": T0 + ms})


def set_weights(folder, tensor, value):
    """Makes every value of one tensor of a model folder `value`, checksum included."""
    weights, description = folder / "weights.safetensors", folder / "model.yaml"
    data = bytearray(weights.read_bytes())
    before = hashlib.sha256(data).hexdigest()
    header_size = struct.unpack_from("<Q", data)[0]
    begin, end = json.loads(data[8:8 + header_size])[tensor]["data_offsets"]
    data[8 + header_size + begin:8 + header_size + end] = struct.pack("<f", value) * ((end - begin) // 4)
    weights.write_bytes(data)
    description.write_text(
        description.read_text().replace(before, hashlib.sha256(data).hexdigest()))


class CommandLineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.model = cls.dir / "model"
        harness.freshet("model", "init", "--item-count", 9, "--dim", 4, "--output", cls.model)
        cls.log = cls.dir / "log.jsonl"
        cls.log.write_text("".join(click(f"u{i % 3}", i % 9, i) + "\n" for i in range(60)))
        cls.config = cls.write_config("one", CLICK)
        cls.state = cls.dir / "state"
        cls.replay("--state", cls.state)

    @classmethod
    def write_config(cls, name, text):
        path = cls.dir / f"{name}.yaml"
        path.write_text(f"{text}\nmodel: {{path: {cls.model}}}\nstate: {{path: {cls.dir / 'state'}}}\n")
        return path

    @classmethod
    def replay(cls, *more, check=True, output=None, config=None):
        return harness.freshet("replay", "-c", config or cls.config, "--input", cls.log, "--output",
                               output or cls.dir / "scores.jsonl", *more, check=check)

    def assert_refused(self, done, code, *texts):
        self.assertEqual(done.returncode, code, done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr)

    def test_a_replay_over_its_input_is_refused_and_the_input_stays(self):
        before = self.log.read_bytes()
        (self.dir / "link").symlink_to(self.log)
        for output, more in ((self.log, ()), (self.dir / "link", ()),
                             (self.dir / "s.jsonl", ("--dead-letters", self.log)),
                             (self.dir / "t.jsonl", ("--dead-letters", self.dir / "t.jsonl"))):
            self.assert_refused(self.replay(*more, output=output, check=False), 78,
                                "are the same file", "name another one for")
        self.assertEqual(self.log.read_bytes(), before)
        self.assertFalse((self.dir / "t.jsonl").exists())

    def test_a_replay_over_its_models_files_is_refused_and_they_stay(self):
        for name in ("model.yaml", "weights.safetensors", "items.txt"):
            before = (self.model / name).read_bytes()
            self.assert_refused(self.replay(output=self.model / name, check=False), 78, "are the same file")
            self.assertEqual((self.model / name).read_bytes(), before)

    def test_what_is_mistyped_is_named_with_the_likely_word(self):
        for words, text in ((("replya",), "freshet: unknown command; did you mean replay?"),
                            ((), "freshet: a command is missing"),
                            (("state", "dmup"), "freshet: unknown command; did you mean dump?"),
                            (("generate", "--outptu", "x"),
                             "freshet: unknown option --outptu; did you mean --output?"),
                            (("model", "init", "--itmes=x"),
                             "freshet: unknown option --itmes; did you mean --items?"),
                            (("model", "info", self.model, "x", "y"),
                             "freshet: 2 arguments more than `freshet model info` takes"),
                            (("generate",), "freshet: --output is required")):
            self.assert_refused(harness.freshet(*words, check=False), 2, text, "--help` has examples")

    def test_an_empty_value_is_a_wrong_command_line(self):
        for option in ("--explain", "--state", "--dead-letters", "--model"):
            self.assert_refused(self.replay(option, "", check=False), 2, f"{option}: the value is empty")

    def test_the_lists_of_commands_fit_a_screen_and_every_help_begins_with_examples(self):
        commands = self.commands_of("--help")
        self.assertIn("replay", commands)
        for command in commands:
            for more in self.commands_of(command, "--help") or [None]:
                words = (command, more) if more else (command,)
                lines = harness.freshet(*words, "--help").stdout.splitlines()
                self.assertTrue(lines[2].startswith("  freshet " + " ".join(words)), lines[:4])

    def commands_of(self, *words):
        lines = harness.freshet(*words).stdout.splitlines()
        if "Subcommands:" not in lines:
            return []
        self.assertLessEqual(len(lines), 40)
        at = lines.index("Subcommands:") + 1
        listed = lines[at:at + lines[at:].index("")]
        for line in listed:
            self.assertLessEqual(len(line), 80)
        return [line.split()[0] for line in listed if line.strip()]

    def test_a_state_folder_that_is_not_new_is_refused(self):
        for state in (self.state, self.log):
            self.assert_refused(self.replay("--state", state, check=False), 78, "is no empty folder")

    def test_a_replay_over_the_file_behind_standard_input_is_refused(self):
        with open(self.log, "rb") as log:
            done = subprocess.run(
                [harness.BINARY, "replay", "-c", self.config, "--input", "-", "--output", self.log],
                stdin=log, capture_output=True, text=True)
        self.assert_refused(done, 78, "--input - and --output")

    def test_both_outputs_may_be_thrown_away(self):
        self.replay("--dead-letters", "/dev/null", output="/dev/null")

    def test_a_replay_that_fails_before_its_first_record_says_only_why(self):
        done = self.replay(output=self.dir / "nowhere" / "s.jsonl", check=False)
        self.assert_refused(done, 78, "cannot be written")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_a_seed_that_would_seed_nothing_is_refused(self):
        seed = self.dir / "seed.jsonl"
        seed.write_text(json.dumps({"user_id": "u1", "last_ts": T0, "long_view_seq": ["1"]}) + "\n")
        for mapping, text in ((None, 'no line has the field "click_seq"'),
                              ("click=long_veiw_seq", 'the first line has "long_view_seq"'),
                              ("clik=long_view_seq", "did you mean click?"),
                              ("click=", "cannot be empty")):
            fields = () if mapping is None else ("--seed-field", mapping)
            self.assert_refused(self.replay("--seed-history", seed, *fields, check=False), 78, text)
        twice = ("--seed-field", "click=long_view_seq", "--seed-field", "click=click_seq")
        self.assert_refused(self.replay("--seed-history", seed, *twice, check=False), 78,
                            "click has a field already")
        self.assert_refused(self.replay("--seed-field", "click=long_view_seq", check=False), 2,
                            "--seed-field requires --seed-history")
        done = self.replay("--seed-history", seed, "--seed-field", "click=long_view_seq")
        self.assertIn("seeded: 1 users, 1 clicks", done.stderr)

    def test_what_is_no_user_id_is_a_wrong_command_line(self):
        for user in ("", "x" * 129, b"\xff"):
            done = subprocess.run([harness.BINARY, "state", "get", "-c", self.config, "--", user],
                                  capture_output=True, text=True)
            self.assert_refused(done, 2, "not a valid user id: ")

    def test_a_user_without_state_is_not_found(self):
        self.assert_refused(harness.freshet("state", "get", "-c", self.config, "u9", check=False),
                            1, 'no saved state of user "u9"')

    def test_data_that_cannot_be_written_is_a_failure(self):
        for command in (("state", "dump", "-c", self.config), ("state", "verify", "-c", self.config),
                        ("state", "get", "-c", self.config, "u1"), ("model", "info", self.model),
                        ("check", "-c", self.config), ("--help",)):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([harness.BINARY, *map(str, command)], stdout=full,
                                      stderr=subprocess.PIPE, text=True)
            self.assert_refused(done, 1, "standard output: writing failed")

    def test_a_state_of_another_configuration_is_refused_by_name(self):
        renamed = self.write_config("renamed", CLICK.replace("name: click", "name: tap"))
        two = self.write_config("two", TWO)
        for config, text in ((renamed, "behaviour.click."), (two, 'behaviours = ["click"]')):
            for command in (("get", "u1"), ("dump",), ("verify",)):
                done = harness.freshet("state", command[0], "-c", config, *command[1:], check=False)
                self.assert_refused(done, 78, f"{self.state}: partition 0: the state was made with",
                                    text)
                self.assertEqual(done.stdout, "")

    def test_a_state_is_read_under_shorter_lengths(self):
        shorter = self.write_config("shorter", CLICK.replace("length_max: 3", "length_max: 2"))
        user = json.loads(harness.freshet("state", "get", "-c", shorter, "u1").stdout)
        self.assertEqual(user["behaviours"]["click"]["visible"], 2)
        self.assertIn("3 users", harness.freshet("state", "verify", "-c", shorter).stdout)

    def test_a_model_size_out_of_its_range_is_a_wrong_command_line(self):
        for option, value, text in (
                ("--model-version", "99999999999999999999", "0 to 9223372036854775807"),
                ("--seed", "-1", "whole number from 0 to 18446744073709551615"),
                ("--dim", "0", "1 to 4096"), ("--dim", "1.5", "1 to 4096"),
                ("--recency-per-day", "nan", "number from 0 to 1000"),
                ("--activation", "3", "none, relu, tanh")):
            done = harness.freshet("model", "init", "--item-count", 3, "--output",
                                   self.dir / "refused", option, value, check=False)
            self.assert_refused(done, 2, option, value, text)
        done = harness.freshet("model", "init", "--item-count", 99_999_999_999, "--output",
                               self.dir / "refused", check=False)
        self.assert_refused(done, 2, "--item-count", "1 to 1073741824")
        self.assertFalse((self.dir / "refused").exists())

    def test_the_largest_version_is_written_and_read(self):
        folder = self.dir / "newest"
        harness.freshet("model", "init", "--item-count", 3, "--dim", 2, "--recent-clicks", 7,
                        "--activation", "relu", "--model-version", 2**63 - 1, "--output", folder)
        shown = harness.freshet("model", "info", folder).stdout
        self.assertIn("random@9223372036854775807", shown)
        self.assertIn("7 recent clicks", shown)
        self.assertIn("activation relu", shown)

    def check_of(self, text):
        path = self.dir / "checked.yaml"
        path.write_text(text)
        return harness.freshet("check", "-c", path, check=False)

    def test_check_tells_every_problem_of_the_clients_options_in_its_place(self):
        done = self.check_of(f"""model: {{path: {self.model}}}
kafka:
  client:
    foo.bar: x
    fetch.min.bytes: abc
    linger.ms: soon
""")
        self.assert_refused(done, 78, "checked.yaml:4:14: kafka.client.foo.bar: No such",
                            "checked.yaml:5:22: kafka.client.fetch.min.bytes: ",
                            "checked.yaml:6:16: kafka.client.linger.ms: ")
        self.assertEqual(done.stdout, "")

    def test_check_tells_the_configurations_and_the_models_problems_together(self):
        done = self.check_of(f"threads: none\nmodel: {{path: {self.dir / 'nowhere'}}}\n")
        self.assert_refused(done, 78, "checked.yaml:1:10: threads: ", str(self.dir / "nowhere"))
        done = self.check_of(f"threads: none\nbehaviours: [{{name: tap, types: [tap]}}]\n"
                             f"model: {{path: {self.model}}}\n")
        self.assert_refused(done, 78, "checked.yaml:1:10: threads: ",
                            'reads the behaviour "click", which the configuration does not have')

    def test_check_tells_an_age_as_the_configuration_writes_it(self):
        done = self.check_of(f"model: {{path: {self.model}}}\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the newest 50 clicks of the last 7d", done.stdout)

    def test_check_blames_no_model_that_the_file_may_not_mean(self):
        done = self.check_of(f"modle: {{path: {self.model}}}\n")
        self.assert_refused(done, 78, "did you mean model?")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_a_diverged_model_is_refused_before_it_is_served(self):
        for tensor, text in (("behaviour.click.attention.w2", "beyond 2^30"),
                             ("deep.0.weight", "tensor deep.0.weight: row 0: its weights add up")):
            folder = self.dir / f"diverged-{tensor}"
            harness.freshet("model", "init", "--item-count", 3, "--dim", 2, "--output", folder)
            set_weights(folder, tensor, 3e38)
            self.assert_refused(harness.freshet("model", "info", folder, check=False), 78,
                                str(folder), text, "the model has diverged")

    def test_a_fraction_of_a_partition_is_a_wrong_command_line(self):
        self.assert_refused(self.replay("--partitions", "1.5", check=False), 2,
                            '--partitions: "1.5" is not a whole number from 1 to 10000')


if __name__ == "__main__":
    unittest.main()
