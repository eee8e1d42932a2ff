#!/usr/bin/env python3
"""Each setting has its effect, other than the default would: a time not before it, and before any other time."""
import json
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import PATIENCE, PROXY, Case, clean_environment, eventually, main
from scripted import Server, silent

# The machine may be busy: each is measured until it lies between the two, a few times at most.
TRIES = 8


def measured(case, least, below, measure):
    """measure() gives seconds: not before the setting, and before the time that it would be by default."""
    took = []
    while len(took) < TRIES and not (took and least <= took[-1] < below):
        took.append(measure())
    case.assertTrue(least <= took[-1] < below, f"{took} s, not {least} to {below}")


def ask(proxy, path, headers=None, body=None):
    """An answer whose body is still to be read."""
    request = urllib.request.Request(f"http://127.0.0.1:{proxy.port}{path}", headers=headers or {}, data=body)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=PATIENCE)


class ClientTimes(Case):
    def lasts(self, seconds, default, code, action):
        def measure():
            begun = time.monotonic()
            done = action()
            took = time.monotonic() - begun
            self.assertEqual(done.returncode, code, done.stderr)
            return took

        measured(self, seconds * 0.95, default * 0.95, measure)

    def server(self):
        server = Server()
        self.addCleanup(server.close)
        return server

    def test_each_is_taken_from_file_and_environment(self):
        """request_timeout and ask_timeout, each while the other one is far away."""
        server = self.server()
        for kind in ("state", "info", "page"):
            server.on(kind, silent, always=True)
        anna = self.replica("anna", server.url())
        anna.configure(request_timeout=2, ask_timeout=600)
        self.lasts(2, 30, 69, lambda: anna.finish("sync"))
        self.lasts(2, 30, 69, lambda: anna.finish("state", "--require-proxy"))
        # Longer than by default, 2 s: that none of them can be taken for it.
        other = {"OFFSYNC_REQUEST_TIMEOUT": "600", "OFFSYNC_ASK_TIMEOUT": "3"}
        self.lasts(3, 30, 0, lambda: anna.finish("state", env=other))
        self.lasts(3, 30, 0, lambda: anna.finish("status", env=other))
        asked = {"OFFSYNC_REQUEST_TIMEOUT": "3", "OFFSYNC_ASK_TIMEOUT": "600"}
        self.lasts(3, 30, 69, lambda: anna.finish("sync", env=asked))
        anna = self.replica("of-its-file", server.url())
        anna.configure(ask_timeout=8)  # far from 2 s and what it takes to start
        self.lasts(8, 30, 0, lambda: anna.finish("state", env={"OFFSYNC_ASK_TIMEOUT": ""}))

    def test_connect_timeout(self):
        """A listener whose queue is full answers nobody."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            port = listener.getsockname()[1]
            waiting = []
            for _ in range(8):
                client = socket.socket()
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
                waiting.append(client)
            time.sleep(0.3)
            anna = self.replica("anna", f"http://127.0.0.1:{port}/v1/spaces/test")
            anna.configure(connect_timeout=2, request_timeout=600)
            self.lasts(2, 5, 69, lambda: anna.finish("sync"))
            (anna.folder / ".offsync/config.toml").write_text("connect_timeout = 600\n", encoding="utf-8")
            self.lasts(2, 5, 69, lambda: anna.finish("sync", env={"OFFSYNC_CONNECT_TIMEOUT": "2"}))
            for client in waiting:
                client.close()

    def test_stream_timeout(self):
        real = self.proxy("--heartbeat", "30")
        server = Server(real.port)
        self.addCleanup(server.close)
        anna = self.replica("anna", server.url())
        anna.sync()
        anna.configure(stream_timeout=2, request_timeout=600, retry_wait=0.1)
        asked = []

        def act(connection):
            asked.append(time.monotonic())
            silent(connection)

        def measure():
            count = len(asked)
            eventually(lambda: len(asked) >= count + 2, "the stream is asked for again")
            return asked[-1] - asked[-2]

        server.on("stream", act, always=True)
        watch = self.watch(anna)
        measured(self, 1.8, 40, measure)
        watch.end()

    def test_retry_wait(self):
        """With a cap of half a second many tries are made in the time of one or two at the default, 10 s."""
        server = self.server()
        anna = self.replica("anna", server.url())
        anna.configure(retry_wait=0.5)

        def measure():
            server.forget()
            begun = time.monotonic()
            watch = self.watch(anna)
            eventually(lambda: len(server.seen) >= 21, "20 tries more are made", 2 * PATIENCE)
            took = time.monotonic() - begun
            watch.end()
            return took

        # Waits are random, from nothing to the cap: without one 20 of them would take no time, at the default 80 s.
        measured(self, 1, 30, measure)


class ClientTexts(Case):
    def test_source(self):
        anna = self.replica("anna")
        env = {"OFFSYNC_SOURCE": "/of/the/environment"}
        user = self.folder / "config/offsync"
        user.mkdir(parents=True)
        (user / "config.toml").write_text('source = "/of/the/user"\n', encoding="utf-8")
        of_user = {"XDG_CONFIG_HOME": str(self.folder / "config")}
        for folder, given, arguments, source in (
                ("e", env, (), "/of/the/environment"), ("u", of_user, (), "/of/the/user"),
                ("eu", {**env, **of_user}, (), "/of/the/environment"),
                ("f", {**env, **of_user}, ("--source", "/of/the/flag"), "/of/the/flag")):
            anna.run("init", "-C", folder, *arguments, env=given)
            self.assertEqual(json.loads(anna.run("emit", "-C", folder, "t", "k/1", "--json"))["source"], source)

    def test_color_and_output(self):
        anna = self.replica("anna")
        anna.emit("t", "k/1", "v=1")
        self.assertNotIn("\x1b[", anna.run("state", "--offline"))
        anna.configure(color="always", output="text")
        self.assertIn("\x1b[", anna.run("state", "--offline"))
        self.assertNotIn("\x1b[", anna.run("state", "--offline", env={"OFFSYNC_COLOR": "never"}))
        json.loads(anna.run("state", "--offline", env={"OFFSYNC_OUTPUT": "json"}))


class ProxyTimes(Case):
    def closed_after(self, port, sent, seconds, default, keep_sending=b""):
        """Until the proxy ends a connection on which only that was sent, and no more than `keep_sending`."""
        measured(self, seconds * 0.9, default * 0.95, lambda: self.until_closed(port, sent, keep_sending))

    @staticmethod
    def until_closed(port, sent, keep_sending):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            begun = time.monotonic()
            connection.sendall(sent)
            stop = threading.Event()

            def trickle():
                while keep_sending and not stop.wait(0.2):
                    try:
                        connection.sendall(keep_sending)
                    except OSError:
                        return

            thread = threading.Thread(target=trickle, daemon=True)
            thread.start()
            try:
                while connection.recv(65536):
                    pass
            except ConnectionError:
                pass
            took = time.monotonic() - begun
            stop.set()
            thread.join()
        return took

    def test_times_of_a_connection(self):
        far = ("--header-timeout", "600", "--body-timeout", "600", "--idle-timeout", "600")

        def only(name, seconds):
            arguments = list(far)
            arguments[arguments.index(name) + 1] = str(seconds)
            return self.proxy(*arguments, name=name.strip("-")).port

        head = b"GET /healthz HTTP/1.1\r\nHost: h\r\nX: "
        self.closed_after(only("--header-timeout", 2), head, 2, 10, keep_sending=b"x")
        post = (b"POST /v1/spaces/test/events HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-ndjson\r\n"
                b"Content-Length: 100000\r\n\r\n")
        self.closed_after(only("--body-timeout", 2), post, 2, 60, keep_sending=b" ")
        self.closed_after(only("--idle-timeout", 2), b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 2, 15)

    def test_heartbeat(self):
        port = self.proxy("--heartbeat", "1").port

        def measure():
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.sendall(b"GET /v1/spaces/test/events HTTP/1.1\r\nHost: h\r\n"
                                   b"Accept: text/event-stream\r\n\r\n")
                got, begun = b"", None
                while got.count(b": heartbeat") < 4:
                    block = connection.recv(65536)
                    self.assertNotEqual(block, b"")
                    got += block
                    begun = begun or time.monotonic()
                return time.monotonic() - begun

        measured(self, 2.5, 4 * 14, measure)

    def test_stall_timeout(self):
        """A reader that takes nothing is cut after that time, and not by the next sign of life."""
        proxy = self.proxy("--stall-timeout", "2", "--heartbeat", "30")
        anna = self.replica("anna", proxy.url())
        anna.sync()
        lines = "".join(json.dumps({"type": "t", "subject": f"s/{i}", "data": {"set": {"x": "y" * 60000}}}) + "\n"
                        for i in range(200))
        cut = 0

        def measure():
            nonlocal cut
            cut += 1
            with socket.socket() as reader:
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader.connect(("127.0.0.1", proxy.port))
                reader.sendall(b"GET /v1/spaces/test/events?after=now HTTP/1.1\r\nHost: h\r\n"
                               b"Accept: text/event-stream\r\n\r\n")
                anna.run("emit", "--batch", "-", input=lines)
                begun = time.monotonic()
                anna.sync()
                eventually(lambda: f"\noffsync_streams_cut_total {cut}\n" in ask(proxy, "/metrics").read().decode(),
                           "the stream is cut")
                return time.monotonic() - begun

        measured(self, 1.8, 28, measure)


class ProxyLog(Case):
    def said(self, *arguments):
        """What a proxy with these says from its start on, through a request, to its end."""
        proxy = self.proxy(*arguments, name="".join(arguments))
        proxy.info()
        self.assertEqual(proxy.stop(), 0)
        return proxy.log.read_text().splitlines()

    def test_log_level(self):
        levels = ("debug", "info", "warn", "error")
        for n, level in enumerate(levels):
            lines = self.said("--log-level", level)
            seen = {re.search(" level=([a-z]+) ", line).group(1) for line in lines}
            # All is well, so that there are no warnings and no errors.
            self.assertEqual(seen, set(levels[n:2]), lines)

    def test_log_format(self):
        for form, reader in (("text", lambda line: dict(re.findall(r'([a-z]+)=("[^"]*"|\S+)', line))), ("json", json.loads)):
            told = [reader(line) for line in self.said("--log-format", form)]
            self.assertEqual([line["event"] for line in told], ["listening", "stopping", "stopped"])


class ProxyNumbers(Case):
    EVENTS = "/v1/spaces/test/events"
    STREAM = {"Accept": "text/event-stream, application/problem+json"}

    def threads_after_load(self, number):
        proxy = self.proxy("--threads", str(number), name=f"threads{number}")

        def count():
            status = Path(f"/proc/{proxy.process.pid}/status").read_text()
            return int(re.search(r"Threads:\s+(\d+)", status).group(1))

        def publish(who):
            lines = "".join(json.dumps({"specversion": "1.0", "id": str(i), "source": f"/{who}", "type": "t",
                                        "subject": f"s/{i}", "data": {"set": {"x": "y" * 500}}}) + "\n"
                            for i in range(300))
            ask(proxy, self.EVENTS, {"Content-Type": "application/x-ndjson"}, lines.encode()).read()

        before = count()
        publishers = [threading.Thread(target=publish, args=(who,)) for who in range(24)]
        for publisher in publishers:
            publisher.start()
        for publisher in publishers:
            publisher.join()
        self.assertEqual(proxy.info()["head"], 24 * 300)
        return count() - before

    def test_threads(self):
        self.assertEqual(self.threads_after_load(1), 1)
        self.assertGreater(self.threads_after_load(24), 2)

    def test_max_streams(self):
        proxy = self.proxy("--max-streams", "2")
        streams = [ask(proxy, self.EVENTS, self.STREAM) for _ in range(2)]
        with self.assertRaises(urllib.error.HTTPError) as refused:
            ask(proxy, self.EVENTS, self.STREAM)
        self.assertEqual(refused.exception.code, 503)
        for stream in streams:
            stream.close()

    def test_cors_origins(self):
        proxy = self.proxy("--cors-origins", "https://one.example,https://two.example")
        for origin, allowed in (("https://one.example", True), ("https://two.example", True),
                                ("https://three.example", False)):
            headers = proxy.get("", headers={"Origin": origin})[1]
            self.assertEqual(headers["Access-Control-Allow-Origin"], origin if allowed else None)


class AllSettings(Case):
    """A new setting gets a test of its effect, and its name here."""

    CLIENT = {"connect_timeout", "ask_timeout", "request_timeout", "stream_timeout", "retry_wait", "source", "output",
              "color"}
    PROXY = {"threads", "max_streams", "heartbeat", "stall_timeout", "header_timeout", "body_timeout", "idle_timeout",
             "cors_origins", "log_level", "log_format"}
    # Without these no test has its proxy; credentials_test; programs_test, golden/settings.t; proxy_process_test; tls_test.
    ELSEWHERE = ({"listen", "store", "ready_file"} | {"token_file", "ca_file", "cert_file", "key_file"} | {"remote"} | {"log_file", "pidfile"} |
                 {"tls_cert", "tls_key", "tls_client_ca"})

    def test_none_is_without(self):
        told = subprocess.run([PROXY, "--help"], env=clean_environment(), capture_output=True, text=True, check=True).stdout
        proxy = {flag.replace("-", "_") for flag in re.findall("^ +--([a-z-]+) [A-Za-z]+[:,]?[A-Z.]* ", told, re.M)}
        self.assertIn("config", proxy)  # which names the file of the others
        anna = self.replica("anna")
        anna.configure(none=1)
        told = anna.finish("state").stderr
        client = set(re.findall("[a-z_]+", told.split("there are ")[1].replace(" and ", " ")))
        self.assertEqual((proxy - {"config"}) | client, self.CLIENT | self.PROXY | self.ELSEWHERE)
        self.assertEqual(client - self.ELSEWHERE, self.CLIENT)


if __name__ == "__main__":
    main()
