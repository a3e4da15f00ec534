"""A worker whose state is damaged or whose disk is full: it goes on, and every output is a replay's."""

import json
import os
import subprocess
import unittest

import harness
import rocksdb_bytes

IMPRESSIONS = 2_000
DISK_BYTES = 64 << 20


class DamagedStateTest(harness.BrokerTestCase):
    def log(self, name, begin, count=IMPRESSIONS):
        return harness.write_impressions(self.dir / name, begin, count, users=500)

    def run_to(self, count, log):
        """A worker that has published `count` outputs in all."""
        worker = self.worker(log)
        harness.wait_until(f"{count} scores", lambda: len(self.outputs()) == count)
        return worker

    def first_part(self):
        """A worker has made the state of it, in tables, and is gone."""
        first = self.log("first.jsonl", 0)
        self.produce(first)
        self.assertEqual(self.run_to(IMPRESSIONS, "first.log").stop(), 0)
        self.assertEqual(self.run_to(IMPRESSIONS, "tables.log").stop(), 0)
        return first

    def second_part(self, first, log):
        second = self.log("second.jsonl", IMPRESSIONS)
        self.produce(second)
        worker = self.run_to(2 * IMPRESSIONS, log)
        self.assertEqual(worker.stop(), 0, worker.text())
        self.assert_published_once(self.outputs(), self.replayed(first, second))
        verified = harness.freshet("state", "verify", "-c", self.config)
        self.assertNotIn("PROBLEM", verified.stdout)
        return worker

    def test_a_damaged_manifest_is_set_aside_and_the_state_restored(self):
        first = self.first_part()
        state = self.dir / "state"
        (state / "CURRENT").write_text("MANIFEST-999999\n")
        worker = self.second_part(first, "damaged.log")
        self.assertIn(f"They are kept in {state}/aside-1", worker.text())

    def test_damaged_tables_are_set_aside_when_they_are_read(self):
        first = self.first_part()
        state = self.dir / "state"
        for table in state.glob("*.sst"):
            content = bytearray(table.read_bytes())
            content[:len(content) // 2] = bytes(b ^ 0x55 for b in content[:len(content) // 2])
            table.write_bytes(content)
        worker = self.second_part(first, "damaged.log")
        self.assertIn(f"They are kept in {state}/aside-1", worker.text())

    def test_a_damaged_user_sets_its_partition_aside(self):
        first = self.first_part()
        state = self.dir / "state"
        users = {json.loads(line)["user_id"]: json.loads(line)["partition"] for line in
                 harness.freshet("state", "dump", "-c", self.config).stdout.splitlines()}
        partition = next(iter(users.values()))
        with rocksdb_bytes.Database(state) as database:
            for user, of in users.items():
                if of == partition:
                    key = partition.to_bytes(4, "big") + user.encode()
                    value = database.get(key)
                    database.put(key, value[:-1] + bytes([value[-1] ^ 1]))
        worker = self.second_part(first, "damaged.log")
        self.assertIn(f"the state of partition {partition} is set aside, and made again",
                      worker.text())
        aside = harness.freshet("state", "aside", "-c", self.config).stdout
        self.assertRegex(aside, rf"^partition {partition}, slot 0: position \d+, \d+ users\n$")
        self.assertEqual(harness.freshet("state", "aside", "-c", self.config, "--drop").stdout,
                         "dropped " + aside)
        self.assertEqual(harness.freshet("state", "aside", "-c", self.config).stdout, "")
        self.assertNotIn("PROBLEM", harness.freshet("state", "verify", "-c", self.config).stdout)


class FullDiskTest(harness.BrokerTestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small tmpfs needs root")
        super().setUp()
        self.disk = self.dir / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", self.disk],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"mounting a small tmpfs is refused: {mounted.stderr}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)
        self.config = harness.write_config(self.dir / "full.yaml", model=self.dir / "model",
                                           state=self.disk / "state", bootstrap=self.bootstrap)
        # A small budget has small files, so that the disk is full soon.
        text = self.config.read_text()
        self.config.write_text(text.replace("/state}", "/state, memory_budget_mb: 32}"))

    def fill(self):
        room = os.statvfs(self.disk)
        (self.disk / "ballast").write_bytes(bytes(room.f_bavail * room.f_bsize))

    def test_a_worker_waits_for_room_and_loses_nothing(self):
        first = harness.write_impressions(self.dir / "first.jsonl", 0, IMPRESSIONS, users=500)
        second = harness.write_impressions(self.dir / "second.jsonl", IMPRESSIONS, 100_000,
                                            users=100_001)
        self.produce(first)
        worker = self.worker("full.log")
        harness.wait_until("the first scores", lambda: len(self.outputs()) == IMPRESSIONS)
        self.fill()
        self.produce(second)
        harness.wait_until("the disk is full", lambda: "No space left on device" in worker.text())
        self.assertIn("the disk is full: free space on it; trying again", worker.text())
        (self.disk / "ballast").unlink()
        total = IMPRESSIONS + 100_000
        harness.wait_until("all scores", lambda: len(self.outputs()) == total, every_s=2)
        self.assertEqual(worker.stop(), 0, worker.text())
        refusals = [line for line in worker.text().splitlines() if "No space left on device" in line]
        self.assertEqual([line for line in refusals if "; trying again" not in line], [], "one line a try")
        self.assert_published_once(self.outputs(), self.replayed(first, second))
        verified = harness.freshet("state", "verify", "-c", self.config).stdout
        self.assertNotIn("PROBLEM", verified)

        self.fill()
        refused = self.worker("refused.log")
        self.assertEqual(refused.process.wait(timeout=60), 1, refused.text())
        self.assertIn("the disk is full: free space on it", refused.text())
        (self.disk / "ballast").unlink()
        self.assertEqual(harness.freshet("state", "verify", "-c", self.config).stdout, verified)


if __name__ == "__main__":
    unittest.main(verbosity=2)
