"""What the end-to-end tests share: the real binaries, each test with its own proxy and folders.

The binaries are named by OFFSYNC and OFFSYNC_PROXY (ctest sets them).
"""
import difflib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from relay import Fault, Relay  # noqa: E402,F401  (for the tests)

OFFSYNC = os.environ.get("OFFSYNC", "offsync")
PROXY = os.environ.get("OFFSYNC_PROXY", "offsync-proxy")
# Generous: the machine may be busy, and the binaries may be instrumented.
PATIENCE = 60


def eventually(condition, what, patience=PATIENCE):
    """Waits until condition() is true, and returns what it gave."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.02)


def ndjson(text):
    return [json.loads(line) for line in text.splitlines()]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def clean_environment():
    """Without the settings of whoever runs the tests."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith("OFFSYNC") and "proxy" not in k.lower() and k != "LESS"}
    env.update(HOME="/nonexistent", XDG_CONFIG_HOME="/nonexistent", TZ="UTC", LC_ALL="C.UTF-8", PAGER="cat",
               OFFSYNC_ASK_TIMEOUT=str(PATIENCE))
    return env


NOBODY = 65534


def drop_root():
    """As preexec_fn: root may do everything, so what permissions do is seen by somebody else."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


class Proxy:
    """An offsync-proxy. kill() is -9; start() after it comes back on the same port and store."""

    def __init__(self, folder, *arguments):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.arguments = arguments
        self.store = self.folder / "proxy.db"
        self.ready = self.folder / "ready"
        self.log = self.folder / "proxy.log"
        self.port = 0
        self.process = None

    def start(self):
        self.ready.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [PROXY, "--listen", f"127.0.0.1:{self.port}", "--store", f"sqlite:{self.store}",
                 "--ready-file", str(self.ready), *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment())

        def is_ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the proxy ended with {self.process.returncode}:\n{self.talk()}")
            return self.ready.exists() and self.ready.read_text().endswith("\n")

        eventually(is_ready, "the proxy is ready")
        self.port = int(re.search(r":(\d+)", self.ready.read_text()).group(1))
        return self

    def talk(self):
        return self.log.read_text(errors="replace")[-4000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit code, which is 70 where it took more than 5 s."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()

    def url(self, space="test", port=None):
        return f"http://127.0.0.1:{port or self.port}/v1/spaces/{space}"

    def get(self, path, space="test", headers=None):
        request = urllib.request.Request(self.url(space) + path, headers=headers or {})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE) as answer:
            return answer.read().decode(), answer.headers

    def info(self, space="test"):
        return json.loads(self.get("", space)[0])

    def log_lines(self, space="test"):
        """The whole log, page by page."""
        lines, cursor = [], None
        while True:
            body, headers = self.get("/events?limit=1000" + (f"&after={cursor}" if cursor else ""), space)
            lines += body.splitlines()
            cursor = headers["Offsync-Cursor"]
            if cursor.rsplit("-", 1)[1] == headers["Offsync-Head"]:
                return lines


class Replica:
    def __init__(self, folder, url=None, source=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / ".offsync").exists():
            arguments = ["init"]
            if url:
                arguments += ["--remote", url]
            if source:
                arguments += ["--source", source]
            self.run(*arguments)

    def configure(self, **settings):
        """Adds to the replica's settings file."""
        with open(self.folder / ".offsync/config.toml", "a", encoding="utf-8") as file:
            for key, value in settings.items():
                file.write(f"{key} = {json.dumps(value)}\n")

    def start(self, *arguments, **kwargs):
        return subprocess.Popen([OFFSYNC, *map(str, arguments)], cwd=self.folder, env=clean_environment(),
                                **kwargs)

    def run(self, *arguments, code=0, input=None, env=None):
        """Runs a command; its standard output. Fails where the exit code is not `code`."""
        done = self.finish(*arguments, input=input, env=env)
        if done.returncode != code:
            raise AssertionError(
                f"offsync {' '.join(map(str, arguments))}: exit code {done.returncode}, not {code}\n"
                f"stdout: {done.stdout[-2000:]}\nstderr: {done.stderr[-4000:]}")
        return done.stdout

    def finish(self, *arguments, input=None, env=None):
        return subprocess.run(
            [OFFSYNC, *map(str, arguments)], cwd=self.folder, env={**clean_environment(), **(env or {})},
            input=input, stdin=subprocess.DEVNULL if input is None else None, text=True,
            capture_output=True, timeout=10 * PATIENCE, check=False)

    def emit(self, *arguments):
        self.run("emit", *arguments)

    def sync(self, *arguments, code=0):
        return json.loads(self.run("sync", "--json", *arguments, code=code))

    def state(self):
        """What the replica alone shows."""
        return self.run("state", "--offline", "-o", "ndjson")

    def fields(self, subject):
        for entity in ndjson(self.state()):
            if entity["subject"] == subject:
                return entity["fields"]
        return None

    def queue(self):
        return ndjson(self.run("queue", "list", "-o", "ndjson"))

    def conflicts(self):
        return ndjson(self.run("conflicts", "list", "--offline", "-o", "ndjson"))

    def status(self):
        return json.loads(self.run("status", "--json", "--offline"))


class Watch:
    """A running `offsync watch`; its lines are collected as they come."""

    def __init__(self, replica, *arguments):
        self.lines, self.errors = [], []
        self.process = replica.start("watch", *arguments, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._threads = [
            threading.Thread(target=self._read, args=(stream, into), daemon=True)
            for stream, into in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _read(stream, into):
        for line in stream:
            into.append(line.rstrip("\n"))

    def sequences(self):
        return [int(json.loads(line)["sequence"]) for line in list(self.lines)]

    def wait_connected(self, times=1):
        eventually(lambda: sum("connected to" in e for e in self.errors) >= times, "watch is connected")

    def wait_lines(self, n, patience=PATIENCE):
        def enough():
            if len(self.lines) >= n:
                return True
            if self.process.poll() is not None:
                self.join()
                if len(self.lines) >= n:
                    return True
                raise AssertionError(f"watch ended with {self.process.returncode} after {len(self.lines)} "
                                     f"of {n} lines: {self.errors}")
            return False

        eventually(enough, f"watch has printed {n} lines", patience)

    def join(self, timeout=PATIENCE):
        code = self.process.wait(timeout=timeout)
        for thread in self._threads:
            thread.join(timeout=timeout)
        return code

    def end(self, how=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.join()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.join()
        self.process.stdout.close()
        self.process.stderr.close()


def unreachable_code(summary):
    """Of a `sync --json` that lost its proxy: 75 where its summary tells of something done, else 69."""
    told = json.loads(summary)
    done = ("pushed", "duplicate", "rejected", "pulled", "snapshots")
    return 75 if any(told[name] for name in done) else 69


def equal(one, other, what):
    if one != other:
        raise AssertionError(f"{what} differ:\n" + "".join(list(difflib.unified_diff(
            one.splitlines(True), other.splitlines(True), n=0))[:40]))


def same_state(proxy, *replicas, space="test"):
    """All replicas, the proxy, and the fold of the proxy's log show the same; returns it."""
    first = replicas[0].state()
    for replica in replicas[1:]:
        equal(first, replica.state(), "the states of two replicas")
    equal(first, replicas[0].run("state", "--require-proxy", "-o", "ndjson"), "replica and proxy")
    log = "".join(line + "\n" for line in proxy.log_lines(space))
    equal(first, replicas[0].run("replay", "-", "-o", "ndjson", input=log), "state and replay of the log")
    return first


class Case(unittest.TestCase):
    """A test with a temporary folder; what it starts is ended with it."""

    maxDiff = 4000

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="offsync-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def proxy(self, *arguments, name="proxy"):
        proxy = Proxy(self.folder / name, *arguments)
        self.addCleanup(proxy.close)
        return proxy.start()

    def replica(self, name, url=None):
        return Replica(self.folder / name, url, source=f"/clients/{name}")

    def watch(self, replica, *arguments):
        watch = Watch(replica, *arguments)
        self.addCleanup(watch.close)
        return watch

    def relay(self, port):
        relay = Relay(port)
        self.addCleanup(relay.close)
        return relay

    def for_nobody(self, program):
        """A copy that everybody may run, wherever the build is."""
        self.folder.chmod(0o755)
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        for file in {Path(program), Path(program).with_name("offsync-net")}:
            if file.exists() and not (folder / file.name).exists():
                shutil.copy(file, folder / file.name)
                (folder / file.name).chmod(0o755)
        folder.chmod(0o755)
        return str(folder / Path(program).name)

    def assert_unreachable(self, done):
        self.assertEqual(done.returncode, unreachable_code(done.stdout), done.stderr)

    def assert_same_state(self, proxy, *replicas, space="test"):
        return same_state(proxy, *replicas, space=space)


def main():
    unittest.main(verbosity=2)
