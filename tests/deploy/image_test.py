"""The Dockerfile does nothing but call the scripts that scripts/image/try calls too."""

import re
import unittest

from deploy_files import ROOT


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = (ROOT / "Dockerfile").read_text()
        text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
        cls.steps = [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]
        cls.last = cls.steps[max(n for n, step in enumerate(cls.steps) if step[0] == "FROM"):]

    def of(self, steps, word):
        return [argument for name, argument in steps if name == word]

    def test_every_base_names_its_release(self):
        for base in self.of(self.steps, "FROM"):
            self.assertRegex(base, r"^debian:bookworm-slim( AS \w+)?$")

    def test_each_step_is_a_script_of_the_tree(self):
        tried = (ROOT / "scripts/image/try").read_text()
        for step in self.of(self.steps, "RUN"):
            for command in step.split(" && "):
                script = command.split()[0].replace("/tmp/", "scripts/image/")
                if script != "rm":
                    self.assertTrue((ROOT / script).is_file(), step)
                    self.assertIn("scripts/setup" if "setup" in script else script, tried + "scripts/setup")

    def test_what_is_copied_is_in_the_tree_and_not_ignored(self):
        ignored = (ROOT / ".dockerignore").read_text().split()
        for step in self.of(self.steps, "COPY"):
            source = step.split()[0]
            if source.startswith("--from") or source == ".":
                continue
            self.assertTrue((ROOT / source).exists(), source)
            self.assertIn("!" + source.split("/")[0], ignored)
        for line in ignored:
            self.assertTrue(line == "*" or (ROOT / line[1:]).exists(), line)

    def test_the_last_stage_runs_as_a_user_without_rights(self):
        self.assertEqual(self.of(self.last, "USER"), ["10001:10001"])
        self.assertGreater([step[0] for step in self.last].index("USER"),
                           max(n for n, step in enumerate(self.last) if step[0] == "RUN"))

    def test_the_container_is_the_worker_and_stops_as_one(self):
        self.assertEqual(self.of(self.last, "ENTRYPOINT"), ['["freshet"]'])
        self.assertEqual(self.of(self.last, "STOPSIGNAL"), ["SIGTERM"])
        self.assertEqual(self.of(self.last, "VOLUME"), ["/var/lib/freshet"])
        self.assertIn('"freshet", "health"', self.of(self.last, "HEALTHCHECK")[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
