#!/usr/bin/env python3
"""The whole log in one answer: folded by the README's command, flat in memory, whole or visibly cut."""
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

from harness import OFFSYNC, PATIENCE, Case, clean_environment, eventually, main, ndjson
from scripted import Server
from scripted import event as hand_made

# What was freed must not count as used, where the programs are sanitized.
os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1"

EVENTS = 12_000
BATCH = 4_000


def event(n):
    return json.dumps({
        "specversion": "1.0", "id": f"e{n}", "source": f"/c{n % 9}", "type": "t", "subject": f"k/{n % 6000}",
        "time": "2023-11-14T22:13:20Z", "clientseq": str(n), "data": {"inc": {"n": 1}, "pad": "x" * 1500}})


def commands(url):
    """Those of the README: by itself, by a file, and by a pipe."""
    curl = f"curl -fsS --noproxy '*' {url}/events"
    return (f"{OFFSYNC} replay {url} -o ndjson", f"{curl} >log.ndjson && {OFFSYNC} replay log.ndjson -o ndjson",
            f"set -o pipefail; {curl} | {OFFSYNC} replay - -o ndjson")


def shell(command, folder):
    return subprocess.run(["bash", "-c", command], cwd=folder, env=clean_environment(), text=True,
                          capture_output=True, timeout=10 * PATIENCE, check=False)


class CutLog(Case):
    """An answer that ends behind a line, without its last chunk: what came could be a whole log."""

    def test_none_of_the_commands_of_the_readme_takes_it_for_the_log(self):
        lines = "".join(hand_made(n, identity=f"h{n}") + "\n" for n in (1, 2, 3)).encode()
        head = (b"HTTP/1.1 200 OK\r\nOffsync-Epoch: e1\r\nOffsync-Head: 3\r\nOffsync-Cursor: e1-3\r\n"
                b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        server = Server()
        self.addCleanup(server.close)
        server.on("page", head + b"%x\r\n%s\r\n" % (len(lines), lines), always=True)
        itself, by_file, by_pipe = commands(server.url())
        for command, code in ((itself, 69), (by_file, 18), (by_pipe, 18)):
            with self.subTest(command):
                done = shell(command, self.folder)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertNotEqual(done.stderr, "")


class WholeLog(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy()
        for start in range(1, EVENTS, BATCH):
            body = "\n".join(event(n) for n in range(start, start + BATCH)).encode()
            request = urllib.request.Request(self.server.url() + "/events", body,
                                             {"Content-Type": "application/x-ndjson"})
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=10 * PATIENCE) as answer:
                self.assertEqual(answer.read().count(b'"accepted"'), BATCH)

    def resident_kib(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def begin(self):
        """Asks for the whole log and reads its beginning, slowly; the socket and the bytes."""
        client = socket.socket()
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.settimeout(10 * PATIENCE)
        client.connect(("127.0.0.1", self.server.port))
        client.sendall(b"GET /v1/spaces/test/events HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        got = b""
        while len(got) < 500_000:
            got += client.recv(65536)
        return client, got

    def test_the_command_of_the_readme_folds_all_of_it(self):
        for command in commands(self.server.url()):
            with self.subTest(command):
                done = shell(command, self.folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                state = ndjson(done.stdout)
                self.assertEqual(len(state), 6000)
                self.assertEqual(sum(entity["fields"]["n"] for entity in state), EVENTS)

    def test_a_sleeping_reader_costs_neither_memory_nor_the_log(self):
        self.begin()[0].close()  # what the first reading costs has been paid
        before = self.resident_kib()
        readers = [self.begin() for _ in range(3)]
        time.sleep(1)  # 20 MB each would have been made by now
        self.assertLess(self.resident_kib() - before, 30_000)
        body = "\n".join(event(n) for n in range(EVENTS + 1, EVENTS + 101)).encode()
        request = urllib.request.Request(self.server.url() + "/events", body, {"Content-Type": "application/x-ndjson"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
            self.assertEqual(answer.read().count(b'"accepted"'), 100)  # they keep nobody waiting
        for client, got in readers:
            while block := client.recv(1 << 20):
                got += block
            self.assertTrue(got.endswith(b"0\r\n\r\n"))
            self.assertEqual(got.count(b'"specversion"'), EVENTS)  # up to the head when they began

    def test_a_proxy_that_dies_in_the_middle_leaves_a_cut_answer(self):
        client, got = self.begin()
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        try:
            while block := client.recv(1 << 20):
                got += block
        except ConnectionResetError:
            pass
        self.assertFalse(got.endswith(b"0\r\n\r\n"))
        self.assertLess(got.count(b'"specversion"'), EVENTS)

    def test_a_sleeping_reader_does_not_keep_the_proxy_from_stopping(self):
        client, _ = self.begin()
        self.assertEqual(self.server.stop(), 0)
        eventually(lambda: self.ended(client), "the answer ends")

    @staticmethod
    def ended(client):
        try:
            return not client.recv(1 << 20)
        except ConnectionResetError:
            return True


if __name__ == "__main__":
    main()
