#!/usr/bin/env python3
"""Connections that are used again, against the real proxy: around the end of the idle timeout, with requests
one behind the other, and closed by half. Each request gets one whole answer, or the connection ends before a
byte of one; and what got no answer was not taken."""
import json
import random
import selectors
import socket
import time

from harness import Case, PATIENCE, main

HOST = b"Host: x\r\n"


def get(more=b""):
    return b"GET /v1/spaces/test HTTP/1.1\r\n" + HOST + more + b"\r\n"


def post(identity, more=b""):
    body = json.dumps({"specversion": "1.0", "id": identity, "source": "/races", "type": "t", "subject": "k/1",
                       "time": "2026-11-23T12:00:00Z", "data": {"set": {"v": "x" * 300}}}).encode()
    head = b"POST /v1/spaces/test/events HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n" + more
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def answers(data):
    """The whole answers that the bytes are: (status, headers, body) each; raises where one is cut."""
    told = []
    while data:
        head, found, data = data.partition(b"\r\n\r\n")
        if not found:
            raise AssertionError(f"a cut head behind {len(told)} answers: {head!r}")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = first.split(" ", 2)
        if version != "HTTP/1.1":
            raise AssertionError(f"no answer behind {len(told)}: {first}")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        if "content-length" not in headers:
            raise AssertionError(f"an answer of no length: {head!r}")
        length = int(headers["content-length"])
        if len(data) < length:
            raise AssertionError(f"a cut body behind {len(told)} answers: {len(data)} of {length} bytes")
        told.append((int(status), headers, data[:length]))
        data = data[length:]
    return told


class Line:
    """A connection, the parts that are to be sent, each at its time, and all that came."""

    def __init__(self, port, parts):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.parts = list(parts)  # (seconds after the one before, bytes; None: the half is closed)
        self.due = None
        self.got = b""
        self.ended = False
        self.whole = True  # all was sent before it ended

    def begin(self, now):
        self.due = now + self.parts[0][0] if self.parts else None

    def send(self, now):
        _, data = self.parts.pop(0)
        try:
            if data is None:
                self.socket.shutdown(socket.SHUT_WR)
            else:
                self.socket.sendall(data)
        except OSError:
            self.whole = False
            self.parts = []
        self.begin(now)

    def receive(self):
        try:
            block = self.socket.recv(65536)
        except ConnectionResetError:
            block = b""
        self.got += block
        self.ended = not block


def run(lines):
    """Until all have ended."""
    selector = selectors.DefaultSelector()
    begun = time.monotonic()
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ, line)
        line.begin(begun)
    left = set(lines)
    while left:
        now = time.monotonic()
        if now > begun + PATIENCE:
            raise AssertionError(f"{len(left)} connections do not end")
        for line in [line for line in left if line.due is not None and line.due <= now]:
            line.send(now)
        due = min((line.due for line in left if line.due is not None), default=now + 1)
        for key, _ in selector.select(max(0, due - time.monotonic())):
            key.data.receive()
            if key.data.ended:
                selector.unregister(key.fileobj)
                key.data.socket.close()
                left.discard(key.data)
    selector.close()


class KeepAlive(Case):
    TRIES = 300

    def setUp(self):
        super().setUp()
        self.random = random.Random(20261128)

    def late(self):
        """About a second: closely around it, and further off, where the machine is busy."""
        return 1 + self.random.uniform(-0.03, 0.06) * self.random.choice([1, 1, 5])

    def ids(self):
        return [json.loads(line)["id"] for line in self.server.log_lines()]

    def race(self, make, judge):
        """Rounds of connections made by make(i), until both ends of the race were seen."""
        seen, made = {}, 0
        for _ in range(20):
            lines = []
            for _ in range(self.TRIES):
                lines.append((made, Line(self.server.port, make(made))))
                made += 1
            run([line for _, line in lines])
            taken = set(self.ids())
            for i, line in lines:
                outcome = judge(i, line, taken)
                seen[outcome] = seen.get(outcome, 0) + 1
            if len(seen) > 1:
                break
        self.assertGreater(len(seen), 1, seen)
        return seen

    def test_the_next_request_comes_as_the_idle_timeout_ends(self):
        self.server = self.proxy("--idle-timeout", "1")

        def make(i):
            """A first request, and a second about as late as the connection may be idle, whole or in two parts."""
            second = post(f"second-{i}")
            cut = self.random.choice([None, 1, 20, second.index(b"\r\n\r\n") + 4, len(second) - 1])
            parts = [(self.late(), second)] if cut is None else [(self.late(), second[:cut]), (0.002, second[cut:])]
            return [(0, post(f"first-{i}")), *parts]

        def judge(i, line, taken):
            told = answers(line.got)
            self.assertIn(len(told), (1, 2))
            self.assertEqual([status for status, _, _ in told], [200] * len(told))
            for name, (_, _, body) in zip(("first", "second"), told):
                outcome = json.loads(body)
                self.assertEqual((outcome["id"], outcome["outcome"]), (f"{name}-{i}", "accepted"))
            self.assertEqual(f"second-{i}" in taken, len(told) == 2)
            return len(told)

        self.race(make, judge)

    def test_a_head_is_complete_as_its_time_ends(self):
        """Complete it is answered by what it asked for, else by 408 alone, and nothing of it is taken."""
        self.server = self.proxy("--header-timeout", "1", "--idle-timeout", "1")

        def make(i):
            request = post(f"late-{i}")
            cut = self.random.randrange(1, request.index(b"\r\n\r\n") + 4)
            return [(0, request[:cut]), (self.late(), request[cut:])]

        def judge(i, line, taken):
            told = answers(line.got)
            self.assertEqual(len(told), 1)
            status, headers, _ = told[0]
            self.assertIn(status, (200, 408))
            self.assertEqual(headers.get("connection") == "close", status == 408)
            self.assertEqual(f"late-{i}" in taken, status == 200)
            return status

        self.race(make, judge)

    def pieces(self, data):
        cuts = sorted(self.random.sample(range(1, len(data)), self.random.choice([0, 0, 1, 3, 8])))
        return [(self.random.choice([0, 0.001]), data[a:b]) for a, b in zip([0, *cuts], [*cuts, len(data)])]

    def test_requests_one_behind_the_other(self):
        """Answers in their order, up to the one that ends the connection; and closing the sender's half
        behind them changes nothing."""
        self.server = self.proxy("--idle-timeout", "1")
        ends = {"nothing": (b"", []), "close": (get(b"Connection: close\r\n"), [200]),
                "no request": (b"nonsense\r\n\r\n", [400]), "two lengths": (post("never", b"Content-Length: 1\r\n"), [400]),
                "half a head": (get()[:-7], [400]), "half a body": (post("never")[:-9], [400])}
        cases = []
        for i in range(240):
            kind = self.random.choice(sorted(ends))
            count = self.random.randrange(0, 7)
            names = [f"event-{i}-{k}" if self.random.random() < 0.6 else None for k in range(count)]
            data = b"".join(post(name) if name else get() for name in names)
            last, statuses = ends[kind]
            canary = get() if kind in ("close", "no request", "two lengths") and self.random.random() < 0.5 else b""
            half = kind.startswith("half") or self.random.random() < 0.5
            parts = self.pieces(data + last + canary) if data + last else []
            cases.append((kind, names, statuses, Line(self.server.port, parts + [(0, None)] * half)))
        run([line for *_, line in cases])
        expected = set()
        for i, (kind, names, statuses, line) in enumerate(cases):
            with self.subTest(i, kind=kind, names=names):
                told = answers(line.got)
                self.assertEqual([status for status, _, _ in told], [200] * len(names) + statuses)
                self.assertEqual([json.loads(body).get("id") for _, _, body in told[:len(names)]], names)
                if statuses:
                    self.assertEqual(told[-1][1].get("connection"), "close")
                expected |= {name for name in names if name}
        ids = self.ids()
        self.assertEqual((len(ids), set(ids)), (len(expected), expected))

    def test_a_half_that_is_closed(self):
        """Before a request silently, within one by a 400, behind one after its answer."""
        self.server = self.proxy("--idle-timeout", "30")
        request = post("half")
        head = request.index(b"\r\n\r\n") + 4
        for cut in sorted({0, 1, 2, 16, head - 2, head - 1, head, head + 1, len(request) - 1, len(request)}):
            for reused in (False, True):
                with self.subTest(cut, reused=reused):
                    first = [(0, get())] if reused else []
                    line = Line(self.server.port, [*first, (0.01, request[:cut]), (0, None)])
                    run([line])
                    told = [status for status, _, _ in answers(line.got)]
                    last = [] if cut == 0 else [200] if cut == len(request) else [400]
                    self.assertEqual(told, [200] * reused + last)
                    self.assertEqual(self.ids(), ["half"] if cut == len(request) else [])


if __name__ == "__main__":
    main()
