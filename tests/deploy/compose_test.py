"""docker-compose.yml is valid, and what it names is there. No Docker engine is asked."""

import os
import re
import shutil
import subprocess
import unittest

from deploy_files import PROMETHEUS, ROOT, load

BINARY = os.environ.get("FRESHET_BINARY", ROOT / "build/release/freshet")
COMPOSE = ROOT / "docker-compose.yml"
FIRST_PARTY = ("topics", "generator", "worker-a", "worker-b")


class ComposeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = load(COMPOSE)["services"]

    def test_compose_accepts_it(self):
        tools = [[name, *words] for name, *words in (("docker-compose",), ("docker", "compose")) if shutil.which(name)]
        self.assertTrue(tools, "docker-compose is missing: run scripts/setup")
        done = subprocess.run([*tools[0], "-f", COMPOSE, "config", "--quiet"], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_freshet_takes_the_workers_configuration(self):
        done = subprocess.run([BINARY, "config", "print", "-c", ROOT / "deploy/compose/worker.yaml"], text=True,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_each_mounted_file_is_in_the_tree(self):
        mounts = [mount for service in self.services.values() for mount in service.get("volumes", [])]
        paths = {mount.split(":")[0] for mount in mounts if mount.startswith("./")}
        self.assertGreaterEqual(len(paths), 4)
        for path in paths:
            self.assertTrue((ROOT / path).exists(), path)

    def test_images_are_pinned_and_the_broker_is_the_one_that_the_tests_use(self):
        for name, service in self.services.items():
            if name not in FIRST_PARTY:
                self.assertRegex(service["image"], r":v?\d+\.\d+\.\d+$", name)
        pom = (ROOT / "scripts/kafka-jars/pom.xml").read_text()
        tested = re.search(r"kafka_2\.13</artifactId>\s*<version>([\d.]+)<", pom).group(1)
        self.assertEqual(self.services["kafka"]["image"], f"apache/kafka:{tested}")

    def test_each_worker_has_a_state_volume_of_its_own(self):
        state = [[mount for mount in self.services[name]["volumes"] if mount.endswith(":/var/lib/freshet")]
                 for name in ("worker-a", "worker-b")]
        self.assertEqual([len(mounts) for mounts in state], [1, 1])
        self.assertNotEqual(*state)

    def test_every_port_is_open_on_this_machine_alone(self):
        ports = [port for service in self.services.values() for port in service.get("ports", [])]
        self.assertGreaterEqual(len(ports), 5)
        for port in ports:
            self.assertTrue(port.startswith("127.0.0.1:"), port)

    def test_our_containers_have_no_rights_to_lose(self):
        for name in FIRST_PARTY:
            service = self.services[name]
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertIs(service["read_only"], True, name)
            self.assertNotIn("user", service, f"{name}: the image's own user is the one without rights")

    def test_prometheus_scrapes_every_worker_where_it_listens(self):
        port = load(ROOT / "deploy/compose/worker.yaml")["http"]["listen"].split(":")[1]
        jobs = load(PROMETHEUS / "prometheus.yml")["scrape_configs"]
        targets = [target for job in jobs for part in job["static_configs"] for target in part["targets"]]
        self.assertEqual(sorted(targets),
                         sorted(f"{name}:{port}" for name in self.services if name.startswith("worker-")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
