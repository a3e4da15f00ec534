"""What a running worker tells of itself: known events in, exact numbers out; then the broker goes away."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import harness

BASE_MS = 1_602_633_600_000
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^{}]*\})? (NaN|[+-]?Inf|[-+0-9.e]+)$')
LABELS = re.compile(r'^\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\}$')


def click(user, item, ms):
    return {"type": "click", "user_id": user, "item_id": item, "ts": BASE_MS + ms}


# One of everything that is counted; all but the mismatch keyed by their user.
EVENTS = [
    click("somebody-1", "item-1", 1_000),
    click("somebody-1", "item-2", 2_000),
    click("somebody-1", "item-3", 1_500),                                     # late
    click("somebody-1", "item-2", 2_000),                                     # duplicate
    click("somebody-2", "nowhere", 3_000),                                    # unknown, an output all the same
    {"type": "impression", "user_id": "somebody-2", "item_id": "nowhere", "ts": BASE_MS + 3_500},
    {"type": "wave", "user_id": "somebody-2", "item_id": "item-1", "ts": BASE_MS},
    click("somebody-3", "item-4", 4_000),
]
UNREADABLE = "this is no JSON"
# A second's work or more.
BACKLOG = [json.dumps(click(f"u{i % 500}", f"item-{i % 50}", i)) for i in range(300_000)]


def parse(page):
    """{family: type}, {sample: value}; fails on a line that Prometheus would not read."""
    types, samples = {}, {}
    for line in page.splitlines():
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} has two families"
            types[name] = kind
            continue
        found = SAMPLE.match(line)
        assert found, f"not in the exposition format: {line!r}"
        name, labels, value = found.groups()
        assert labels is None or LABELS.match(labels), line
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in types or types.get(family) == "histogram", f"{name} has no TYPE before it"
        assert name + (labels or "") not in samples, f"{line!r} is there twice"
        samples[name + (labels or "")] = float(value)
    return types, samples


def total(samples, name):
    return sum(value for key, value in samples.items() if key.partition("{")[0] == name)


def get(origin, path, method="GET"):
    request = urllib.request.Request(origin + path, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


class MetricsTest(harness.BrokerTestCase):
    CONFIG = {"http": "{listen: '127.0.0.1:0', users: on}"}

    def start(self, name="worker.log", config=None):
        worker = harness.Worker(config or self.config, self.dir / name)
        self.addCleanup(worker.kill)
        harness.wait_until("the worker's address",
                           lambda: re.search(r"http (http://\S+)", worker.text()) or
                           worker.process.poll() is not None)
        self.assertIsNone(worker.process.poll(), worker.text())
        return worker, re.search(r"http (http://\S+)", worker.text()).group(1)

    def produce_lines(self, lines, name="events.jsonl"):
        path = self.dir / name
        path.write_text("".join(line + "\n" for line in lines))
        self.produce(path)

    def produce_mismatch(self):
        """One record whose key is not its user, by way of a dump: the only file that has keys."""
        value = json.dumps(click("somebody-4", "item-5", 5_000))
        path = self.dir / "mismatch.dump"
        harness.freshet("dump", "-c", self.config, "--output", path)
        first, *records = path.read_text().splitlines()
        record = json.loads(records[0])
        record.update(key="someone-else", value=value, offset=0)
        path.write_text(first + "\n" + json.dumps(record) + "\n")
        harness.freshet("produce", "-c", self.config, "--input", path)

    def samples(self, origin):
        status, page = get(origin, "/metrics")
        self.assertEqual(status, 200)
        return parse(page)[1]

    def test_known_events_give_exact_numbers(self):
        self.produce_lines([json.dumps(event) for event in EVENTS] + [UNREADABLE])
        self.produce_mismatch()
        records = len(EVENTS) + 2
        worker, origin = self.start()
        harness.wait_until("every record has its output",
                           lambda: self.samples(origin)["freshet_records_total"] == records)
        harness.wait_until("and is committed", lambda: (
            self.samples(origin)["freshet_event_to_score_seconds_count"] >= records))
        status, page = get(origin, "/metrics")
        types, samples = parse(page)
        if shutil.which("promtool"):
            checked = subprocess.run(["promtool", "check", "metrics"], input=page, text=True,
                                     capture_output=True)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""))

        letters = {key: value for key, value in samples.items()
                   if key.startswith("freshet_dead_letters_total") and value}
        self.assertEqual(letters, {'freshet_dead_letters_total{reason="not_json"}': 1,
                                   'freshet_dead_letters_total{reason="unknown_type"}': 1,
                                   'freshet_dead_letters_total{reason="unknown_item"}': 1,
                                   'freshet_dead_letters_total{reason="key_mismatch"}': 1})
        expected = {"freshet_scores_total": records - 4, "freshet_late_events_total": 1,
                    "freshet_duplicate_events_total": 1, "freshet_unknown_items_total": 2,
                    "freshet_tombstones_total": 0, "freshet_non_finite_scores_total": 0,
                    "freshet_records_reread_total": 0, "freshet_fenced_total": 0,
                    "freshet_hot_users_misses_total": 3, "freshet_hot_users_hits_total": 4,
                    "freshet_assigned_partitions": harness.PARTITIONS,
                    "freshet_reading_again_partitions": 0, "freshet_model_items": 50,
                    'freshet_build_info{version="0.1.0"}': 1}
        self.assertEqual({name: samples[name] for name in expected}, expected)
        self.assertEqual(samples["freshet_event_to_score_seconds_count"],
                         records + samples["freshet_stall_observations_total"])
        self.assertEqual(total(samples, "freshet_consumer_lag_records"), 0)
        self.assertEqual(types["freshet_event_to_score_seconds"], "histogram")
        self.assertGreater(samples["freshet_commit_duration_seconds_count"], 0)
        parts = [samples[name] for name in ("freshet_hot_users_bytes", "freshet_encoded_users_bytes",
                                            "freshet_store_memory_bytes", "freshet_model_bytes")]
        self.assertTrue(all(parts[:1] + parts[2:]), parts)
        beside = samples["process_resident_memory_bytes"] - sum(parts)
        self.assertTrue(1 << 20 < beside < 96 << 20, "the program, its libraries and small queues")
        self.assertNotIn("somebody", page, "no user may stand in a label")
        self.assertNotIn("item-", page)

        self.check_health_and_users(origin)
        harness.wait_until("the users are saved",
                           lambda: self.samples(origin)["freshet_users_saved_total"] >= 3)
        self.assertEqual(worker.stop(), 0, worker.text())

    def check_health_and_users(self, origin):
        self.assertEqual(get(origin, "/healthz")[0], 200)
        status, body = get(origin, "/readyz")
        self.assertEqual(status, 200, body)
        self.assertEqual(list(json.loads(body)["parts"]),
                         ["assigned", "caught_up", "model", "store", "brokers"])
        self.assertEqual(harness.freshet("health", "--url", origin).returncode, 0)
        self.assertEqual(harness.freshet("health", "--url", origin, "--ready").returncode, 0)
        self.assertEqual(get(origin, "/metrics", "POST")[0], 405)
        status, body = get(origin, "/v1/users/somebody-1")
        self.assertEqual(status, 200, body)
        clicks = json.loads(body)["behaviours"]["click"]
        self.assertEqual([one["item_id"] for one in clicks], ["item-2", "item-3", "item-1"])
        self.assertAlmostEqual(sum(one["weight"] for one in clicks), 1, places=5)
        self.assertEqual(get(origin, "/v1/users/nobody")[0], 404)
        self.assertEqual(get(origin, "/v1/users/%FF")[0], 400)

    def test_an_outage_shows_in_lag_histogram_and_readiness_but_not_in_health(self):
        self.produce_lines([json.dumps(click("somebody-1", "item-1", 0))])
        worker, origin = self.start()
        harness.wait_until("the first output is committed", lambda: (
            self.samples(origin)["freshet_event_to_score_seconds_count"] >= 1))
        # The worker sleeps while its backlog is made, and the broker dies while it reads it, so some
        # of it is read and not acknowledged.
        worker.process.send_signal(signal.SIGSTOP)
        self.produce_lines(BACKLOG)
        worker.process.send_signal(signal.SIGCONT)
        harness.wait_until("the backlog is being read", lambda: (
            self.samples(origin)["freshet_records_total"] > 1_000), every_s=0.01)
        harness.kill_broker(self.dir / "kafka")
        harness.wait_until("the stall is in the histogram", lambda: (
            self.samples(origin)["freshet_stall_observations_total"] >= 3))
        before = self.samples(origin)
        harness.wait_until("and grows with the lag", lambda: (
            self.samples(origin)["freshet_event_to_score_seconds_count"] >
            before["freshet_event_to_score_seconds_count"]))
        after = self.samples(origin)
        self.assertGreater(max(value for key, value in after.items()
                               if key.startswith("freshet_consumer_lag_seconds")), 5)
        self.assertGreater(total(after, "freshet_retries_total"), 0)
        self.assertEqual(after["freshet_scores_total"], before["freshet_scores_total"])
        status, body = get(origin, "/readyz")
        self.assertEqual(status, 503, body)
        self.assertFalse(json.loads(body)["parts"]["brokers"]["ok"])
        self.assertEqual(get(origin, "/healthz")[0], 200)
        asked = harness.freshet("health", "--url", origin, "--ready", check=False)
        self.assertEqual(asked.returncode, 1)
        self.assertIn('"brokers":{"ok":false', asked.stdout)

        harness.start_broker(self.dir / "kafka")
        harness.wait_until("everything is visible again", lambda: (
            get(origin, "/readyz")[0] == 200 and
            total(self.samples(origin), "freshet_consumer_lag_records") == 0))
        self.assertEqual(worker.stop(), 0, worker.text())

    def test_sigterm_under_load_leaves_within_ten_seconds_with_all_committed(self):
        self.produce_lines(BACKLOG)
        worker, origin = self.start()
        harness.wait_until("the load is being read", lambda: (
            self.samples(origin)["freshet_records_total"] > 1_000), every_s=0.01)
        begin = time.monotonic()
        self.assertEqual(worker.stop(), 0, worker.text())
        self.assertLess(time.monotonic() - begin, 10)
        taken = int(re.search(r"records in: (\d+)", worker.text()).group(1))
        self.assertLess(taken, len(BACKLOG), "the load was over before the signal")
        again, origin = self.start("again.log")
        harness.wait_until("the rest is read", lambda: (
            self.samples(origin)["freshet_records_total"] == len(BACKLOG) - taken), limit_s=300)
        # The last record alone of each partition that has one, which shows that the topic is the same.
        begun = len(re.findall(r"goes on from position [1-9]", again.text()))
        self.assertGreater(begun, 0)
        self.assertEqual(self.samples(origin)["freshet_records_reread_total"], begun)
        self.assertEqual(again.stop(), 0, again.text())


class AddressTest(unittest.TestCase):
    """What needs no broker: a worker that cannot be watched does not start."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        (self.dir / "items.txt").write_text("item-1\n")
        harness.freshet("model", "init", "--items", self.dir / "items.txt", "--dim", 4, "--seed", 7,
                        "--context", "tab", "--output", self.dir / "model")

    def config(self, name, http, extra=""):
        return harness.write_config(self.dir / f"{name}.yaml", model=self.dir / "model",
                                    state=self.dir / f"{name}.state", http=http, extra=extra)

    def test_a_taken_port_is_refused_before_the_group_is_joined(self):
        first = harness.Worker(self.config("first", "{listen: '127.0.0.1:0'}"), self.dir / "log")
        self.addCleanup(first.kill)
        harness.wait_until("its address", lambda: re.search(r"http (http://\S+)", first.text()))
        taken = re.search(r"http http://(\S+)", first.text()).group(1)
        second = harness.freshet(
            "run", "-c", self.config("second", f"{{listen: '{taken}'}}"), check=False)
        self.assertEqual(second.returncode, 78, second.stderr)
        self.assertIn(f"http.listen: {taken} cannot be had", second.stderr)
        self.assertIn("port 0", second.stderr)

    def test_a_second_interrupt_ends_a_worker_that_waits_for_brokers(self):
        worker = harness.Worker(self.config("away", "{listen: off}"), self.dir / "log")
        self.addCleanup(worker.kill)
        harness.wait_until("it waits for brokers", lambda: "joining the group" in worker.text())
        for _ in range(2):
            worker.process.send_signal(signal.SIGINT)
            harness.wait_until("the signal is heard", lambda: "stopping" in worker.text())
        self.assertEqual(worker.process.wait(timeout=5), 130, worker.text())

    def test_a_json_log_is_one_object_a_line_and_names_librdkafka(self):
        worker = harness.Worker(self.config("json", "{listen: off}", "log: {format: json}"),
                                self.dir / "log")
        self.addCleanup(worker.kill)
        harness.wait_until("librdkafka has said something", lambda: "librdkafka" in worker.text() and
                           "joining the group" in worker.text())
        lines = [json.loads(line) for line in worker.text().split("\n")[:-1]]
        self.assertLessEqual({"time", "level", "message"}, set(lines[0]))
        self.assertIn("librdkafka", [line.get("source") for line in lines])

    def test_health_says_why_nobody_answers(self):
        off = harness.freshet("health", "-c", self.config("off", "{listen: off}"), check=False)
        self.assertEqual(off.returncode, 78)
        self.assertIn("http.listen is off", off.stderr)
        nobody = harness.freshet("health", "--url", "http://127.0.0.1:1", check=False)
        self.assertEqual(nobody.returncode, 1)
        self.assertIn("no answer", nobody.stderr)
        self.assertEqual(harness.freshet("health", check=False).returncode, 2)

    def test_users_beyond_this_machine_are_warned_of(self):
        worker = harness.Worker(self.config("open", "{listen: '0.0.0.0:0', users: on}"),
                                self.dir / "log")
        self.addCleanup(worker.kill)
        harness.wait_until("the warning",
                           lambda: "reads every user's clicks" in worker.text(), limit_s=30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
