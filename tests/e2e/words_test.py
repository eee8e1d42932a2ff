#!/usr/bin/env python3
"""What is said once, and where: hints, and the talk of log."""
import http.server
import json
import sqlite3
import threading
from pathlib import Path

from harness import Case, main


class Words(Case):
    def busy_server(self, detail, retry_after=None):
        """Answers everything with a 503 that says `detail`."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = json.dumps({"status": 503, "code": "not_ready", "detail": detail}).encode()
                self.send_response(503)
                self.send_header("Content-Type", "application/problem+json")
                self.send_header("Content-Length", str(len(body)))
                if retry_after:
                    self.send_header("Retry-After", str(retry_after))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_address[1]}/v1/spaces/shop"

    def test_try_again_is_said_once_whoever_says_it(self):
        for detail in ("the log store cannot be read now; try again", "the log store cannot be read"):
            anna = self.replica(f"anna{len(detail)}", self.busy_server(detail))
            anna.emit("t", "a/1", "x=1")
            for command in (("sync",), ("sync", "--pull"), ("state", "--require-proxy"),
                            ("conflicts", "--require-proxy"), ("status", "--require-proxy"), ("status", "--check")):
                done = anna.finish(*command)
                self.assertEqual(done.returncode, 69, (command, done.stderr))
                self.assertIn(detail, done.stderr, command)
                self.assertEqual(done.stderr.count("try again"), 1, (command, done.stderr))

    def test_how_long_the_server_asks_to_wait_is_said(self):
        for detail, wait, said in (("it is full", 3600, "it is full; try again in 60 min\n"),
                                   ("it is full", 90, "it is full; try again in 90 s\n"),
                                   ("not now; try again", 90, "not now; try again; it asks for 90 s until then\n"),
                                   ("it is full", None, "it is full; try again later\n")):
            anna = self.replica(f"anna{len(detail)}-{wait}", self.busy_server(detail, wait))
            anna.emit("t", "a/1", "x=1")
            done = anna.finish("sync")
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn(said, done.stderr)

    def test_that_it_tries_again_for_long_is_said(self):
        anna = self.replica("anna", self.busy_server("not now", 1))
        anna.configure(request_timeout=6)
        anna.emit("t", "a/1", "x=1")
        done = anna.finish("sync")
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertEqual(done.stderr.count("not now; trying again for up to 6 s\n"), 1, done.stderr)
        self.assertNotIn("trying again", anna.finish("sync", "-q").stderr)

    def test_how_far_behind_is_not_said_of_a_log_that_was_put_back(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t", "a/1", "x=1")
        anna.sync()
        proxy.stop()
        backup = self.folder / "backup.db"
        with sqlite3.connect(proxy.store) as source, sqlite3.connect(backup) as target:
            source.backup(target)
        proxy.start()
        for n in range(3):
            anna.emit("t", "a/1", f"x={n}")
        anna.sync()
        self.assertEqual(json.loads(anna.run("status", "--json"))["lag"], 0)
        proxy.stop()
        for end in "", "-wal", "-shm":
            Path(f"{proxy.store}{end}").unlink(missing_ok=True)
        backup.rename(proxy.store)
        proxy.start()
        status = json.loads(anna.run("status", "--json"))
        self.assertEqual((status["lag"], status["head"], status["synced"]), (None, 1, False))
        self.assertIn("lag        not known: the proxy's log is not the one that was received\n",
                      anna.run("status", "-o", "text"))

    def test_where_the_received_log_begins_is_told_to_who_asks(self):
        url = self.proxy().url()
        writer, reader = self.replica("writer", url), self.replica("reader", url)
        for i in range(3):
            writer.emit("t", f"a/{i}", "x=1", "--create")
        writer.sync()
        reader.sync()
        for filters, told in (((), False), (("-n", "1"), False), (("--subject", "a/1"), False),
                              (("--after", "1"), True), (("--since", "2"), True), (("--since", "2h"), True),
                              (("--after", "3"), False), (("--since", "4"), False)):
            done = reader.finish("log", *filters)
            self.assertEqual("begins after sequence 3" in done.stderr, told, (filters, done.stderr))


if __name__ == "__main__":
    main()
