#!/usr/bin/env python3
"""What programs find when they start, and must not count on: closed descriptors, a umask, limits,
signals that are ignored or blocked, a folder that is gone, pipes that do not block, a terminal that
closes."""
import fcntl
import json
import os
import pty
import resource
import signal
import sqlite3
import subprocess
import termios
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import Case, OFFSYNC, PATIENCE, PROXY, clean_environment, drop_root, eventually, main, ndjson

EVENT = {"specversion": "1.0", "id": "e1", "source": "/c", "type": "t", "subject": "k/1",
         "time": "2023-11-14T22:13:20Z", "data": {"set": {"n": 1}}}
CLOSED = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]


def batch(n, size=10):
    return "".join(f'{{"type":"t","subject":"k/{i}","data":{{"set":{{"v":"{"x" * size}"}}}}}}\n' for i in range(n))


def post(url, events):
    body = "".join(json.dumps(event) + "\n" for event in events).encode()
    request = urllib.request.Request(url + "/v1/spaces/s/events", body, {"Content-Type": "application/x-ndjson"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=PATIENCE) as answer:
        return ndjson(answer.read().decode())


def get(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=PATIENCE) as answer:
        return answer.read().decode()


def without(closed, command):
    """A command line that runs `command` with some descriptors closed."""
    return ["sh", "-c", 'exec "$@"' + "".join(f" {fd}{'<' if fd == 0 else '>'}&-" for fd in closed), "sh", *command]


class World(Case):
    """With proxies that are started in unusual ways."""

    def start(self, command, **kwargs):
        (self.folder / "ready").unlink(missing_ok=True)
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=self.folder, env=clean_environment(), **{**streams, **kwargs})
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait()

    def proxy_command(self, *arguments):
        return [PROXY, "--listen", "127.0.0.1:0", "--store", "sqlite:p.db", "--ready-file", "ready", *arguments]

    def url(self, process=None):
        def ready():
            self.assertTrue(process is None or process.poll() is None, "the proxy has ended")
            file = self.folder / "ready"
            return file.exists() and file.read_text().endswith("\n")
        eventually(ready, "the proxy listens")
        return (self.folder / "ready").read_text().strip()

    def sound(self, events):
        """The store is a database, and holds so many events."""
        store = sqlite3.connect(self.folder / "p.db")
        self.assertEqual(store.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        self.assertEqual(store.execute("SELECT count(*) FROM event").fetchone(), (events,))
        store.close()


class Descriptors(World):
    def test_the_log_never_goes_into_the_store(self):
        for n, closed in enumerate(CLOSED, 1):
            proxy = self.start(without(closed, self.proxy_command()))
            url = self.url(proxy)
            self.assertEqual(post(url, [{**EVENT, "id": f"e{n}"}])[0]["outcome"], "accepted")
            proxy.terminate()
            self.assertEqual(proxy.wait(timeout=PATIENCE), 0)
            self.sound(n)
            self.assertNotIn(b"level=", (self.folder / "p.db.lock").read_bytes(), closed)

    def test_a_daemon_with_closed_descriptors_says_that_it_runs(self):
        for n, closed in enumerate(CLOSED, 1):
            command = self.proxy_command("--daemon", "--log-file", "log", "--pidfile", "pid")
            self.assertEqual(self.start(without(closed, command)).wait(timeout=PATIENCE), 0, closed)
            pid = int((self.folder / "pid").read_text())
            try:
                self.assertEqual(post(self.url(), [{**EVENT, "id": f"e{n}"}])[0]["outcome"], "accepted")
            finally:
                os.kill(pid, signal.SIGTERM)
            eventually(lambda: not (self.folder / "pid").exists(), "the daemon ends")
            self.sound(n)

    def test_the_command_line_never_writes_messages_into_the_replica(self):
        self.replica("anna")
        for closed in CLOSED:
            for program in (OFFSYNC, str(Path(OFFSYNC).with_name("offsync-net"))):
                done = subprocess.run(without(closed, [program, "emit", "t", "a/1", "x=1", "no"]), timeout=PATIENCE,
                                      cwd=self.folder / "anna", env=clean_environment(), stderr=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 2)
        store = sqlite3.connect(self.folder / "anna/.offsync/replica.db")
        self.assertEqual(store.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        store.close()

    def test_a_daemon_keeps_nothing_of_its_caller_open(self):
        lock = open(self.folder / "lock", "w")
        self.addCleanup(lock.close)
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = self.proxy_command("--daemon", "--log-file", "log", "--pidfile", "pid")
        process = self.start(command, pass_fds=(lock.fileno(), write))
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        os.close(write)
        pid = int((self.folder / "pid").read_text())
        try:
            opened = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            self.assertNotIn(str(self.folder / "lock"), opened)
            self.assertEqual(os.read(read, 1), b"", "nobody else has the pipe open")
        finally:
            os.kill(pid, signal.SIGTERM)
        eventually(lambda: not (self.folder / "pid").exists(), "the daemon ends")

    def test_a_hook_gets_nothing_of_ours(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        for i in range(2):
            anna.emit("t", f"k/{i}", "v=1")
        file = open(self.folder / "other", "w")
        self.addCleanup(file.close)
        hook = "ls -l /proc/self/fd >> ../fds; sleep 300 & echo $! >> ../pids"
        watch = anna.start("watch", "-n", "2", "--exec", hook, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(file.fileno(),))
        code = watch.wait(timeout=PATIENCE)
        pids = [int(pid) for pid in (self.folder / "pids").read_text().split()]
        try:
            self.assertEqual(code, 0)
            self.assertEqual(len(pids), 2)
            for pid in pids:
                self.assertEqual(set(os.listdir(f"/proc/{pid}/fd")), {"0", "1", "2"})
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        self.assertNotIn("socket:", (self.folder / "fds").read_text())


class Inherited(World):
    def test_files_are_ours_whatever_the_umask(self):
        for umask in (0o000, 0o777):
            name = f"replica-{umask:o}"
            (self.folder / name).mkdir()
            run = lambda *words: subprocess.run([OFFSYNC, *words], cwd=self.folder / name, timeout=PATIENCE,
                                                env=clean_environment(), check=True, capture_output=True,
                                                preexec_fn=lambda: os.umask(umask))
            run("init")
            run("emit", "t", "a/1", "x=1")
            self.assertEqual(len(ndjson(run("queue").stdout.decode())), 1)
            for file in (self.folder / name / ".offsync").iterdir():
                self.assertEqual(file.stat().st_mode & 0o622, 0o600, file)
            store = f"store-{umask:o}.db"
            command = [word.replace("p.db", store) for word in self.proxy_command()]
            proxy = self.start(command, preexec_fn=lambda: os.umask(umask))
            post(self.url(proxy), [EVENT])
            self.end(proxy)
            for file in self.folder.glob(store + "*"):
                self.assertEqual(file.stat().st_mode & 0o627, 0o600, file)

    def test_a_stricter_umask_stays(self):
        proxy = self.start(self.proxy_command(), preexec_fn=lambda: os.umask(0o077))
        self.url(proxy)
        self.assertEqual((self.folder / "p.db").stat().st_mode & 0o777, 0o600)

    def test_signals_that_a_parent_blocked_or_ignored(self):
        def odd():
            for ignored in (signal.SIGCHLD, signal.SIGTTOU):
                signal.signal(ignored, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))

        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t", "k/1", "v=1")
        watch = anna.start("watch", "-n", "1", "--exec", "exit 3", "--exec-fail", "stop", preexec_fn=odd,
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = watch.communicate(timeout=PATIENCE)[1]
        self.assertEqual(watch.returncode, 75, said)
        self.assertIn("ended with exit code 3", said)
        endless = anna.start("watch", preexec_fn=odd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
        self.assertIn("connected", endless.stderr.readline())
        endless.terminate()
        self.assertEqual(endless.wait(timeout=PATIENCE), 130)
        endless.stderr.close()
        command = self.proxy_command("--daemon", "--log-file", "log", "--pidfile", "pid")
        self.assertEqual(self.start(command, preexec_fn=odd).wait(timeout=PATIENCE), 0)
        os.kill(int((self.folder / "pid").read_text()), signal.SIGTERM)
        eventually(lambda: not (self.folder / "pid").exists(), "the daemon ends")

    def test_the_working_folder_is_gone(self):
        gone = self.folder / "gone"

        def run(*command):
            gone.mkdir()
            return subprocess.run(["sh", "-c", f'rmdir "{gone}"; exec "$@"', "sh", *command], cwd=gone,
                                  env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE)

        done = run(PROXY, "--store", "sqlite:p.db", "--check-config")
        self.assertEqual((done.returncode, done.stdout), (78, ""))
        self.assertIn("cannot tell where we are: No such file or directory", done.stderr)
        done = run(PROXY, "--store", f"sqlite:{self.folder}/p.db", "--check-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run(OFFSYNC, "state")
        self.assertEqual(done.returncode, 66, done.stderr)
        anna = self.replica("anna")
        anna.emit("t", "a/1", "x=1")
        done = run(OFFSYNC, "-C", str(anna.folder / ".offsync"), "state", "--offline")
        self.assertEqual((done.returncode, len(ndjson(done.stdout))), (0, 1), done.stderr)

    def test_variables_that_are_empty_or_relative(self):
        def check(**variables):
            done = subprocess.run([PROXY, "--check-config"], env={**clean_environment(), **variables}, cwd=self.folder,
                                  capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        self.assertIn('listen = "127.0.0.1:8080"  # default', check(OFFSYNC_PROXY_LISTEN=""))
        self.assertIn("threads = 64  # default", check(OFFSYNC_PROXY_THREADS="", OFFSYNC_PROXY_CONFIG=""))

    def test_no_more_threads_is_slower_and_no_bug(self):
        anna = self.replica("anna")
        events = "".join(json.dumps({**EVENT, "id": f"e{i}", "subject": f"k/{i}", "sequence": str(i + 1)}) + "\n"
                         for i in range(2000))
        expected = anna.run("replay", "-", "-o", "ndjson", input=events)
        program = self.for_nobody(OFFSYNC)

        def no_threads():
            drop_root()
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        # The leak checker of instrumented programs begins a thread, too.
        options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        done = subprocess.run([program, "replay", "-", "-o", "ndjson"], input=events, cwd="/", preexec_fn=no_threads,
                              env={**clean_environment(), "ASAN_OPTIONS": options}, capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (0, expected), done.stderr)


class Limits(World):
    @staticmethod
    def limited(mib):
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (mib * 1024 * 1024, mib * 1024 * 1024))

    def test_a_file_that_may_not_grow_is_like_a_full_disk(self):
        anna = self.replica("anna")
        (self.folder / "events").write_text(batch(4000, 1000))
        done = subprocess.run([OFFSYNC, "emit", "--batch", "../events", "-o", "ndjson"], cwd=anna.folder,
                              env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE,
                              preexec_fn=self.limited(8))
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("ulimit -f", done.stderr)
        printed = [event["id"] for event in ndjson(done.stdout)]
        self.assertGreater(len(printed), 0)
        kept = [entry["event"]["id"] for entry in anna.queue()]
        self.assertEqual(printed, kept)
        self.assertIn(f"queued {len(kept)}", done.stderr)
        anna.emit("t", "after/1", "v=1")

    def test_a_replica_that_may_not_grow_at_all_says_which_limit_it_is(self):
        anna = self.replica("anna")
        for blocks in (1, 16):
            for command in (["state", "--offline"], ["queue"], ["emit", "t", "a/1", "v=1"]):
                done = subprocess.run([OFFSYNC, *command], cwd=anna.folder, env=clean_environment(),
                                      capture_output=True, text=True, timeout=PATIENCE,
                                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (blocks * 1024,) * 2))
                self.assertEqual(done.returncode, 74, done.stderr)
                self.assertIn("raise the limit", done.stderr)

    def test_few_descriptors_are_not_an_absent_proxy(self):
        proxy = self.start(self.proxy_command())
        anna = self.replica("anna", self.url(proxy) + "/v1/spaces/shop")
        self.few_descriptors(anna, "sync")
        ben = self.replica("ben", self.url(proxy) + "/v1/spaces/shop")
        anna.emit("t", "k/1", "v=1")
        anna.sync()
        self.few_descriptors(ben, "watch", "-n", "1", "--from", "beginning", "--timeout", "60")

    def few_descriptors(self, anna, *command):
        for most in range(5, 64):
            done = subprocess.run([OFFSYNC, *command], cwd=anna.folder, env=clean_environment(), capture_output=True,
                                  text=True, timeout=PATIENCE,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)))
            if done.returncode == 0 and most > 5:  # they suffice
                return
            if "invalid vptr" in done.stderr:  # the sanitizer itself needs descriptors to look at an object
                continue
            self.assertEqual(done.returncode, 74, (most, done.stderr))
            self.assertRegex(done.stderr, "(?i)too many open files|open files", most)
        self.fail("63 descriptors do not suffice")

    def test_output_beyond_the_limit_is_an_error_with_a_word(self):
        anna = self.replica("anna")
        anna.run("emit", "--batch", "-", input=batch(3000, 1000))
        with open(self.folder / "out", "wb") as out:
            done = subprocess.run([OFFSYNC, "state", "--offline"], cwd=anna.folder, env=clean_environment(),
                                  stdout=out, stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
                                  preexec_fn=self.limited(2))
        self.assertEqual((done.returncode, done.stderr),
                         (74, "offsync: cannot write to the output: File too large\n"))

    def test_a_proxy_whose_store_may_not_grow_takes_nothing_more_and_loses_nothing(self):
        proxy = self.start(self.proxy_command("--log-file", "log"), preexec_fn=self.limited(2))
        url = self.url(proxy)
        taken = 0
        with self.assertRaises(urllib.error.HTTPError) as refused:
            while taken < 100:
                outcome = post(url, [{**EVENT, "id": f"e{taken}", "data": {"set": {"n": "x" * 30_000}}}])
                self.assertEqual(outcome[0]["outcome"], "accepted")
                taken += 1
        self.assertEqual(refused.exception.code, 503)
        refused.exception.close()
        self.assertGreater(taken, 2)
        self.assertEqual(json.loads(get(url + "/v1/spaces/s"))["head"], taken)
        self.assertIn("ulimit -f", (self.folder / "log").read_text())
        proxy.terminate()
        self.assertEqual(proxy.wait(timeout=PATIENCE), 0)
        self.sound(taken)


class Pipes(World):
    def patient(self, command, folder, slow="stdout", **kwargs):
        """Runs it with a pipe that does not block and that nobody reads until the program waits."""
        read, write = os.pipe()
        os.set_blocking(write, False)
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen(command, cwd=folder, env=clean_environment(),
                                   **{"stdin": subprocess.DEVNULL, slow: write, **kwargs})
        self.addCleanup(self.end, process)
        os.close(write)

        def waits():
            state = Path(f"/proc/{process.pid}/wchan").read_text() if process.poll() is None else "ended"
            return process.poll() is not None or "poll" in state or state in ("0", "")
        eventually(waits, "the program waits")
        time.sleep(0.2)
        with os.fdopen(read, "rb") as file:
            text = file.read().decode()
        return process.wait(timeout=PATIENCE), text

    def test_output_waits_where_the_pipe_does_not(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.run("emit", "--batch", "-", input=batch(500, 200))
        queue = anna.run("queue", "export")
        for command in (["state", "--offline"], ["queue"], ["queue", "export"], ["log", "--pending"]):
            expected = anna.run(*command)
            self.assertGreater(len(expected), 65536)
            self.assertEqual(self.patient([OFFSYNC, *command], anna.folder), (0, expected), command)
        anna.sync()
        self.assertEqual(self.patient([OFFSYNC, "log"], anna.folder), (0, anna.run("log")))
        watch = [OFFSYNC, "watch", "--from", "beginning", "-n", "500", "-q"]
        self.assertEqual(self.patient(watch, anna.folder), (0, anna.run("log")))
        self.assertGreater(len(queue), 65536)

    def test_messages_wait_too(self):
        anna = self.replica("anna")
        (self.folder / "bad").write_text("no\n" * 2000)
        code, said = self.patient([OFFSYNC, "emit", "--batch", "../bad"], anna.folder, slow="stderr")
        self.assertEqual((code, len(said.splitlines())), (65, 2001))

    def test_input_waits_where_the_pipe_does_not(self):
        anna = self.replica("anna")
        for command, queued in ((["emit", "--batch", "-"], 20), (["replay", "-"], 20)):
            read, write = os.pipe()
            os.set_blocking(read, False)
            process = anna.start(*command, stdin=read, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            os.close(read)
            with os.fdopen(write, "w") as pipe:
                for i in range(20):
                    pipe.write(json.dumps({**EVENT, "id": f"{command[0]}{i}", "subject": f"k/{i}"}) + "\n")
                    pipe.flush()
                    time.sleep(0.01)
            out, said = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, said)
        self.assertEqual(len(ndjson(out)), queued)
        self.assertEqual(len(anna.queue()), queued)
        read, write = os.pipe()
        os.set_blocking(read, False)
        process = anna.start("emit", "t", "late/1", "--data", "-", stdin=read, stdout=subprocess.DEVNULL)
        os.close(read)
        time.sleep(0.2)
        os.write(write, b'{"set":{"a":1}}')
        os.close(write)
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        self.assertEqual(anna.fields("late/1"), {"a": 1})


class Terminal(World):
    def on_terminal(self, command, **kwargs):
        """Starts it as the foreground program of a terminal of its own; its process and the other end."""
        primary, secondary = pty.openpty()

        def own():
            os.setsid()
            fcntl.ioctl(secondary, termios.TIOCSCTTY, 0)
        process = self.start(command, stdin=secondary, stdout=secondary, stderr=secondary, preexec_fn=own, **kwargs)
        os.close(secondary)
        return process, primary

    def test_a_proxy_ends_with_its_terminal(self):
        proxy, terminal = self.on_terminal(self.proxy_command("--log-file", "log"))
        url = self.url(proxy)
        post(url, [EVENT])
        proxy.send_signal(signal.SIGHUP)  # by hand: only the log is opened anew
        eventually(lambda: "event=log_reopened" in (self.folder / "log").read_text(), "the log is opened anew")
        self.assertEqual(get(url + "/readyz"), "ready\n")
        os.close(terminal)
        self.assertEqual(proxy.wait(timeout=PATIENCE), 0)
        self.assertIn("event=stopping signal=SIGHUP", (self.folder / "log").read_text())
        self.sound(1)

    def test_a_proxy_ends_when_the_shell_passes_it_on(self):
        shell = self.on_terminal(["bash", "--norc", "-i"])
        os.write(shell[1], (" ".join(self.proxy_command("--log-file", "log")) + " &\n").encode())
        url = self.url()
        self.assertEqual(get(url + "/readyz"), "ready\n")
        os.close(shell[1])
        eventually(lambda: "event=stopped" in (self.folder / "log").read_text(), "the proxy has stopped")

    def test_a_proxy_of_nohup_outlives_its_terminal(self):
        proxy, terminal = self.on_terminal(["nohup", *self.proxy_command("--log-file", "log")])
        url = self.url(proxy)
        os.close(terminal)
        eventually(lambda: "event=log_reopened" in (self.folder / "log").read_text(), "the signal has come")
        self.assertEqual(get(url + "/readyz"), "ready\n")
        proxy.terminate()
        self.assertEqual(proxy.wait(timeout=PATIENCE), 0)

    def test_a_log_that_cannot_be_opened_anew_is_not_said_to_be(self):
        (self.folder / "logs").mkdir()
        proxy = self.start(self.proxy_command("--log-file", "logs/log"))
        self.url(proxy)
        (self.folder / "logs").rename(self.folder / "moved")
        log = self.folder / "moved/log"
        proxy.send_signal(signal.SIGHUP)
        eventually(lambda: "event=log_not_reopened" in log.read_text(), "the log says so")
        (self.folder / "logs").mkdir()
        proxy.send_signal(signal.SIGHUP)
        eventually((self.folder / "logs/log").exists, "it is opened anew")
        self.assertNotIn("event=log_reopened", log.read_text())
        proxy.terminate()
        self.assertEqual(proxy.wait(timeout=PATIENCE), 0)
        self.assertIn("event=log_reopened", (self.folder / "logs/log").read_text())

    def test_a_hook_is_not_cut_by_ctrl_c(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        for i in range(3):
            anna.emit("t", f"k/{i}", "v=1")
        anna.sync()
        hook = "touch ../begun; while [ ! -e ../go ]; do sleep 0.05; done; echo $OFFSYNC_EVENT_SEQUENCE >> ../done"
        for key, how in (("ctrl-c", b"\x03"), ("hang-up", None)):
            for name in ("begun", "go", "done"):
                (self.folder / name).unlink(missing_ok=True)
            primary, secondary = pty.openpty()

            def own():
                os.setsid()
                fcntl.ioctl(secondary, termios.TIOCSCTTY, 0)
            watch = anna.start("watch", "--from", "beginning", "--exec", hook, stdin=secondary,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=own)
            self.addCleanup(self.end, watch)
            os.close(secondary)
            eventually((self.folder / "begun").exists, "the hook runs")
            if how is None:
                os.close(primary)
            else:
                os.write(primary, how)
            time.sleep(0.3)
            self.assertIsNone(watch.poll(), key)
            (self.folder / "go").touch()
            said = watch.communicate(timeout=PATIENCE)[1]
            self.assertEqual(watch.returncode, 130, said)
            self.assertEqual((self.folder / "done").read_text(), "1\n", key)
            epoch = proxy.info()["epoch"]
            self.assertIn(f" --after {epoch}-1", said, key)
            if how is not None:
                os.close(primary)

    def test_a_second_ctrl_c_ends_the_hook_too(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t", "k/1", "v=1")
        watch = anna.start("watch", "--exec", "echo $$ > ../pid; exec sleep 300", stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, watch)
        file = self.folder / "pid"
        eventually(lambda: file.exists() and file.read_text().endswith("\n"), "the hook runs")
        pid = int(file.read_text())
        watch.send_signal(signal.SIGINT)
        time.sleep(1)  # less than half a second is one wish
        self.assertIsNone(watch.poll())
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(timeout=PATIENCE), 130)

        def over():
            stat = Path(f"/proc/{pid}/stat")
            try:
                return stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"
            except (FileNotFoundError, ProcessLookupError):
                return True
        eventually(over, "the hook ends")


if __name__ == "__main__":
    main()
