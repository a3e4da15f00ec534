"""A reader of committed records that looks at topics again and again, whatever happens meanwhile."""

import threading
import time

PAUSE_MIN_S = 0.5
PAUSE_FACTOR = 4  # of the time that a look takes, as topics grow


class CommittedReader:
    """Each list that it reads must begin with the one before it; `check` says whether that held.

    `read(topic)` gives [partition] -> records, or none where the brokers do not answer.
    """

    def __init__(self, topics, read):
        self.read = read
        self.seen = {topic: [] for topic in topics}
        self.lists = 0  # that had a record more than the one before
        self.difference = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping.set()
        self.thread.join()

    def check(self, topic, last):
        """What was read meanwhile and is not what stands there in the end; none where all is well."""
        self._hold(topic, last)
        return self.difference

    def _run(self):
        pause_s = PAUSE_MIN_S
        while not self.stopping.wait(pause_s):
            begin = time.monotonic()
            for topic in self.seen:
                records = self.read(topic)
                if records is not None:
                    self._hold(topic, records)
            pause_s = max(PAUSE_MIN_S, PAUSE_FACTOR * (time.monotonic() - begin))

    def _hold(self, topic, records):
        for partition, (before, after) in enumerate(zip(self.seen[topic], records)):
            if self.difference is None and after[:len(before)] != before:
                self.difference = f"{topic}-{partition}: a reader saw {len(before)} records that became others"
        self.lists += sum(map(len, records)) > sum(map(len, self.seen[topic]))
        self.seen[topic] = records
