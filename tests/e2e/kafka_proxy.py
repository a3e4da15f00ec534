"""A proxy in front of a broker that can lose a transaction's end: EndTxn, on its way or its answer."""

import queue
import socket
import struct
import threading

END_TXN = 26  # Kafka's api key
# What becomes of an EndTxn request.
REQUEST = "the connection breaks before the broker has it"
REPLY = "the broker acts, and the connection breaks with its answer"
SILENCE = "the broker acts, and its answer never comes"


class KafkaProxy:
    """Forwards connections to the listener that `forward_to` names, frame by frame.

    A request is a length, then api key, version, correlation id; its answer a length, then that id.
    """

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.faults = queue.SimpleQueue()
        self.lost = []  # the faults that have happened, in order

    def forward_to(self, address):
        host, port = address.split(":")
        self.target = (host, int(port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.socket.close()

    def lose(self, fault):
        """The next EndTxn of any connection meets the fault."""
        self.faults.put(fault)

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:  # closed
                return
            try:
                broker = socket.create_connection(self.target)
            except OSError:  # the broker is away, and so is the proxy
                client.close()
                continue
            awaited = {}  # correlation id -> the fault that its answer meets
            for work in (self._requests, self._answers):
                threading.Thread(target=work, args=(client, broker, awaited), daemon=True).start()

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
                break
            if fault is not None:
                awaited[correlation] = fault
            _send(broker, frame)
        _break(client, broker)

    def _answers(self, client, broker, awaited):
        for frame in _frames(broker):
            fault = awaited.pop(struct.unpack_from(">i", frame, 4)[0], None)
            if fault is not None:
                self.lost.append(fault)
            if fault == REPLY:
                break
            if fault != SILENCE:
                _send(client, frame)
        _break(client, broker)


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


def _break(*connections):
    for connection in connections:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # it was broken already
            pass
        connection.close()
