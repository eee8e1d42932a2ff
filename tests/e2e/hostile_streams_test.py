#!/usr/bin/env python3
"""`watch` given streams that no proxy sends: the exit code, the first reason that it tells, nothing printed
that is not in the log, and the replica as it was."""
import concurrent.futures
import json

from harness import Case, main, ndjson
from scripted import Server, answer, event, of_log

EMPTY = '{"cursor":"e1-0","entities":0,"conflicts":0}\n'


def stream(body=b"", *, headers=(("Offsync-Epoch", "e1"), ("Content-Type", "text/event-stream")), hello=True):
    """A stream that ends behind `body`; with hello it is one of the log e1, whose head is 2."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    first = b'event: hello\ndata: {"epoch":"e1","head":2}\n\n' if hello else b""
    return b"HTTP/1.1 200 OK\r\n" + head.encode("latin-1") + b"Connection: close\r\n\r\n" + first + body


def message(name, sequence, line=None, kind=None):
    line = event(sequence, identity=f"h{sequence}") if line is None else line
    return (f"event: {kind}\n" if kind else "").encode() + f"id: {name}\ndata: {line}\n\n".encode()


def said(data):
    return stream(b"event: hello\ndata: " + data.encode() + b"\n\n", hello=False)


NEVER, OTHER, CREDENTIALS = 69, 76, 77  # no stream was of use; for good; refused
ONCE = "connected to, then 69"

NO_EVENT = "behind sequence 2 that is no event of its log"

# By name: what is answered to each stream, the exit code, and what the first reason says.
STREAMS = {
    # not a stream of a log
    "a page for people": (answer(200, [("Content-Type", "text/html")], "<html>"), NEVER, "bears no epoch"),
    "no epoch": (stream(headers=[("Content-Type", "text/event-stream")]), NEVER, "bears no epoch"),
    "an epoch that is none": (stream(headers=[("Offsync-Epoch", "E 1!"), ("Content-Type", "text/event-stream")]), NEVER, "epoch"),
    "moved": (answer(302, [("Location", "http://there/")]), NEVER, "moved to http://there/"),
    "no content": (answer(204), OTHER, "status 204"),
    "not found": (answer(404), OTHER, "status 404"),
    "not allowed": (answer(405), OTHER, "status 405"),
    "a wrong request": (answer(400), OTHER, "status 400"),
    "no credentials": (answer(401), CREDENTIALS, "status 401"),
    "credentials of others": (answer(403), CREDENTIALS, "status 403"),
    "too often": (answer(429), NEVER, "status 429"),
    "a bug": (answer(500), NEVER, "status 500"),
    "busy": (answer(503), NEVER, "status 503"),
    "busy, as a replica may be": (
        answer(503, [("Content-Type", "application/problem+json")], '{"status":503,"code":"busy","detail":"later"}'),
        NEVER, "status 503: later"),
    "nothing": (b"", NEVER, "did not come through"),
    "half a head": (b"HTTP/1.1 200 OK\r\nOffsync-Epo", NEVER, "did not come through"),
    "no HTTP": (b"+OK ready\r\n", NEVER, "did not come through"),
    # no hello, or not of this log
    "ended before its hello": (stream(hello=False), NEVER, "ended"),
    "a hello that is no JSON": (said("hello"), NEVER, "hello"),
    "a hello with a head that is a text": (said('{"epoch":"e1","head":"2"}'), NEVER, "hello"),
    "a hello without a head": (said('{"epoch":"e1"}'), NEVER, "hello"),
    "a hello with a head below nothing": (said('{"epoch":"e1","head":-1}'), NEVER, "hello"),
    "a hello with a head that cannot be": (said('{"epoch":"e1","head":9223372036854775808}'), NEVER, "hello"),
    "a hello of another epoch": (said('{"epoch":"e2","head":2}'), NEVER, "the snapshot was answered with status 500"),
    # events that cannot be there
    "an event again": (stream(message("e1-2", 2)), ONCE, "an event behind e1-2 is at e1-2"),
    "one is left out": (stream(message("e1-4", 4)), ONCE, "sequence 4 where 3 is next"),
    "of another epoch": (stream(message("e2-3", 3)), ONCE, "bears no cursor of this log"),
    "no id": (stream(b"data: " + event(3).encode() + b"\n\n"), ONCE, "cannot go on"),
    "an id that is none": (stream(message("three", 3)), ONCE, "bears no cursor of this log"),
    "an id of another sequence": (stream(message("e1-3", 4)), ONCE, "3"),
    "an id that is too great": (stream(message("e1-9223372036854775808", 3)), ONCE, "cannot go on"),
    "no JSON": (stream(message("e1-3", 3, "nonsense")), ONCE, NO_EVENT),
    "half an event": (stream(message("e1-3", 3, event(3)[:-20])), ONCE, NO_EVENT),
    "an event without a sequence": (stream(message("e1-3", 3, event(3).replace('"sequence"', '"sequenced"'))), ONCE, NO_EVENT),
    "an empty conflict": (stream(message("e1-3", 3, event(3, "offsync.conflict"))), ONCE, NO_EVENT),
    "an array": (stream(message("e1-3", 3, "[]")), ONCE, NO_EVENT),
    "a name twice": (stream(message("e1-3", 3, '{"id":"a",' + event(3)[1:])), ONCE, NO_EVENT),
    "a byte that is no UTF-8": (stream(message("e1-3", 3).replace(b'"t"', b'"\xff"')), ONCE, NO_EVENT),
    "the identity of another": (stream(message("e1-3", 3, event(3, "u", identity="g2"))), ONCE, NO_EVENT),
}


class HostileStreams(Case):
    def setUp(self):
        super().setUp()
        self.servers = {}

    def know_two_events(self, number):
        server = Server()
        self.addCleanup(server.close)
        replica = self.replica(f"anna-{number}", server.url())
        replica.configure(request_timeout=20, ask_timeout=20)
        server.on("state", of_log(EMPTY))
        server.on("page", of_log(event(1, identity="g1") + "\n" + event(2, identity="g2") + "\n", head=2))
        replica.sync("--pull")
        return server, replica

    @staticmethod
    def held(replica):
        status = replica.status()
        del status["problem"]
        return status, replica.run("log", "-o", "ndjson")

    def meets(self, number, act):
        server, replica = self.know_two_events(number)
        before = self.held(replica)
        server.on("stream", act, always=True)
        server.on("info", of_log(json.dumps({"epoch": "e1", "head": 2, "oldest": 1, "applied": 2}), head=2), always=True)
        done = replica.finish("watch", "--timeout", "10")
        after = self.held(replica)
        for status in before[0], after[0]:
            status.pop("last_sync", None)
        return done, before, after

    def test_the_code_and_the_first_reason(self):
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            ends = list(pool.map(self.meets, range(len(STREAMS)), [act for act, _, _ in STREAMS.values()]))
        for (name, (_, code, words)), (done, before, after) in zip(STREAMS.items(), ends):
            with self.subTest(name):
                told = [text for text in done.stderr.splitlines() if not text.startswith("connected to ")]
                self.assertTrue(told, done.stderr)
                self.assertEqual((done.returncode, done.stdout), (NEVER if code == ONCE else code, ""), done.stderr)
                if code == ONCE:
                    self.assertIn(words, done.stderr.splitlines()[-1])
                self.assertIn(words, told[0])
                self.assertEqual("connected to" in done.stderr, code == ONCE)
                self.assertEqual(told[0].startswith("offsync: "), code in (OTHER, CREDENTIALS))
                self.assertEqual(after, before)


if __name__ == "__main__":
    main()
