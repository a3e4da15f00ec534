"""The files of deploy/prometheus, judged by Prometheus's own promtool: each alert is raised once."""

import subprocess
import unittest

from deploy_files import PROMETHEUS, ROOT, alert_rules, load


def promtool(*arguments):
    return subprocess.run([ROOT / "scripts/promtool", *arguments], cwd=PROMETHEUS, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class PrometheusTest(unittest.TestCase):
    def check(self, *arguments):
        done = promtool(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_configuration_and_rules_are_valid(self):
        said = self.check("check", "config", "prometheus.yml")
        self.assertIn(f"{len(alert_rules())} rules found", said)

    def test_each_alert_is_raised_by_its_case_and_silent_before(self):
        self.check("test", "rules", "alerts_test.yml")

    def test_each_alert_has_a_case_of_its_own(self):
        raised, silent = set(), set()
        for case in load(PROMETHEUS / "alerts_test.yml")["tests"]:
            for expected in case["alert_rule_test"]:
                (raised if expected["exp_alerts"] else silent).add(expected["alertname"])
        names = {rule["alert"] for rule in alert_rules()}
        self.assertEqual(raised, names)
        self.assertEqual(silent, names)

    def test_each_alert_says_how_urgent_it_is_and_what_to_do(self):
        for rule in alert_rules():
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"), rule["alert"])
            self.assertEqual(rule["annotations"]["runbook"],
                             f"docs/operations.md#{rule['alert'].lower()}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
