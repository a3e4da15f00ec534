"""A listener in front of another one that lets a connection wait before it forwards it."""

import socket
import threading


class SlowListener:
    """Forwards each connection to `target` (host:port), `delay_s` seconds after it was made."""

    def __init__(self, target, delay_s):
        host, port = target.split(":")
        self.target = (host, int(port))
        self.closed = threading.Event()
        self.delay_s = delay_s
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closed.set()
        self.socket.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client):
        if self.closed.wait(self.delay_s):
            return
        broker = socket.create_connection(self.target)
        threading.Thread(target=_copy, args=(client, broker), daemon=True).start()
        _copy(broker, client)


def _copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # the other side has gone
        source.close()
        sink.close()
