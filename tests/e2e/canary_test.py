"""A secret that stands in the configuration stands in no output of any command.

Every command runs with it, as it should and with mistakes around it, at the level debug, librdkafka's
own debugging included; none needs a broker, those that wait for one are ended.
"""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import harness

CANARY = "canary-7Qx9"
CLICK = json.dumps({"user_id": "u1", "item_id": "1", "type": "click", "ts": 1_602_633_600_000})


class CanaryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.model = cls.dir / "model"
        harness.freshet("model", "init", "--item-count", 9, "--dim", 4, "--output", cls.model)
        cls.log = cls.dir / "log.jsonl"
        cls.log.write_text(CLICK + "\n")
        (cls.dir / "secret").write_text(CANARY + "\n")

    @classmethod
    def config(cls, *options, more=""):
        lines = "".join(f"    {option}\n" for option in options)
        path = cls.dir / "c.yaml"
        path.write_text(
            f"kafka:\n  bootstrap: 127.0.0.1:9\n  client:\n    debug: all\n{lines}"
            f"log: {{level: debug}}\nmodel: {{path: {cls.model}}}\nstate: {{path: {cls.dir / 'state'}}}\n"
            f"http: {{listen: 'off'}}\n{more}")
        return path

    def run_and_look(self, *arguments, limit_s=30.0):
        """What the command ended with; it is stopped after `limit_s`. Fails where it said the secret."""
        process = subprocess.Popen(
            [harness.BINARY, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={**os.environ, "CANARY": CANARY})
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)  # the second one stops at once
            try:
                out, err = process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
        for name, text in (("stdout", out), ("stderr", err)):
            self.assertNotIn(CANARY, text, f"{name} of {arguments}")
        return process.returncode, out, err

    def look_at_every_command(self, config, *sets):
        common = ("-c", config, *[word for text in sets for word in ("--set", text)])
        scores = self.dir / "scores.jsonl"
        state = self.dir / "replayed"
        self.run_and_look("config", "print", *common)
        self.run_and_look("config", "print", "--json", *common)
        self.run_and_look("check", *common)
        self.run_and_look("replay", *common, "--input", self.log, "--output", scores, "--state", state)
        self.run_and_look("state", "get", *common, "--state", state, "u1")
        self.run_and_look("state", "dump", *common, "--state", state)
        self.run_and_look("state", "verify", *common, "--state", state)
        _, _, log = self.run_and_look("run", *common, limit_s=2)
        self.assertIn("SASL", log, "librdkafka's own debugging is not in the log")
        self.run_and_look("dump", *common, "--output", self.dir / "dump", limit_s=2)
        self.run_and_look("produce", *common, "--input", self.log, limit_s=2)
        self.run_and_look("create-topics", *common, limit_s=2)
        for path in (scores, state, self.dir / "dump", self.dir / "state"):
            for file in [path] if path.is_file() else path.rglob("*"):
                if file.is_file():
                    self.assertNotIn(CANARY.encode(), file.read_bytes(), file)

    def test_a_password_from_the_file_the_environment_a_secret_file_and_the_command_line(self):
        sasl = ("security.protocol: sasl_plaintext", "sasl.mechanism: SCRAM-SHA-256", "sasl.username: u")
        self.look_at_every_command(self.config(*sasl, f"sasl.password: {CANARY}"))
        code, out, _ = self.run_and_look(
            "config", "print", "-c", self.config(*sasl, "sasl.password: ${CANARY}"))
        self.assertEqual(code, 0)
        self.assertIn('sasl.password: "[redacted]"  # ', out)
        self.assertIn("environment CANARY", out)
        plain = ("security.protocol: sasl_plaintext", "sasl.mechanism: PLAIN", "sasl.username: u")
        for option in ("sasl.password: ${CANARY}", f"sasl.password_file: {self.dir / 'secret'}"):
            config = self.config(*plain, option)
            self.run_and_look("check", "-c", config)
            self.run_and_look("run", "-c", config, limit_s=2)
        self.look_at_every_command(self.config(*plain), f"kafka.client.sasl.password={CANARY}")

    def test_keys_and_their_passwords(self):
        for option in (f"ssl.key.password: {CANARY}", f"ssl.keystore.password: {CANARY}",
                       f'ssl.key.pem: "{CANARY}"', f"ssl.key.pem: |\n      {CANARY}\n      {CANARY}",
                       f"sasl.oauthbearer.config: principal={CANARY}"):
            config = self.config("security.protocol: ssl", option)
            self.run_and_look("check", "-c", config)
            self.run_and_look("config", "print", "-c", config)
            self.run_and_look("run", "-c", config, limit_s=1)

    def test_mistakes_around_a_secret_repeat_nothing_of_it(self):
        sets = f"kafka.client.sasl.password={CANARY}"
        for option in (f"sasl.pasword: {CANARY}", f"sasl.password: [{CANARY}]",
                       f"sasl.password: {{a: {CANARY}}}", f"sasl.password: '{CANARY}${{'",
                       f"sasl.password: '${{{CANARY}}}'", f'sasl.password: "{CANARY}\\n\\x01"',
                       f"sasl.password: {CANARY}\n    sasl.password: {CANARY}",
                       f"sasl.jaas.config: username=u password={CANARY}",
                       f"sasl.oauthbearer.client.secret: {CANARY}",
                       f"my.secret.option: {CANARY}",
                       f"sasl.password: {CANARY}\n    sasl.password_file: {self.dir / 'secret'}",
                       f"linger.ms_file: {self.dir / 'secret'}"):
            config = self.config(option)
            for command in (("check",), ("config", "print"), ("run",)):
                code, _, err = self.run_and_look(*command, "-c", config, limit_s=5)
                if command != ("config", "print"):
                    self.assertEqual(code, 78, (option, err))
        for mistake in ("threads=x", sets.replace("=", ":"), sets.replace("=", " "), f"=={CANARY}"):
            code, _, _ = self.run_and_look("check", "-c", self.config(), "--set", sets, "--set", mistake)
            self.assertEqual(code, 78, mistake)

    def test_a_mistyped_command_line_repeats_no_value(self):
        sets = f"kafka.client.sasl.password={CANARY}"
        for words in (("--ste", sets), (f"--ste={sets}",), (f"--{sets}",), (f"-p{CANARY}",), (CANARY,),
                      ("--password", CANARY)):
            code, _, _ = self.run_and_look("check", "-c", self.config(), *words)
            self.assertEqual(code, 2, words)
            code, _, _ = self.run_and_look(*words, "check", "-c", self.config())
            self.assertEqual(code, 2, words)


if __name__ == "__main__":
    unittest.main()
