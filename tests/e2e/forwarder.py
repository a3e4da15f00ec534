"""A listener in front of another one: takes connections on a port of its own and forwards them."""

import socket
import threading


class Forwarder:
    """Takes connections until it is closed; what becomes of one, `serve(client)` of a subclass says.

    A thread each: `serve` may wait.
    """

    def __init__(self):
        self.closed = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    def forward_to(self, address):
        """Begins. Connections wait until then."""
        host, port = address.split(":")
        self.target = (host, int(port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closed.set()
        self.socket.close()

    def serve(self, client):
        raise NotImplementedError

    def connect(self, client):
        """A connection to the target; none, and the client's is broken, where nobody is there."""
        try:
            return socket.create_connection(self.target)
        except OSError:
            client.close()
            return None

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()


def both_ways(forward, client, target, *more):
    """Runs forward(source, sink, *more) from the client and, on a thread, from the target."""
    threading.Thread(target=forward, args=(target, client, *more), daemon=True).start()
    forward(client, target, *more)


def break_off(*connections):
    for connection in connections:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # it was broken already
            pass
        connection.close()
