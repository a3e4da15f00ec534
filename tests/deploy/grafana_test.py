"""The provisioned dashboard: every query is valid PromQL and asks the provisioned data source."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import yaml

from deploy_files import ROOT, load

GRAFANA = ROOT / "deploy/grafana"


class GrafanaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dashboard = json.loads((GRAFANA / "dashboards/freshet.json").read_text())
        cls.panels = [panel for panel in cls.dashboard["panels"] if panel["type"] != "row"]

    def test_every_query_is_promql(self):
        queries = [target["expr"] for panel in self.panels for target in panel["targets"]]
        queries += [each["expr"] for each in self.dashboard["annotations"]["list"]]
        self.assertGreater(len(queries), 30)
        rules = [{"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m").replace("$instance", ".*")}
                 for number, query in enumerate(queries)]
        with tempfile.TemporaryDirectory() as temporary:
            path = pathlib.Path(temporary, "queries.yml")
            path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
            done = subprocess.run([ROOT / "scripts/promtool", "check", "rules", "--lint=none", path], text=True,
                                  check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_panel_asks_the_provisioned_source(self):
        provisioned = load(GRAFANA / "provisioning/datasources/prometheus.yml")["datasources"]
        self.assertEqual([source["uid"] for source in provisioned], ["prometheus"])
        for panel in self.panels:
            for part in [panel, *panel["targets"]]:
                self.assertEqual(part["datasource"]["uid"], "prometheus", panel["title"])

    def test_panels_have_names_of_their_own_and_do_not_overlap(self):
        self.assertEqual(len({panel["id"] for panel in self.panels}), len(self.panels))
        self.assertEqual(len({panel["title"] for panel in self.panels}), len(self.panels))
        taken = set()
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells

    def test_dashboards_are_looked_for_where_compose_mounts_them(self):
        provider = load(GRAFANA / "provisioning/dashboards/freshet.yml")["providers"][0]
        mounts = load(ROOT / "docker-compose.yml")["services"]["grafana"]["volumes"]
        self.assertIn(f"./deploy/grafana/dashboards:{provider['options']['path']}:ro", mounts)


if __name__ == "__main__":
    unittest.main(verbosity=2)
