#!/usr/bin/env python3
"""The lines for nginx that the manual gives: a server in front that does what they make nginx do."""
import http.client
import json
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from harness import PATIENCE, Case, eventually, main

PAGE = Path(__file__).resolve().parents[2] / "man/offsync-proxy.8"


def manual_lines():
    """The directives of the block in offsync-proxy(8), and the location that it is for."""
    text = PAGE.read_text(encoding="utf-8")
    location, block = re.search(r"^location (\S+) \{\n(.*?)^\}", text, re.M | re.S).groups()
    directives = {}
    for line in block.splitlines():
        name, *values = line.strip().rstrip(";").split()
        if name == "proxy_set_header":
            name, values = f"{name} {values[0]}", values[1:]
        directives[name] = " ".join(values)
    return location, directives


def put_in_order(path):
    """What nginx makes of a path: decoded, slashes merged, dots resolved, encoded again."""
    parts = []
    for part in re.sub("/+", "/", urllib.parse.unquote(path)).split("/"):
        if part == "..":
            parts = parts[:-1] or [""]
        elif part != ".":
            parts.append(part)
    return urllib.parse.quote("/".join(parts), safe="/:@!$&'()*+,;=~")


class Front:
    """Hands on as nginx does: with HTTP/1.1, buffered unless the answer says X-Accel-Buffering: no."""

    def __init__(self, upstream, location, directives):
        self.upstream, self.location, self.directives = upstream, location, directives
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.passed = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as incoming:
                self._hand_on(connection, incoming)
        except OSError:
            pass

    def target_of(self, target):
        """proxy_pass without a path leaves the address as it came; with one it is put in order."""
        onto = urllib.parse.urlsplit(self.directives["proxy_pass"]).path
        path, _, query = target.partition("?")
        if onto:
            path = onto + put_in_order(path)[len(self.location):]
        return path + ("?" + query if query else "")

    def _hand_on(self, connection, incoming):
        method, target, _ = incoming.readline().decode().split()
        headers = http.client.parse_headers(incoming)
        length = int(headers.get("Content-Length", 0))
        if not put_in_order(target.partition("?")[0]).startswith(self.location):
            return connection.sendall(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        if length > int(self.directives["client_max_body_size"].rstrip("m")) << 20:
            return connection.sendall(b"HTTP/1.1 413 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        if headers.get("Expect"):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = incoming.read(length)
        told = [(k, v) for k, v in headers.items() if k.lower() not in ("host", "connection", "expect")]
        host = self.directives["proxy_set_header Host"].replace("$host", headers["Host"].split(":")[0])
        onward = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=PATIENCE)
        target = self.target_of(target)
        self.passed.append((method, target))
        onward.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in [("Host", host), *told]:
            onward.putheader(name, value)
        onward.endheaders(body or None)
        try:
            self._hand_back(connection, onward.getresponse())
        finally:
            onward.close()
        return None

    @staticmethod
    def _hand_back(connection, got):
        kept = [(k, v) for k, v in got.getheaders()
                if k.lower() not in ("connection", "transfer-encoding", "x-accel-buffering")]
        head = "".join(f"{k}: {v}\r\n" for k, v in [*kept, ("Connection", "close")])
        connection.sendall(f"HTTP/1.1 {got.status} X\r\n{head}\r\n".encode())
        if got.headers.get("X-Accel-Buffering") != "no":
            connection.sendall(got.read())
            return
        while block := got.read1(65536):
            connection.sendall(block)


class BehindNginx(Case):
    STRANGE = ("x//y", "x/a/../b", "x/./a", "x/a%2Fb", "x/50%", "x/a b?c#d", "x/ü")

    def front(self, **changes):
        location, directives = manual_lines()
        self.assertEqual(directives["proxy_http_version"], "1.1")
        self.assertEqual(directives["proxy_set_header Connection"], '""')
        real = self.proxy("--heartbeat", "1")
        front = Front(real.port, location, {**directives, **changes})
        self.addCleanup(front.close)
        return front, real

    def test_clients_work_through_it(self):
        front, real = self.front()
        anna, ben = (self.replica(name, real.url(port=front.port)) for name in ("anna", "ben"))
        watch = self.watch(ben)
        watch.wait_connected()
        for subject in self.STRANGE:
            anna.emit("t", subject, "v=1")
        anna.sync()
        # The stream is not buffered: what is new comes while it stays open.
        watch.wait_lines(len(self.STRANGE))
        watch.end()
        self.assert_same_state(real, anna, ben)
        for subject in self.STRANGE:
            self.assertEqual(json.loads(anna.run("state", "--require-proxy", subject)),
                             {"subject": subject, "fields": {"v": "1"}})

    def get(self, port, target):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", target)
        got = connection.getresponse()
        text = got.read().decode()
        connection.close()
        return got.status, text

    def test_addresses_come_through_as_they_are(self):
        """And with a path behind the port they do not: that is what the manual warns of."""
        front, real = self.front()
        anna = self.replica("anna", real.url())
        for subject in self.STRANGE:
            anna.emit("t", subject, "v=1")
        anna.sync()
        base = "/v1/spaces/test/state/"
        for subject in self.STRANGE:
            target = base + urllib.parse.quote(subject, safe="/")
            self.assertEqual(self.get(front.port, target), self.get(real.port, target))
            self.assertEqual(front.passed[-1], ("GET", target))
        warned, _ = re.search(r"of\n\.Ql (\S+)\nmakes\n\.Ql (\S+) \.", PAGE.read_text(encoding="utf-8")).groups()
        self.assertEqual(put_in_order(warned), "x/y")
        front.directives["proxy_pass"] += "/"
        front.location = "/"
        self.assertEqual(self.get(front.port, base + warned)[0], 404)
        self.assertEqual(front.passed[-1], ("GET", base + "x/y"))
        # Who asks by a query, as the client does, is not concerned.
        for subject in self.STRANGE:
            self.assertEqual(json.loads(anna.run("state", "--require-proxy", "--remote", real.url(port=front.port), subject)),
                             {"subject": subject, "fields": {"v": "1"}})

    def test_the_greatest_request_fits(self):
        """What the proxy takes nginx lets pass; a batch that it does not is sent in halves."""
        front, real = self.front()
        anna = self.replica("anna", real.url(port=front.port))
        lines = "".join(json.dumps({"type": "t", "subject": f"k/{i}", "data": {"set": {"v": "x" * 50000}}}) + "\n"
                        for i in range(200))
        anna.run("emit", "--batch", "-", input=lines)
        anna.sync()
        self.assertEqual(real.info()["head"], 200)
        eventually(lambda: ("POST", "/v1/spaces/test/events") in front.passed, "the batch went through")


if __name__ == "__main__":
    main()
