"""offsync-proxy as a process: going into the background, its files, its signals."""
import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from unittest import mock

from harness import PATIENCE, PROXY, Proxy, eventually

EVENTS = "/v1/spaces/s/events"


def event(n):
    return {"specversion": "1.0", "id": f"e{n}", "source": "/c", "type": "t", "subject": "k/1",
            "time": "2023-11-14T22:13:20Z", "clientseq": str(n), "data": {"set": {"n": n}}}


def alive(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


class ProxyProcess(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="offsync-proxy-")
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for pid in self.started:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)

    def run_proxy(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFSYNC_")}
        return subprocess.run([PROXY, "--listen", "127.0.0.1:0", *arguments], cwd=self.path,
                              capture_output=True, text=True, timeout=PATIENCE, env=environment,
                              check=False)

    def daemon(self, *arguments):
        done = self.run_proxy("--daemon", "--store", "sqlite:data/p.db", "--pidfile", "pid",
                              "--log-file", "log", "--ready-file", "ready", *arguments)
        if done.returncode == 0:
            self.pid = int((self.path / "pid").read_text())
            self.url = (self.path / "ready").read_text().strip()
            self.started.append(self.pid)
        return done

    def get(self, target):
        with urllib.request.urlopen(self.url + target, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def post(self, events):
        body = "".join(json.dumps(e) + "\n" for e in events).encode()
        request = urllib.request.Request(self.url + EVENTS, body,
                                         {"Content-Type": "application/x-ndjson"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        eventually(lambda: not alive(self.pid), "it ended")
        # Not so where it took more than 5 s.
        self.assertIn("event=stopped", (self.path / "log").read_text())

    def test_daemon_listens_when_its_starter_returns(self):
        done = self.daemon()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.get("/healthz"), "ok\n")
        self.assertEqual(os.getsid(self.pid) == os.getsid(0), False)
        self.stop()
        self.assertFalse((self.path / "pid").exists())
        self.assertFalse((self.path / "ready").exists())

    def test_daemon_that_cannot_start_says_so_to_its_starter(self):
        self.assertEqual(self.daemon().returncode, 0)
        again = self.daemon()
        self.assertEqual(again.returncode, 74)
        self.assertIn(f"as process {self.pid}", again.stderr)
        locked = self.run_proxy("--daemon", "--store", "sqlite:data/p.db", "--log-file", "log2")
        self.assertEqual(locked.returncode, 78)
        self.assertIn("in use by another offsync-proxy", locked.stderr)
        self.assertEqual(self.get("/readyz"), "ready\n")
        self.stop()

    def test_stale_pidfile_is_taken_over(self):
        (self.path / "pid").write_text("1\n")
        self.assertEqual(self.daemon().returncode, 0)
        self.assertNotEqual(self.pid, 1)
        self.stop()

    def test_no_file_of_others_is_overwritten_or_removed(self):
        """A proxy wrote its process id over the store that it was to open, and removed it."""
        store = ("--store", "sqlite:p.db")
        made = self.run_proxy("--daemon", *store, "--log-file", "log", "--pidfile", "pid")
        self.assertEqual(made.returncode, 0, made.stderr)
        os.kill(int((self.path / "pid").read_text()), signal.SIGTERM)
        eventually(lambda: "event=stopped" in (self.path / "log").read_text(), "it ended")
        (self.path / "precious").write_text("important\n")
        os.link(self.path / "p.db", self.path / "hard.db")

        def files():
            return {file.name: file.read_bytes() for file in self.path.iterdir() if file.name != "log2"}
        before = files()
        for flag in "--pidfile", "--ready-file", "--log-file":
            for name in "p.db", "./p.db", "p.db-wal", "p.db.lock", "hard.db", "precious":
                if (flag, name) == ("--log-file", "precious"):
                    continue  # a log is added to what is there
                with self.subTest(flag=flag, name=name):
                    log = () if flag == "--log-file" else ("--log-file", "log2")
                    done = self.run_proxy("--daemon", *store, flag, name, *log)
                    self.assertEqual(done.returncode, 78, done.stderr)
                    self.assertIn("no proxy has made it" if name == "precious" else
                                  "is the same file as", done.stderr)
                    self.assertEqual(files(), before)

    def test_who_cannot_listen_makes_no_store(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = subprocess.run([PROXY, "--listen", f"127.0.0.1:{port}", "--store", "sqlite:data/p.db"],
                                  cwd=self.path, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("is another program using this port", done.stderr)
        self.assertEqual(list(self.path.iterdir()), [])

    def compact(self, *arguments, space="s"):
        done = subprocess.run([PROXY, "compact", "--store", "sqlite:data/p.db", "--space", space, *arguments],
                              cwd=self.path, capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout or done.stderr

    def kept(self):
        return [json.loads(line)["sequence"] for line in self.get(EVENTS + "?after=7").splitlines()]

    def test_a_log_is_shortened(self):
        self.assertEqual(self.daemon().returncode, 0)
        events = [event(n) for n in range(1, 11)]
        self.assertEqual(self.post(events).count('"accepted"'), 10)
        state = self.get("/v1/spaces/s/state?subject=k/1")
        code, said = self.compact("--keep", "3")
        self.assertEqual((code, "in use by another offsync-proxy" in said), (78, True), said)
        self.stop()
        self.assertEqual(self.compact("--keep", "3", "--dry-run"),
                         (0, "space s: would forget events 1 to 7, 3 are left\n"))
        self.assertEqual(self.compact("--keep", "10"), (0, "space s: nothing to forget, it has events 1 to 10\n"))
        self.assertEqual(self.compact("--older-than", "1"), (0, "space s: nothing to forget, it has events 1 to 10\n"))
        self.assertEqual(self.compact("--before", "5"), (0, "space s: forgot events 1 to 4, 6 are left\n"))
        self.assertEqual(self.compact("--keep", "3"), (0, "space s: forgot events 5 to 7, 3 are left\n"))
        checked = subprocess.run([PROXY, "check", "--store", "sqlite:data/p.db"], cwd=self.path, capture_output=True,
                                 text=True, timeout=PATIENCE, check=False)
        self.assertIn("3 events behind 7", checked.stdout)
        self.assertTrue(checked.stdout.endswith("sound\n"), checked.stdout)
        self.assertEqual(self.daemon().returncode, 0)
        with self.assertRaises(urllib.error.HTTPError) as gone:
            self.get(EVENTS + "?after=6")
        self.assertEqual(gone.exception.code, 410)
        gone.exception.close()
        self.assertEqual(self.kept(), ["8", "9", "10"])
        self.assertEqual(self.get("/v1/spaces/s/state?subject=k/1"), state)
        self.assertEqual(self.post(events[:8]).count('"duplicate"'), 8)
        self.stop()
        self.assertEqual(self.compact("--older-than", "0"), (0, "space s: forgot events 8 to 10, none is left\n"))
        self.assertEqual(self.daemon().returncode, 0)
        self.assertIn('"sequence":"11"', self.post([event(11)]))
        self.stop()

    def test_a_log_is_not_shortened_by_mistake(self):
        self.assertEqual(self.compact("--keep", "3")[0], 66)  # no store
        self.assertEqual(self.daemon().returncode, 0)
        self.post([event(1)])
        self.stop()
        code, said = self.compact("--keep", "0", space="typo")
        self.assertEqual((code, "the store has no space typo" in said), (66, True), said)
        for arguments in ((), ("--keep", "1", "--before", "2"), ("--keep", "x"), ("--keep", "-1"), ("--before", "0"),
                          ("--older-than", "1d"), ("--older-than", "99999999"), ("--keep", "1", "--daemon"),
                          ("--keep", "1", "--check-config"), ("--keep", "1", "--new-epoch")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.compact(*arguments)[0], 2)
        self.assertEqual(self.compact("--keep", "1"), (0, "space s: nothing to forget, it has events 1 to 1\n"))

    def test_nothing_is_left_beside_another_programs_database(self):
        file = self.path / "other.db"
        for mode in "wal", "delete":
            file.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(file)) as db:
                db.execute(f"PRAGMA journal_mode = {mode}")
                db.execute("CREATE TABLE t (a)")
                db.commit()
            before = file.read_bytes()
            for arguments in ((), ("check",), ("compact", "--space", "s", "--keep", "1"), ("--new-epoch",)):
                with self.subTest(mode, arguments=arguments):
                    done = subprocess.run([PROXY, *arguments, "--listen", "127.0.0.1:0", "--store", f"sqlite:{file}"],
                                          cwd=self.path, capture_output=True, text=True, timeout=PATIENCE, check=False)
                    self.assertEqual(done.returncode, 78, done.stderr)
                    self.assertIn("belongs to another program", done.stderr)
                    self.assertEqual([one.name for one in self.path.iterdir()], ["other.db"])
                    self.assertEqual(file.read_bytes(), before)

    def test_hangup_opens_the_log_anew(self):
        self.daemon()
        (self.path / "log").rename(self.path / "log.1")
        os.kill(self.pid, signal.SIGHUP)
        eventually(lambda: (self.path / "log").exists() and
                   "event=log_reopened" in (self.path / "log").read_text(), "a new log")
        self.assertIn("event=listening", (self.path / "log.1").read_text())
        self.stop()

    def test_stop_keeps_what_was_acknowledged_and_ends_streams(self):
        self.daemon()
        request = urllib.request.Request(self.url + EVENTS, headers={"Accept": "text/event-stream"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as stream:
            self.assertEqual(self.post([event(n) for n in range(1, 101)]).count('"accepted"'), 100)
            self.stop()
            self.assertEqual(stream.read().count(b"\ndata: {\"specversion"), 100)
        self.assertEqual(self.daemon().returncode, 0)
        self.assertEqual(self.get(EVENTS).count("\n"), 100)
        self.stop()

    def test_stops_at_once_after_a_load_of_streams_and_publishers(self):
        """Pool threads that waited for work missed the wake-up: exit 70 after 5 s, 8 of 12 times."""
        proxy = Proxy(self.path / "load")
        self.addCleanup(proxy.close)
        sequence = iter(range(1, 1_000_000))

        def publish():
            connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
            for _ in range(10):
                n = next(sequence)
                body = json.dumps({**event(n), "source": f"/c{n}", "subject": f"k/{n}"})
                connection.request("POST", EVENTS, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
            if publishers.index(threading.current_thread()) % 2 == 0:
                connection.close()
            else:
                kept.append(connection)  # idle when the proxy stops

        for _ in range(6):
            proxy.start()
            streams = []
            for i in range(100):
                stream = socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE)
                stream.sendall(b"GET " + EVENTS.encode() + b" HTTP/1.1\r\nHost: h\r\n"
                               b"Accept: text/event-stream\r\n\r\n")
                streams.append(stream)
            kept, statuses = [], []
            publishers = [threading.Thread(target=publish) for _ in range(16)]
            for thread in publishers:
                thread.start()
            for thread in publishers:
                thread.join()
            self.assertEqual(statuses, [200] * 160)
            for stream in streams[::2]:
                stream.close()
            self.assertEqual(proxy.stop(), 0, proxy.talk())
            for other in streams[1::2] + kept:
                other.close()

    def test_a_great_state_needs_no_folder_for_temporary_files(self):
        proxy = Proxy(self.path / "great")
        self.addCleanup(proxy.close)
        with mock.patch.dict(os.environ, {"TMPDIR": "/nonexistent"}):
            proxy.start()
        self.url = f"http://127.0.0.1:{proxy.port}"
        self.post([{**event(n), "subject": f"k/{n}", "data": {"set": {"t": "x" * 20_000}}} for n in range(1, 401)])
        self.assertEqual(self.get("/v1/spaces/s/state").count("\n"), 401)  # 8 MB
        self.assertEqual([file.name for file in proxy.folder.iterdir() if "answer" in file.name], [])

    def test_foreground_without_a_free_port(self):
        self.daemon()
        address = self.url.removeprefix("http://")
        taken = self.run_proxy("--listen", address, "--store", "sqlite:o.db")
        self.assertEqual(taken.returncode, 2)  # --listen twice
        environment = {"PATH": os.environ["PATH"], "OFFSYNC_PROXY_LISTEN": address}
        taken = subprocess.run([PROXY, "--store", "sqlite:o.db"], cwd=self.path, text=True,
                               capture_output=True, timeout=PATIENCE, env=environment, check=False)
        self.assertEqual(taken.returncode, 74)
        self.assertIn("Address already in use", taken.stderr)
        self.assertEqual([file.name for file in self.path.iterdir() if file.name.startswith("o.db")], [])
        self.stop()


if __name__ == "__main__":
    unittest.main()
