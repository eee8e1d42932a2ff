#!/usr/bin/env python3
"""A TCP relay that does harm on purpose, for tests.

As a program:  relay.py --to HOST:PORT [--listen PORT] [--cut-down N] [--cut-up N] [--stall-down N]
                        [--reset] [--duplicate] [--times N]
               prints the port that it listens on, and relays until it is ended.
As a module:   with Relay(upstream_port) as relay: relay.plan(Fault(cut_down=100), ...)

The first connections get the planned faults, one each; all others pass unharmed.
"""
import argparse
import dataclasses
import socket
import struct
import sys
import threading
import time


@dataclasses.dataclass
class Fault:
    """What happens to one connection. "down" is towards the client."""

    cut_down: int | None = None    # close after so many bytes of the answer
    cut_up: int | None = None      # close after so many bytes of the request
    stall_down: int | None = None  # after so many bytes nothing comes any more, and nothing closes
    reset: bool = False            # cut with a reset (RST) instead of a clean end
    duplicate: bool = False        # when it has ended, send its whole request once more
    refuse: bool = False           # close before anything

    def harmless(self):
        return self == Fault()


class _Connection:
    def __init__(self, client, upstream, fault, on_end, most):
        self.client, self.upstream, self.fault, self.most = client, upstream, fault, most
        self.sent_up = bytearray()
        self.stalled = False
        self._on_end = on_end
        self._ended = threading.Event()
        self._open = 2
        self._lock = threading.Lock()

    def run(self):
        for source, target, limit, down in (
            (self.client, self.upstream, self.fault.cut_up, False),
            (self.upstream, self.client, self.fault.cut_down, True),
        ):
            threading.Thread(target=self._pump, args=(source, target, limit, down), daemon=True).start()

    def _pump(self, source, target, limit, down):
        passed = 0
        stall = self.fault.stall_down if down else None
        try:
            while data := source.recv(65536):
                if stall is not None and passed + len(data) >= stall:
                    target.sendall(data[: max(0, stall - passed)])
                    self.stalled = True
                    self._ended.wait()
                    return
                if limit is not None and passed + len(data) >= limit:
                    target.sendall(data[: limit - passed])
                    if not down:
                        self.sent_up += data[: limit - passed]
                    self.cut()
                    return
                target.sendall(data)
                if not down:
                    self.sent_up += data
                passed += len(data)
                direction = "cut_down" if down else "cut_up"
                self.most[direction] = max(self.most[direction], passed)
            if not self._ended.is_set():
                target.shutdown(socket.SHUT_WR)
        except OSError:
            self.cut()
        finally:
            self._half_done()

    def _half_done(self):
        with self._lock:
            self._open -= 1
            last = self._open == 0
        if last:
            self.cut()
            self._on_end(self)

    def cut(self):
        self._ended.set()
        for end in (self.client, self.upstream):
            try:
                if self.fault.reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    # Sends nothing, and wakes the other pump: as long as that one waits in recv(), the
                    # kernel keeps the socket open in spite of close().
                    end.shutdown(socket.SHUT_RD)
                else:
                    end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Relay:
    """Listens on a free port of 127.0.0.1 (or `port`) and relays to `upstream_port`."""

    def __init__(self, upstream_port, port=0, host="127.0.0.1"):
        self.upstream = (host, upstream_port)
        self.default = Fault()
        self._plan = []
        self._connections = []
        self._lock = threading.Lock()
        self._closed = False
        self.accepted = 0    # connections so far
        self.most = {"cut_up": 0, "cut_down": 0}  # bytes of the longest connection in each direction
        self.duplicated = 0  # requests that were sent once more
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def plan(self, *faults):
        """The next connections get these, in order."""
        with self._lock:
            self._plan.extend(faults)

    def pending(self):
        """Planned faults that no connection has met yet."""
        with self._lock:
            return len(self._plan)

    def cut_all(self):
        """Cuts every connection that is open now."""
        with self._lock:
            now, self._connections = self._connections, []
        for connection in now:
            connection.cut()

    def stalled(self):
        with self._lock:
            return sum(connection.stalled for connection in self._connections)

    def close(self):
        self._closed = True
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.cut_all()

    def _accept(self):
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.accepted += 1
                fault = self._plan.pop(0) if self._plan else self.default
            if fault.refuse:
                client.close()
                continue
            try:
                upstream = socket.create_connection(self.upstream, timeout=5)
            except OSError:
                client.close()
                continue
            upstream.settimeout(None)
            for end in (client, upstream):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(client, upstream, fault, self._ended, self.most)
            with self._lock:
                self._connections.append(connection)
            connection.run()

    def _ended(self, connection):
        with self._lock:
            if connection in self._connections:
                self._connections.remove(connection)
        if connection.fault.duplicate and connection.sent_up:
            self._send_again(bytes(connection.sent_up))

    def _send_again(self, request):
        """A copy that the network had kept comes late; nobody is there for its answer."""
        try:
            with socket.create_connection(self.upstream, timeout=5) as upstream:
                upstream.sendall(request)
                upstream.settimeout(1)
                while upstream.recv(65536):
                    pass
        except OSError:
            pass
        self.duplicated += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--listen", type=int, default=0, metavar="PORT")
    for name in ("cut-down", "cut-up", "stall-down"):
        parser.add_argument(f"--{name}", type=int, metavar="N", help="bytes")
    for name in ("reset", "duplicate", "refuse"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="faulty connections")
    arguments = parser.parse_args()
    host, port = arguments.to.rsplit(":", 1)
    fault = Fault(arguments.cut_down, arguments.cut_up, arguments.stall_down, arguments.reset,
                  arguments.duplicate, arguments.refuse)
    with Relay(int(port), arguments.listen, host) as relay:
        relay.plan(*[fault] * arguments.times)
        print(relay.port, flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
