#!/usr/bin/env python3
"""Each setting that is a time has its effect: not before it, and long before any other time would."""
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import PATIENCE, Case, eventually, main
from scripted import Server, silent

# The machine may be busy. What is not to be taken for another setting's effect is far above it.
FAR = 25


def ask(proxy, path, headers=None, body=None):
    """An answer whose body is still to be read."""
    request = urllib.request.Request(f"http://127.0.0.1:{proxy.port}{path}", headers=headers or {}, data=body)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=PATIENCE)


class ClientTimes(Case):
    def lasts(self, seconds, action):
        begun = time.monotonic()
        result = action()
        took = time.monotonic() - begun
        self.assertGreaterEqual(took, seconds * 0.95)
        self.assertLess(took, FAR)
        return result

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
        self.assertEqual(self.lasts(2, lambda: anna.finish("sync")).returncode, 69)
        self.assertEqual(self.lasts(2, lambda: anna.finish("state", "--require-proxy")).returncode, 69)
        other = {"OFFSYNC_REQUEST_TIMEOUT": "600", "OFFSYNC_ASK_TIMEOUT": "3"}
        self.assertEqual(self.lasts(3, lambda: anna.finish("state", env=other)).returncode, 0)
        self.assertEqual(self.lasts(3, lambda: anna.finish("status", env=other)).returncode, 0)

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
            self.assertEqual(self.lasts(2, lambda: anna.finish("sync")).returncode, 69)
            for client in waiting:
                client.close()

    def test_stream_timeout(self):
        real = self.proxy("--heartbeat", "30")
        server = Server(real.port)
        self.addCleanup(server.close)
        anna = self.replica("anna", server.url())
        anna.sync()
        anna.configure(stream_timeout=2, request_timeout=600, retry_wait=0.1)
        server.on("stream", silent, always=True)
        watch = self.watch(anna)
        eventually(lambda: server.seen.count("stream") == 1, "the stream is asked for")
        begun = time.monotonic()
        eventually(lambda: server.seen.count("stream") > 1, "it is asked for again")
        took = time.monotonic() - begun
        self.assertGreaterEqual(took, 1.8)
        self.assertLess(took, FAR)
        watch.end()

    def test_retry_wait(self):
        """With a cap of half a second many tries are made in the time of one at the default."""
        server = self.server()
        anna = self.replica("anna", server.url())
        anna.configure(retry_wait=0.5)
        begun = time.monotonic()
        watch = self.watch(anna)
        eventually(lambda: len(server.seen) >= 21, "20 tries more are made")
        took = time.monotonic() - begun
        self.assertLess(took, 20 * 0.5 + FAR)
        watch.end()
        # Waits are random, from nothing to the cap: without one 20 of them would take no time.
        self.assertGreater(took, 1)


class ProxyTimes(Case):
    def closed_after(self, port, sent, seconds, keep_sending=b""):
        """Until the proxy ends a connection on which only that was sent, and no more than `keep_sending`."""
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
        self.assertGreaterEqual(took, seconds * 0.9)
        self.assertLess(took, FAR)

    def test_times_of_a_connection(self):
        far = ("--header-timeout", "600", "--body-timeout", "600", "--idle-timeout", "600")

        def only(name, seconds):
            arguments = list(far)
            arguments[arguments.index(name) + 1] = str(seconds)
            return self.proxy(*arguments, name=name.strip("-")).port

        head = b"GET /healthz HTTP/1.1\r\nHost: h\r\nX: "
        self.closed_after(only("--header-timeout", 2), head, 2, keep_sending=b"x")
        post = (b"POST /v1/spaces/test/events HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-ndjson\r\n"
                b"Content-Length: 100000\r\n\r\n")
        self.closed_after(only("--body-timeout", 2), post, 2, keep_sending=b" ")
        self.closed_after(only("--idle-timeout", 2), b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 2)

    def test_heartbeat(self):
        port = self.proxy("--heartbeat", "1").port
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(b"GET /v1/spaces/test/events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
            got, begun = b"", None
            while got.count(b": heartbeat") < 4:
                block = connection.recv(65536)
                self.assertNotEqual(block, b"")
                got += block
                begun = begun or time.monotonic()
            took = time.monotonic() - begun
        self.assertGreaterEqual(took, 2.5)
        self.assertLess(took, FAR)

    def test_stall_timeout(self):
        """A reader that takes nothing is cut after that time, and not by the next sign of life."""
        proxy = self.proxy("--stall-timeout", "2", "--heartbeat", "30")
        anna = self.replica("anna", proxy.url())
        anna.sync()
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", proxy.port))
            reader.sendall(b"GET /v1/spaces/test/events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
            lines = "".join(json.dumps({"type": "t", "subject": f"s/{i}", "data": {"set": {"x": "y" * 60000}}}) + "\n"
                            for i in range(200))
            anna.run("emit", "--batch", "-", input=lines)
            begun = time.monotonic()
            anna.sync()
            eventually(lambda: "\noffsync_streams_cut_total 1\n" in ask(proxy, "/metrics").read().decode(),
                       "the stream is cut")
            took = time.monotonic() - begun
        self.assertGreaterEqual(took, 1.8)
        self.assertLess(took, FAR)


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


if __name__ == "__main__":
    main()
