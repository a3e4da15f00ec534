#!/usr/bin/env python3
"""What a score event takes in its topic, and what each compression costs: bytes, and CPU of all who touch it.

    bench/payload/payload.py                  # 5, 20 and 100 published of 1,000 candidates: some 2 minutes
    bench/payload/payload.py --events 5000    # a first look

The score events are those that `freshet replay` gives for a log of clicks; each is checked on its way in. For each compression
and each size of a batch they are produced into a real broker's topic by the worker's own producer, in turn, some
rounds. Bytes are what the topic's files grow by, all framing included. CPU, medians of the rounds: of the thread that sends, of
librdkafka's own threads, which compress, and of the broker's process, which takes each batch apart to check it.
Smaller batches than 100 measure requests, not compression; a batch holds what one partition gets within linger.ms,
or while requests are under way. Binaries are those of FRESHET_BUILD or build/release.
"""

import itertools
import json
import pathlib
import random
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import kafka_bench  # noqa: E402
from kafka_bench import BUILD, FIRST_TS, harness  # noqa: E402
from machine import machine  # noqa: E402

CODECS = ("none", "lz4", "snappy", "zstd")


def parse():
    parser = kafka_bench.options(__doc__, events=20_000, users=10_000)
    parser.set_defaults(items=1_000)
    parser.add_argument("--publish", default="5,20,100", help="candidates.publish, one after the other")
    parser.add_argument("--batches", default="100,1000", help="records of a batch")
    parser.add_argument("--codecs", default=",".join(CODECS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    kafka_bench.add_ahead(parser)
    return parser.parse_args()


def configure(folder, bootstrap, publish, codec="none", batch=1):
    config = folder / f"{publish}-{codec}-{batch}.yaml"
    config.write_text(f"""
application_id: payload
kafka:
  bootstrap: "{bootstrap}"
  client: {{compression.codec: {codec}, batch.num.messages: {batch}, linger.ms: 1000}}
model: {{path: "{folder}/model"}}
state: {{path: "{folder}/state"}}
candidates: {{source: catalogue, publish: {publish}}}
http: {{listen: off}}
""")
    return config


def write_clicks(path, arguments):
    """Clicks of users and items drawn evenly, some seconds apart."""
    rng = random.Random(1)
    with open(path, "w") as log:
        for i in range(arguments.events):
            log.write(f'{{"event_id":"{rng.getrandbits(64):016x}","user_id":"user-{rng.randrange(arguments.users)}",'
                      f'"item_id":"{rng.randrange(arguments.items)}","ts":{FIRST_TS + i * 3_571},"type":"click"}}\n')
    return path


def write_scores(arguments, folder, bootstrap, publish):
    scores = folder / f"scores-{publish}.jsonl"
    harness.freshet("replay", "-c", configure(folder, bootstrap, publish), "--input", folder / "clicks.jsonl",
                    "--output", scores)
    with open(scores) as lines:
        for line in lines:
            assert len(json.loads(line)["scores"]) == publish, line
    return scores


def broker_cpu_s(folder):
    """Of its threads that live, to the ns: the process' own clock ticks are too coarse."""
    pid = int((folder / "kafka/broker.pid").read_text())
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def topic_bytes(folder):
    return sum(log.stat().st_size for log in (folder / "kafka/data").glob("scores-*/*.log"))


def produce(folder, config, scores):
    """Of one run: bytes and us for a record."""
    before, cpu = topic_bytes(folder), broker_cpu_s(folder)
    done = subprocess.run([BUILD / "bench/payload/send_scores", config, scores], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    records = found["records"]
    return {"raw_bytes": found["bytes"] / records, "topic_bytes": (topic_bytes(folder) - before) / records,
            "thread_us": found["own_ns"] / records / 1e3, "client_us": found["client_ns"] / records / 1e3,
            "broker_us": (broker_cpu_s(folder) - cpu) / records * 1e6}


def measure(arguments, folder, bootstrap):
    write_clicks(folder / "clicks.jsonl", arguments)
    publishes = [int(word) for word in arguments.publish.split(",")]
    batches = [int(word) for word in arguments.batches.split(",")]
    scores = {publish: write_scores(arguments, folder, bootstrap, publish) for publish in publishes}
    points = list(itertools.product(publishes, batches, arguments.codecs.split(",")))
    harness.freshet("create-topics", "-c", configure(folder, bootstrap, publishes[0]), "--partitions", 1)
    produce(folder, configure(folder, bootstrap, publishes[0]), scores[publishes[0]])  # the broker's compiler warms up
    rounds = {point: [] for point in points}
    for _ in range(arguments.rounds):
        for publish, batch, codec in points:
            config = configure(folder, bootstrap, publish, codec, batch)
            rounds[publish, batch, codec].append(produce(folder, config, scores[publish]))
    for (publish, batch, codec), found in rounds.items():
        medians = {name: statistics.median(one[name] for one in found) for name in found[0]}
        yield {"publish": publish, "batch": batch, "codec": codec} | medians


def table(rows):
    yield "published  batch  codec    raw bytes  in the topic  share   us: thread  librdkafka  broker     sum"
    for row in rows:
        us = [row["thread_us"], row["client_us"], row["broker_us"]]
        yield (f"{row['publish']:9}  {row['batch']:5}  {row['codec']:7}  {row['raw_bytes']:9.0f}  {row['topic_bytes']:12.0f}  "
               f"{row['topic_bytes'] / row['raw_bytes']:5.2f}  {us[0]:11.2f}  {us[1]:10.2f}  {us[2]:6.2f}  {sum(us):6.2f}")


def main():
    arguments = parse()
    where = machine()
    with kafka_bench.broker("payload", arguments.items, ahead=arguments.ahead) as (folder, bootstrap):
        rows = list(measure(arguments, folder, bootstrap))
    print("\n".join(table(rows)))
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": where, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
