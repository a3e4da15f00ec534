"""A listener in front of another one that lets a connection wait before it forwards it."""

from forwarder import Forwarder, both_ways, break_off


class SlowListener(Forwarder):
    """Forwards each connection to `target` (host:port), `delay_s` seconds after it was made."""

    def __init__(self, target, delay_s):
        super().__init__()
        self.delay_s = delay_s
        self.forward_to(target)

    def serve(self, client):
        if self.closed.wait(self.delay_s):
            return
        broker = self.connect(client)
        if broker is not None:
            both_ways(_copy, client, broker)


def _copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:  # the other side has gone
        pass
    break_off(source, sink)
