"""A proxy in front of a broker that can lose a transaction's end: EndTxn, on its way or its answer."""

import queue
import struct

from forwarder import Forwarder, both_ways, break_off

END_TXN = 26  # Kafka's api key
# What becomes of an EndTxn request.
REQUEST = "the connection breaks before the broker has it"
REPLY = "the broker acts, and the connection breaks with its answer"
SILENCE = "the broker acts, and its answer never comes"


class KafkaProxy(Forwarder):
    """Forwards connections to the listener that `forward_to` names, frame by frame.

    A request is a length, then api key, version, correlation id; its answer a length, then that id.
    """

    def __init__(self):
        super().__init__()
        self.faults = queue.SimpleQueue()
        self.lost = []  # the faults that have happened, in order

    def lose(self, fault):
        """The next EndTxn of any connection meets the fault."""
        self.faults.put(fault)

    def serve(self, client):
        broker = self.connect(client)  # where it is away, so is the proxy
        if broker is not None:
            both_ways(self._forward, client, broker, client, {})

    def _forward(self, source, sink, client, awaited):
        """`awaited`: correlation id -> the fault that its answer meets."""
        (self._requests if source is client else self._answers)(source, sink, awaited)
        break_off(source, sink)

    def _next_fault(self):
        try:
            return self.faults.get_nowait()
        except queue.Empty:
            return None

    def _requests(self, client, broker, awaited):
        for frame in _frames(client):
            api_key, _, correlation = struct.unpack_from(">hhi", frame, 4)
            fault = self._next_fault() if api_key == END_TXN else None
            if fault == REQUEST:
                self.lost.append(fault)
                return
            if fault is not None:
                awaited[correlation] = fault
            _send(broker, frame)

    def _answers(self, broker, client, awaited):
        for frame in _frames(broker):
            fault = awaited.pop(struct.unpack_from(">i", frame, 4)[0], None)
            if fault is not None:
                self.lost.append(fault)
            if fault == REPLY:
                return
            if fault != SILENCE:
                _send(client, frame)


def _frames(source):
    """What arrives, each frame with its length in front, until one side has gone."""
    try:
        with source.makefile("rb") as stream:
            while len(head := stream.read(4)) == 4:
                yield head + stream.read(struct.unpack(">i", head)[0])
    except (OSError, ValueError):  # broken meanwhile
        pass


def _send(sink, frame):
    try:
        sink.sendall(frame)
    except OSError:  # its reader notices
        pass
