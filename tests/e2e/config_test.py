"""`config print`, `config reference` and `config schema`, as the tools of their users read them.

Needs no broker.
"""

import json
import pathlib
import tempfile
import unittest

import jsonschema
import yaml

import harness

CONFIGS = sorted((harness.ROOT / "configs").glob("*.yaml"))

# What the schema alone can refuse.
INVALID = [
    "kafak: {}",
    "kafka: {imput: x}",
    "threads: 0",
    "threads: 257",
    "threads: 1.5",
    "threads: two",
    "threads: '2'",
    "log: {level: wran}",
    "changelog: maybe",
    "application_id: ''",
    "application_id: [a]",
    "kafka: {input: " + 250 * "a" + "}",
    "kafka: {client: [a]}",
    "kafka: {client: {acks: all}}",
    "kafka: {client: {linger.ms: {a: b}}}",
    "kafka: {representations: x}",
    "events: {context: tab}",
    "behaviours: []",
    "behaviours: [{name: a}]",
    "behaviours: [{types: [a]}]",
    "behaviours: [{name: a, types: []}]",
    "behaviours: [{name: a, impressions: null}]",
    "behaviours: [{name: a, types: [b], age_max: 7w}]",
    "behaviours: [{name: a, types: [b], more: 1}]",
]
VALID = [
    "{}",
    "kafka:",
    "threads: ${THREADS:-2}",
    "log: {level: '${LEVEL}'}",
    "kafka: {client: {sasl.password_file: /run/secrets/p, session.timeout.ms: 6000}}",
    "behaviours: [{name: a, types: [b], age_max: '${AGE}'}]",
    "behaviours: [{name: a, impressions: all}, {name: b, types: [b], impressions: null}]",
    "candidates: {pool_path: null}",
    "changelog: off",
]


class ConfigTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.schema = json.loads(harness.freshet("config", "schema").stdout)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def test_the_schema_is_one_and_every_shipped_configuration_keeps_it(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.assertGreaterEqual(len(CONFIGS), 3)
        for path in CONFIGS:
            self.validator.validate(yaml.safe_load(path.read_text()))

    def test_the_schema_refuses_and_takes_what_the_parser_does(self):
        for text in VALID:
            self.validator.validate(yaml.safe_load(text))
        file = self.dir / "invalid.yaml"
        for text in INVALID:
            self.assertFalse(self.validator.is_valid(yaml.safe_load(text)), text)
            file.write_text(text + "\n")
            done = harness.freshet("config", "print", "-c", file, check=False)
            self.assertEqual((done.returncode, done.stdout), (78, ""), text)

    def test_every_key_of_the_reference_is_in_the_schema_with_its_default(self):
        def compare(path, value, schema):
            if path and "properties" not in schema:
                self.assertEqual(value, schema["default"], path)
                return
            self.assertEqual(value.keys(), schema["properties"].keys(), path)
            for name, below in value.items():
                if name != "behaviours":
                    compare(path + [name], below, schema["properties"][name])

        reference = yaml.safe_load(harness.freshet("config", "reference").stdout)
        compare([], reference, self.schema)
        behaviour = self.schema["properties"]["behaviours"]["items"]["properties"]
        self.assertEqual(reference["behaviours"][0].keys(), behaviour.keys())

    def test_the_reference_is_the_shipped_file(self):
        reference = harness.freshet("config", "reference").stdout
        self.assertEqual((harness.ROOT / "configs/worker.yaml").read_text(), reference,
                         "write it anew: freshet config reference >configs/worker.yaml")

    def test_the_print_is_yaml_of_the_schema_and_prints_itself(self):
        for path in CONFIGS:
            printed = harness.freshet("config", "print", "-c", path, "--set", "threads=3").stdout
            value = yaml.safe_load(printed)
            self.validator.validate(value)
            self.assertEqual(value["threads"], 3)
            again = self.dir / "again.yaml"
            again.write_text(printed)
            self.assertEqual(yaml.safe_load(harness.freshet("config", "print", "-c", again).stdout),
                             value)

    def test_the_json_has_value_and_source_of_each_key(self):
        done = harness.freshet("config", "print", "--json", "-c", CONFIGS[0], "--set", "threads=3")
        keys = json.loads(done.stdout)
        self.assertEqual(keys["threads"], {"value": 3, "source": "--set"})
        self.assertEqual(keys["commit.records_max"], {"value": 10_000, "source": "default"})


if __name__ == "__main__":
    unittest.main()
