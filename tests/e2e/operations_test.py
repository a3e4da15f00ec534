"""The procedures of docs/operations.md, their blocks taken as they stand, on a real broker."""

import pathlib
import tempfile
import unittest

import document


class OperationsTest(unittest.TestCase):
    def test_each_procedure_does_what_it_says(self):
        with tempfile.TemporaryDirectory() as temporary:
            directory = document.lay_checkout(temporary)
            code, said = document.run("docs/operations.md", directory, limit_s=400)
            logs = "".join(f"\n== {path.name}\n{path.read_text()[-2000:]}" for path in directory.glob("my-*.log"))
            self.assertEqual(code, 0, said[-6000:] + logs)
            self.assertRegex(said, r"\n400 outputs; the best item differs in [1-9]\d*\n")
            self.assertTrue((directory / "my-state-lost").is_dir())
            dead = pathlib.Path(directory, "my-worker-a.log").read_text()
            self.assertNotIn("[error]", dead)


if __name__ == "__main__":
    unittest.main(verbosity=2)
