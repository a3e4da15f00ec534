"""Every way in which a model folder is bad: its message and exit code 78, through each command.

The message names the file and what to do; nothing is served, and nothing is written.
"""

import hashlib
import json
import os
import pathlib
import shutil
import struct
import tempfile
import unittest

import harness

WEIGHTS, ITEMS, YAML, FIELDS = "weights.safetensors", "items.txt", "model.yaml", "target_fields.txt"


def edit(path, change):
    path.write_bytes(change(path.read_bytes()))


def reseal(folder):
    """Puts the checksums of the files as they are into model.yaml."""
    lines = (folder / YAML).read_text().splitlines()
    for name, key in ((WEIGHTS, "weights"), (ITEMS, "items"), (FIELDS, "target_fields")):
        if not (folder / name).exists():
            continue
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        lines = [f'  {key}: "{digest}"' if line.startswith(f"  {key}: ") else line for line in lines]
    (folder / YAML).write_text("\n".join(lines) + "\n")


def header_of(data):
    size = struct.unpack_from("<Q", data)[0]
    return json.loads(data[8:8 + size]), 8 + size


def set_value(folder, tensor, value):
    def change(data):
        header, begin = header_of(data)
        at = begin + header[tensor]["data_offsets"][0]
        return data[:at] + struct.pack("<f", value) + data[at + 4:]
    edit(folder / WEIGHTS, change)
    reseal(folder)


def reshape(folder, tensor, shape):
    def change(data):
        header, begin = header_of(data)
        header[tensor]["shape"] = shape
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data[begin:]
    edit(folder / WEIGHTS, change)
    reseal(folder)


def yaml(folder, old, new):
    edit(folder / YAML, lambda text: text.replace(old.encode(), new.encode()))


# What is done to a good folder of 4 items and d = 3 -> the file that the message names (none: the
# folder), and the message.
CASES = {
    "missing folder": (shutil.rmtree, YAML, "No such file or directory; a model folder holds"),
    "missing model.yaml": (lambda f: (f / YAML).unlink(), YAML, "No such file or directory; a model folder holds"),
    "missing weights": (lambda f: (f / WEIGHTS).unlink(), WEIGHTS, "No such file or directory; a model folder holds"),
    "missing items": (lambda f: (f / ITEMS).unlink(), ITEMS, "No such file or directory; a model folder holds"),
    "a file in place of the folder": (
        lambda f: (shutil.rmtree(f), f.write_text("model")), YAML, "Not a directory; a model folder holds"),
    "a folder in place of the weights": (
        lambda f: ((f / WEIGHTS).unlink(), (f / WEIGHTS).mkdir()), WEIGHTS, "not a regular file; a model folder holds"),
    "empty weights": (lambda f: (edit(f / WEIGHTS, lambda d: b""), reseal(f)), WEIGHTS,
                      "is shorter than 8 bytes"),
    "truncated weights": (lambda f: edit(f / WEIGHTS, lambda d: d[:-1]), WEIGHTS, "SHA-256 is "),
    "truncated weights with their checksum": (
        lambda f: (edit(f / WEIGHTS, lambda d: d[:-4]), reseal(f)), WEIGHTS, "data_offsets"),
    "a header that ends beyond the file": (
        lambda f: (edit(f / WEIGHTS, lambda d: struct.pack("<Q", 1 << 19) + d[8:100]), reseal(f)),
        WEIGHTS, "its header says 524288 bytes"),
    "bytes behind the tensors": (lambda f: (edit(f / WEIGHTS, lambda d: d + b"\0" * 4), reseal(f)),
                                 WEIGHTS, "the tensors end at byte"),
    "a flipped bit of the weights": (
        lambda f: edit(f / WEIGHTS, lambda d: d[:-1] + bytes([d[-1] ^ 1])), WEIGHTS, "copy the folder again"),
    "an edited item": (lambda f: edit(f / ITEMS, lambda d: d.replace(b"3", b"x")), ITEMS, "SHA-256 is "),
    "wrong shape": (lambda f: reshape(f, "deep.0.bias", [1, 64]), WEIGHTS,
                    "tensor deep.0.bias: shape is [1, 64]; model.yaml and items.txt ask for [64]"),
    "a shape that does not fit its bytes": (lambda f: reshape(f, "deep.0.bias", [63]), WEIGHTS,
                                            "tensor deep.0.bias: shape [63] does not fit its"),
    "another dimension than model.yaml says": (
        lambda f: yaml(f, "embedding_dim: 3", "embedding_dim: 4"), WEIGHTS, "shape is"),
    "a tensor that is not there": (
        lambda f: yaml(f, "name: \"click\"", "name: \"cart\""), WEIGHTS, "behaviour.c"),
    "NaN": (lambda f: set_value(f, "deep.1.bias", float("nan")), "",
            "tensor deep.1.bias: value 0 is not finite; export the model again"),
    "infinity": (lambda f: set_value(f, "item.embedding", float("inf")), "",
                 "tensor item.embedding: value 0 is not finite"),
    "an item too few": (lambda f: (edit(f / ITEMS, lambda d: d[2:]), reseal(f)), WEIGHTS,
                        "tensor item.embedding: shape is [4, 3]; model.yaml and items.txt ask for [3, 3]"),
    "an item twice": (lambda f: (edit(f / ITEMS, lambda d: d.replace(b"1", b"0")), reseal(f)), "",
                      'items.txt:2: item "0" stands in line 1 already'),
    "an item that is no id": (
        lambda f: (edit(f / ITEMS, lambda d: d.replace(b"1", b"\xff")), reseal(f)), "",
        "items.txt:2: an item id must be 1 to 128 bytes of valid UTF-8"),
    "a newer format": (lambda f: yaml(f, "format: 1", "format: 2"), YAML,
                       ":1:9: format: format 2 is not served by this version; it serves 1, use a "),
    "an unknown variant": (lambda f: yaml(f, "variant: traditional", "variant: quantum"), YAML,
                           ':4:10: variant: "quantum" is not served by this version'),
    "an unknown key": (lambda f: yaml(f, "variant:", "colour: red\nvariant:"), YAML,
                       ':4:1: unknown key "colour"; remove it or check its spelling'),
    "no YAML": (lambda f: (f / YAML).write_text("{"), YAML, "not readable as YAML"),
    "no checksum": (lambda f: edit(f / YAML, lambda d: d[:d.index(b"checksum:")]), YAML,
                    ':1:1: key "checksum" is missing; add it'),
}


# Variant -> its options and, as above, what is done to such a folder with the fields item and author.
VARIANT_CASES = {
    "self": (["--score", "additive"], {
        "a score of another variant": (lambda f: yaml(f, "score: additive", "score: bilinear"), YAML,
                                       'score: "bilinear" is not served by this version; it serves additive'),
        "no v": (lambda f: yaml(f, "score: additive", "score: dot"), WEIGHTS,
                 "v is not one of this model's; remove it or mend model.yaml"),
        "a target of its own where it is shared": (
            lambda f: yaml(f, "variant: self", "variant: self_shared"), WEIGHTS,
            "tensor behaviour.click.target.w"),
        "NaN in Wv": (lambda f: set_value(f, "behaviour.click.target.wv", float("nan")), "",
                      "tensor behaviour.click.target.wv: value 0 is not finite"),
        "no target fields": (lambda f: (f / FIELDS).unlink(), FIELDS, "No such file or directory"),
        "an edited field": (lambda f: edit(f / FIELDS, lambda d: b"-" + d[1:]), FIELDS, "SHA-256 is "),
        "a field too many": (lambda f: (edit(f / FIELDS, lambda d: b"1 " + d), reseal(f)), FIELDS,
                             ":1: has 2 entries, model.yaml names 1 fields beside item"),
        "a field that is no row": (lambda f: (edit(f / FIELDS, lambda d: b"x\n" + d[2:]), reseal(f)), FIELDS,
                                   ':1: "x" is neither - nor the number of a row'),
        "a field beyond the table": (lambda f: (edit(f / FIELDS, lambda d: b"99\n" + d[2:]), reseal(f)), "",
                                     "target_fields.txt:1: row 99 is not one of the 9"),
        "an item too few": (lambda f: (edit(f / FIELDS, lambda d: d[2:]), reseal(f)), "",
                            "target_fields.txt: has fields of 3 items for 4 rows"),
    }),
    "self_shared": ([], {
        "an unknown pool": (lambda f: yaml(f, "pool: mean", "pool: max"), YAML,
                            'attention.pool: "max" is not served by this version; it serves mean, sum, last'),
        "wrong shape": (lambda f: yaml(f, "hidden: 32", "hidden: 31"), WEIGHTS,
                        "shape is [32, 3]; model.yaml and items.txt ask for [31, 3]"),
    }),
    "self_bilinear": ([], {
        "an activation": (lambda f: yaml(f, "pool: mean", "pool: mean, activation: relu"), YAML,
                          'attention: unknown key "activation"; remove it'),
    }),
    "self_bilinear_activated": ([], {
        "no activation": (lambda f: yaml(f, "activation: relu, ", ""), YAML, 'key "activation" is missing; add it'),
    }),
    "merged": ([], {
        "one part": (lambda f: yaml(f, ", self: {", ", other: {"), YAML, 'attention: unknown key "other"'),
        "a tensor too many": (lambda f: yaml(f, "variant: merged", "variant: traditional"), YAML, "unknown key"),
    }),
    "target": ([], {
        "a width that nothing has": (lambda f: yaml(f, "score: scaled_dot", "score: scaled_dot, hidden: 3"), YAML,
                                     'attention: unknown key "hidden"'),
        "matrices that are not there": (lambda f: yaml(f, "score: scaled_dot", "score: bilinear, hidden: 3"),
                                        WEIGHTS, "tensor behaviour.click.target.wk [3, 3] is missing"),
    }),
    "none": ([], {
        "two behaviours": (lambda f: yaml(f, '- name: "click"', '- name: "click"\n  - name: "cart"'), YAML,
                           "name exactly one behaviour"),
    }),
}


class BadModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.good = cls.dir / "good"
        harness.freshet("model", "init", "--item-count", 4, "--dim", 3, "--output", cls.good)
        cls.log = cls.dir / "log.jsonl"
        cls.log.write_text('{"user_id":"u","item_id":"1","type":"click","ts":1602633600000}\n')

    def commands(self, model, work):
        config = work / "config.yaml"
        config.write_text(f"model: {{path: {model}}}\nstate: {{path: {work / 'state'}}}\n"
                          "kafka: {bootstrap: 127.0.0.1:9}\nhttp: {listen: 'off'}\n")
        return (("check", "-c", config), ("run", "-c", config), ("model", "info", model),
                ("replay", "-c", config, "--input", self.log, "--output", work / "scores.jsonl"))

    def test_each_is_refused_by_name_with_78(self):
        for name, (damage, file, text) in CASES.items():
            work = self.dir / name.replace(" ", "-")
            work.mkdir()
            model = work / "model"
            shutil.copytree(self.good, model)
            damage(model)
            for command in self.commands(model, work):
                with self.subTest(name, command=command[0]):
                    done = harness.freshet(*command, check=False)
                    self.assertEqual(done.returncode, 78, done.stderr)
                    self.assertEqual(done.stdout, "")
                    self.assertIn(f"freshet: {model / file if file else model}:", done.stderr)
                    self.assertIn(text, done.stderr)
            left = {path.name for path in work.iterdir()} - {"model", "config.yaml"}
            self.assertEqual(left, set(), "a refused model left something behind")

    def test_each_variant_refuses_what_is_not_its_own(self):
        for variant, (options, cases) in VARIANT_CASES.items():
            good = self.dir / f"good-{variant}"
            harness.freshet("model", "init", "--item-count", 4, "--dim", 3, "--variant", variant,
                            "--target-fields", "item,author", "--target-rows", 9, *options, "--output", good)
            harness.freshet("model", "info", good)
            for name, (damage, file, text) in cases.items():
                with self.subTest(name, variant=variant):
                    model = self.dir / f"{variant}-{name}".replace(" ", "-")
                    shutil.copytree(good, model)
                    damage(model)
                    done = harness.freshet("model", "info", model, check=False)
                    self.assertEqual(done.returncode, 78, done.stderr)
                    self.assertEqual(done.stdout, "")
                    self.assertIn(f"freshet: {model / file if file else model}:", done.stderr)
                    self.assertIn(text, done.stderr)

    @unittest.skipIf(os.geteuid() == 0, "root reads every file")
    def test_a_folder_without_the_right_to_read_is_refused(self):
        model = self.dir / "secret"
        shutil.copytree(self.good, model)
        (model / WEIGHTS).chmod(0)
        done = harness.freshet("model", "info", model, check=False)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("Permission denied", done.stderr)

    def test_a_model_that_the_configuration_does_not_serve_is_refused(self):
        model = self.dir / "other"
        harness.freshet("model", "init", "--item-count", 4, "--dim", 3, "--behaviours", "cart",
                        "--context", "tab", "--output", model)
        work = self.dir / "serve"
        work.mkdir()
        for command in self.commands(model, work):
            if command[0] == "model":
                continue
            done = harness.freshet(*command, check=False)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn('reads the behaviour "cart", which the configuration does not have; add it '
                          "under `behaviours`", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
