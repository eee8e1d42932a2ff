#!/usr/bin/env python3
"""The client behind a middleman that keeps no connection as it said: it closes before a request, before an
answer, behind one, or in the middle of a head. What is asked is answered or said to be unreachable;
nothing is lost, and nothing is there twice."""
import json
import random
import re
import socket
import threading

from harness import Case, eventually, main, ndjson


class Middleman:
    """Passes whole requests on, and harms by `harm(number on its connection, number over all)`:
    None, "unasked" (closed, and not passed on), "unanswered" (passed on, closed without an answer), "behind"
    (closed behind the answer that promised to stay), "head" (closed in the middle of the answer's head).
    A stream that is let through is closed behind its second message, where `short_streams`."""

    def __init__(self, upstream, harm, short_streams=True):
        self.upstream, self.harm, self.short_streams = upstream, harm, short_streams
        self.random = random.Random(7)
        self.asked = 0    # requests
        self.harmed = {}  # by kind
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    @staticmethod
    def _head(connection):
        got = b""
        while b"\r\n\r\n" not in got:
            block = connection.recv(65536)
            if not block:
                return None, b""
            got += block
        end = got.index(b"\r\n\r\n") + 4
        return got[:end], got[end:]

    @staticmethod
    def _body(connection, head, got):
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
        chunked = re.search(rb"\r\ntransfer-encoding: *chunked", head, re.I)
        while not got.endswith(b"0\r\n\r\n") if chunked else len(got) < int(length[1] if length else 0):
            block = connection.recv(65536)
            if not block:
                raise OSError("the other side ended within a body")
            got += block
        return got

    def _serve(self, client):
        on_this = 0
        try:
            while True:
                head, rest = self._head(client)
                if head is None:
                    return
                request = head + self._body(client, head, rest)
                with self.lock:
                    on_this, self.asked = on_this + 1, self.asked + 1
                    harm = self.harm(on_this, self.asked)
                    if harm:
                        self.harmed[harm] = self.harmed.get(harm, 0) + 1
                if not self._pass(client, request, harm):
                    return
        except OSError:
            pass
        finally:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            client.close()

    def _pass(self, client, request, harm):
        """Whether the connection stays."""
        if harm == "unasked":
            return False
        with socket.create_connection(("127.0.0.1", self.upstream)) as proxy:
            proxy.sendall(request)
            head, body = self._head(proxy)
            if head is None:
                return False
            if harm == "head":
                client.sendall(head[:self.random.randrange(1, len(head))])
                return False
            if b"text/event-stream" in head:
                if harm != "unanswered":
                    self._stream(client, proxy, head, body)
                return False
            body = self._body(proxy, head, body)
            if harm == "unanswered":
                return False
            client.sendall(head + body)
            return harm != "behind"

    def _stream(self, client, proxy, head, body):
        client.sendall(head)
        messages = 0
        while not self.short_streams or messages < 2:
            if not body:
                body = proxy.recv(65536)
                if not body:
                    return
            part, body = (body, b"") if not self.short_streams or b"\n\n" not in body else (
                body[:body.index(b"\n\n") + 2], body[body.index(b"\n\n") + 2:])
            messages += b"\nid:" in part or part.startswith(b"id:")
            client.sendall(part)


def every_second(harm):
    """Of five in a row the second and the fourth, so that no command meets it for ever at the same request."""
    return lambda on_this, asked: harm if asked % 5 in (2, 4) else None


def each_second(harm):
    return lambda on_this, asked: harm if on_this == 2 else None


# By what must be seen: what a connection that was kept says by its end before any byte, and behind a
# whole answer, is no trouble to anybody.
SMOOTH = {
    "each connection ends at its second request": each_second("unasked"),
    "each connection ends behind its first answer": lambda on_this, asked: "behind",
}
ROUGH = {
    "every second request is not passed on": every_second("unasked"),
    "every second request gets no answer": every_second("unanswered"),
    "each connection's second request gets no answer": each_second("unanswered"),
    "every second head is cut": every_second("head"),
    "every third head is cut, and every other connection ended":
        lambda on_this, asked: "head" if asked % 3 == 0 else "behind",
}


class CutConnections(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy("--heartbeat", "0.5")
        self.spaces = 0

    def behind(self, harm):
        """A space of its own, somebody who is not harmed there, and who is."""
        man = Middleman(self.server.port, harm)
        self.addCleanup(man.close)
        self.spaces, self.emitted = self.spaces + 1, 0
        self.space = f"space-{self.spaces}"
        self.direct = self.replica(f"direct-{self.spaces}", self.server.url(self.space))
        replica = self.replica(f"anna-{self.spaces}", self.server.url(self.space, man.port))
        replica.configure(retry_wait=0.05)
        return man, replica

    def log_lines(self):
        return self.server.log_lines(self.space)

    def emit(self, replica, count):
        """Counters, so that what is taken twice shows."""
        replica.run("emit", "--batch", "-", input="".join(json.dumps(
            {"type": "n.counted", "subject": f"n/{i % 7}", "data": {"inc": {"v": 1}}}) + "\n" for i in range(count)))
        self.emitted += count

    def until_done(self, replica, *arguments, smooth=False, tries=100):
        for _ in range(tries):
            done = replica.finish(*arguments)
            if done.returncode == 0:
                return done.stdout
            self.assertFalse(smooth, done.stderr)
            if arguments[:2] == ("sync", "--json"):
                self.assert_unreachable(done)
            elif arguments[0] == "status":
                self.assertEqual(done.returncode, 69, done.stderr)
                said = json.loads(done.stdout)
                self.assertEqual((said["answered_by"], said["synced"]), ("replica", False))
                self.assertIn(said["problem"], done.stderr)
            else:
                self.assertEqual((done.returncode, done.stdout), (69, ""), done.stderr)
            self.assertRegex(done.stderr, r"^offsync: .*127\.0\.0\.1")
        return self.fail(f"{arguments} did not come through in {tries} tries")

    def assert_once(self, *replicas):
        """The log has each event once, each replica's in its order, and the sum is right everywhere."""
        events = ndjson("".join(line + "\n" for line in self.log_lines()))
        self.assertEqual(len({event["id"] for event in events}), self.emitted)
        self.assertEqual(len(events), self.emitted)
        for source in {event["source"] for event in events}:
            order = [int(event["clientseq"]) for event in events if event["source"] == source]
            self.assertEqual(order, sorted(order))
        for replica in replicas:
            self.assertEqual(replica.queue(), [])
            self.assertEqual(sum(entity["fields"]["v"] for entity in ndjson(replica.state())), self.emitted)
        self.assert_same_state(self.server, self.direct, *replicas, space=self.space)

    def through(self, name, harm, smooth):
        man, anna = self.behind(harm)
        self.emit(anna, 600)
        self.until_done(anna, "sync", "--json", smooth=smooth)
        self.emit(self.direct, 3)
        self.direct.sync()
        self.until_done(anna, "sync", "--json", smooth=smooth)
        asked = [("state", "--require-proxy", "-o", "ndjson"), ("conflicts", "--require-proxy", "-o", "ndjson"),
                 ("status", "--require-proxy", "--json"), ("replay", self.server.url(self.space, man.port), "-o", "ndjson"),
                 ("sync", "--dry-run", "--json")]
        state = anna.state()
        for arguments in asked:
            told = self.until_done(anna, *arguments, smooth=smooth)
            if arguments[0] in ("state", "replay"):
                self.assertEqual(told, state, arguments)
        self.assertGreater(sum(man.harmed.values()), 1, name)
        self.direct.sync()
        self.assert_once(anna)

    def test_what_ends_between_two_requests_is_no_trouble(self):
        for name, harm in SMOOTH.items():
            with self.subTest(name):
                self.through(name, harm, smooth=True)

    def test_what_ends_within_one_is_tried_again(self):
        for name, harm in ROUGH.items():
            with self.subTest(name):
                self.through(name, harm, smooth=False)

    def test_watch_sees_each_event_once(self):
        for name in ("each connection ends behind its first answer", "every second request gets no answer",
                     "every second head is cut"):
            harm = {**SMOOTH, **ROUGH}[name]
            with self.subTest(name):
                _, reader = self.behind(harm)
                self.until_done(reader, "sync", "--json")
                watch = self.watch(reader)
                for i in range(3):
                    self.emit(self.direct, 2)
                    self.direct.sync()
                    self.emit(reader, 1)  # which the watch sends
                    eventually(lambda: len(self.log_lines()) >= 3 * (i + 1), "all is in the log")
                watch.wait_lines(9)
                self.assertEqual(watch.end(), 130, watch.errors)
                self.assertEqual(watch.lines, self.log_lines())
                self.direct.sync()
                self.until_done(reader, "sync", "--json")
                self.assert_once(reader)


if __name__ == "__main__":
    main()
