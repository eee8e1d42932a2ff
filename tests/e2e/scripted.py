"""A server that answers as a test tells it, byte by byte; what it is not told of goes to a real proxy."""
import http.client
import json
import os
import socket
import subprocess
import threading

from harness import OFFSYNC, clean_environment


def answer(status=200, headers=(), body=b"", length=None):
    """The bytes of one HTTP answer."""
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status} X", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def of_log(body=b"", epoch="e1", head=0, cursor=None, more=()):
    """An answer such as a proxy's."""
    headers = [("Offsync-Epoch", epoch), ("Offsync-Head", head), ("Offsync-Cursor", cursor or f"{epoch}-{head}")]
    return answer(200, [*headers, *more], body)


def event(sequence, kind="t", data="{}", identity="h1"):
    """A line of a log."""
    return json.dumps({"specversion": "1.0", "id": identity, "source": "/h", "type": kind, "subject": "a/1",
                       "time": "2026-01-01T00:00:00Z", "data": json.loads(data), "sequence": str(sequence),
                       "recordedtime": "2026-01-01T00:00:00Z"})


def kind_of(method, target):
    path = target.split("?")[0]
    if method == "POST":
        return "missing" if path.endswith("/missing") else "push"
    for end, kind in (("/events", "page"), ("/state", "state"), ("/conflicts", "conflicts")):
        if path.endswith(end) or f"{end}/" in path:
            return kind
    return "info"


class Server:
    """on(kind, act): `act` is the bytes to answer with, or a function of the connection; once, or
    for ever with always=True. Kinds: push, missing, page, stream, state, conflicts, info."""

    def __init__(self, upstream=None):
        self.upstream = upstream
        self.acts = []
        self.seen = []
        self.closing = False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, space="test"):
        return f"http://127.0.0.1:{self.port}/v1/spaces/{space}"

    def on(self, kind, act, after=0, always=False):
        """`after`: so many of the kind are let through first."""
        self.acts.append({"kind": kind, "act": act, "after": after, "always": always})

    def forget(self):
        """What it was told, and what it has seen."""
        self.acts, self.seen = [], []

    def close(self):
        self.closing = True
        self.listener.close()
        for connection in list(self.connections):
            connection.close()

    def _accept(self):
        while not self.closing:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            request = self._read(connection)
            if request:
                self._answer(connection, *request)
        except OSError:
            pass
        finally:
            connection.close()

    @staticmethod
    def _read(connection):
        got = b""
        while b"\r\n\r\n" not in got:
            block = connection.recv(65536)
            if not block:
                return None
            got += block
        head, body = got.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        while len(body) < int(headers.get("Content-Length", 0)):
            body += connection.recv(65536)
        return method, target, headers, body

    def _answer(self, connection, method, target, headers, body):
        kind = kind_of(method, target)
        if kind == "page" and "event-stream" in headers.get("Accept", ""):
            kind = "stream"
        self.seen.append(kind)
        for act in self.acts:
            if act["kind"] != kind:
                continue
            if act["after"] > 0:
                act["after"] -= 1
                break
            if not act["always"]:
                self.acts.remove(act)
            if callable(act["act"]):
                return act["act"](connection)
            connection.sendall(act["act"])
            return None
        if self.upstream is None:
            return connection.sendall(answer(500))
        return self._forward(connection, method, target, headers, body)

    def _forward(self, connection, method, target, headers, body):
        onward = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)
        keep = {k: v for k, v in headers.items() if k not in ("Host", "Connection", "Accept-Encoding")}
        onward.request(method, target, body=body or None, headers=keep)
        got = onward.getresponse()
        skip = ("connection", "content-length", "transfer-encoding")
        told = [(k, v) for k, v in got.getheaders() if k.lower() not in skip]
        connection.sendall(answer(got.status, told, got.read()))
        onward.close()


def silent(connection):
    """Accepts, and says nothing until the other side gives up."""
    while connection.recv(65536):
        pass


def endless(head, piece, wait=0.0):
    """Sends `piece` again and again until the other side gives up."""
    def act(connection):
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            if wait:
                threading.Event().wait(wait)
    return act


def run_measured(folder, *arguments, env=None):
    """Runs offsync: its exit code, what it said on stderr, and the most memory it had, in MB."""
    read, write = os.pipe()
    process = subprocess.Popen([OFFSYNC, *map(str, arguments)], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=write, env={**clean_environment(), **(env or {})})
    os.close(write)
    with os.fdopen(read, "rb") as errors:
        said = errors.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, said, usage.ru_maxrss / 1024
