"""Makes tests/data/golden/state-slots-1/: a directory in which partition 0 was set aside once.

    FRESHET_BINARY=build/release/freshet python3 -B tests/data/make_golden_slots.py

It is state-format-1/ with partition 0 restored into slot 1, written key by key as docs/formats.md
says ("The store's keys"), so it is a second implementation's. It never replaces one that is there;
tests/e2e/golden_test.py opens it for ever.
"""

import json
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import rocksdb_bytes  # noqa: E402

GOLDEN = ROOT / "tests/data/golden"
STATE = GOLDEN / "state-slots-1"
PARTITION = bytes(4)
SLOT = b"\x80" + PARTITION + (1).to_bytes(4, "big")


def main():
    if STATE.exists():
        sys.exit(f"{STATE}: is there; it stays as it is")
    users = [json.loads(line) for line in (GOLDEN / "format-1.dump.jsonl").read_text().splitlines()]
    keys = [b""] + [user["user_id"].encode() for user in users if user["partition"] == 0]
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "state"
        shutil.copytree(GOLDEN / "state-format-1", made)
        with rocksdb_bytes.Database(made) as database:
            for key in keys:
                database.put(SLOT + key, database.get(PARTITION + key))
            meta = database.get(rocksdb_bytes.META_KEY)
            database.put(rocksdb_bytes.META_KEY, rocksdb_bytes.seal(b"\x02" + meta[1:-8]))
            database.put(rocksdb_bytes.META_KEY + PARTITION, rocksdb_bytes.seal(b"\x01\x01"))
        for path in made.iterdir():
            if path.name.startswith(("LOG", "LOCK", "OPTIONS-")):  # of this machine
                path.unlink()
        shutil.copytree(made, STATE)


if __name__ == "__main__":
    main()
