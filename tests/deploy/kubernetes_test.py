"""The manifests of deploy/kubernetes: read as YAML, and held together by what they name."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from deploy_files import ROOT, load_all

BINARY = os.environ.get("FRESHET_BINARY", ROOT / "build/release/freshet")

FOLDER = ROOT / "deploy/kubernetes"
KNOWN = {  # kind: its API and what its spec (or data) must hold
    "ConfigMap": ("v1", {"data"}),
    "PodDisruptionBudget": ("policy/v1", {"spec"}),
    "Secret": ("v1", {"stringData", "type"}),
    "Service": ("v1", {"spec"}),
    "ServiceMonitor": ("monitoring.coreos.com/v1", {"spec"}),
    "StatefulSet": ("apps/v1", {"spec"}),
}


class KubernetesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        documents = [each for path in sorted(FOLDER.glob("*.yaml")) for each in load_all(path)]
        cls.objects = {document["kind"]: document for document in documents}
        cls.pod = cls.objects["StatefulSet"]["spec"]["template"]
        cls.container = cls.pod["spec"]["containers"][0]

    def test_each_object_is_of_a_known_kind_and_has_its_parts(self):
        self.assertEqual(set(self.objects), set(KNOWN))
        for kind, document in self.objects.items():
            api, parts = KNOWN[kind]
            self.assertEqual(document["apiVersion"], api)
            self.assertEqual(set(document), {"apiVersion", "kind", "metadata"} | parts)
            self.assertEqual(document["metadata"]["name"], "freshet")

    def test_selectors_find_the_pods(self):
        labels = self.pod["metadata"]["labels"]
        self.assertEqual(self.objects["StatefulSet"]["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(self.objects["Service"]["spec"]["selector"], labels)
        self.assertEqual(self.objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(self.objects["ServiceMonitor"]["spec"]["selector"]["matchLabels"],
                         self.objects["Service"]["metadata"]["labels"])

    def test_each_mount_has_its_volume(self):
        claims = {claim["metadata"]["name"] for claim in self.objects["StatefulSet"]["spec"]["volumeClaimTemplates"]}
        volumes = {volume["name"] for volume in self.pod["spec"]["volumes"]}
        mounts = {mount["name"] for mount in self.container["volumeMounts"]}
        self.assertEqual(mounts, claims | volumes)
        self.assertEqual(claims, {"state"})

    def test_each_worker_keeps_its_state_folder(self):
        paths = {mount["name"]: mount["mountPath"] for mount in self.container["volumeMounts"]}
        self.assertIn(f"path: {paths['state']}/state\n", self.objects["ConfigMap"]["data"]["worker.yaml"])

    def test_probes_ask_what_the_worker_answers(self):
        for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz"),
                            ("startupProbe", "/healthz")):
            self.assertEqual(self.container[probe]["httpGet"], {"path": path, "port": "http"})
        port = self.container["ports"][0]["containerPort"]
        self.assertIn(f"listen: 0.0.0.0:{port}\n", self.objects["ConfigMap"]["data"]["worker.yaml"])

    def test_a_stop_has_the_time_that_a_worker_takes(self):
        self.assertGreater(self.pod["spec"]["terminationGracePeriodSeconds"], 10)

    def test_the_pod_has_no_rights_to_lose(self):
        self.assertIs(self.pod["spec"]["securityContext"]["runAsNonRoot"], True)
        self.assertEqual(self.container["securityContext"], {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
        runtime = (ROOT / "scripts/image/runtime").read_text()
        self.assertIn(f"id={self.pod['spec']['securityContext']['runAsUser']} ", runtime)

    def test_freshet_takes_the_configuration_and_shows_no_secret(self):
        mount = next(each["mountPath"] for each in self.container["volumeMounts"] if each["name"] == "secret")
        with tempfile.TemporaryDirectory() as temporary:
            for name in self.objects["Secret"]["stringData"]:
                pathlib.Path(temporary, name).write_text("canary-of-the-secret\n")
            config = pathlib.Path(temporary, "worker.yaml")
            config.write_text(self.objects["ConfigMap"]["data"]["worker.yaml"].replace(mount, temporary))
            done = subprocess.run([BINARY, "config", "print", "-c", config], text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("canary-of-the-secret", done.stdout)

    def test_secrets_are_files_and_not_in_the_configuration(self):
        text = self.objects["ConfigMap"]["data"]["worker.yaml"]
        self.assertNotRegex(text, r"password: ")
        mount = next(each["mountPath"] for each in self.container["volumeMounts"] if each["name"] == "secret")
        for name in self.objects["Secret"]["stringData"]:
            self.assertIn(f"{mount}/{name}\n", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
