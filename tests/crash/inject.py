"""strace harms one system call of an `offsync emit`, of one whose commit checkpoints, and of a proxy
that takes an event: the process is killed there, or the call fails (P1, P2)."""
import http.client
import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

from checks import (Proxy, Replica, check_log, check_proxy_file, check_replica_file, must, ndjson, same_state)
from harness import OFFSYNC, clean_environment, eventually
from tools import need

KINDS = ("signal=KILL", "error=EIO", "error=ENOSPC", "error=EINTR")
# The kernel does not fail these so: brk answers with an address, getrandom with bytes once the system
# is up, an execve that fails is no emit, nobody handles a failed
# exit; glibc aborts, rightly, when a futex has an error that a futex cannot have.
NEVER_FAIL = {"brk", "restart_syscall", "getrandom", "execve", "exit", "exit_group", "futex", "rseq", "set_robust_list", "set_tid_address",
              "arch_prctl", "rt_sigaction", "rt_sigprocmask", "getpid", "gettid", "geteuid", "clone3", "sched_yield", "mprotect",
              "munmap", "madvise"}


def calls_in(trace):
    """Name -> how often at most a thread called it."""
    by_thread = Counter(re.findall(r"^(\d+) +(\w+)\(", trace, re.M))
    most = {}
    for (_, name), count in by_thread.items():
        most[name] = max(count, most.get(name, 0))
    return most


def plan(calls):
    return [(kind, name, n) for name, count in sorted(calls.items()) for kind in KINDS
            if kind == "signal=KILL" or name not in NEVER_FAIL for n in range(1, count + 1)]


def was_injected(trace):
    return "(INJECTED)" in trace or "killed by SIGKILL" in trace


class EmitSweep:
    """One replica, put back as it was before each injection, in place: a copy would be another file."""

    def __init__(self, folder, checkpoint):
        self.replica = Replica(folder, source="/clients/victim")
        self.trace_file = folder / "trace"
        self.database = folder / ".offsync" / "replica.db"
        self.replica.emit("n.set", "n/1", "v:=0")
        if checkpoint:
            self.fill_wal()
        self.save()
        while self.emit() and checkpoint and self.wal_size() > 0:
            self.save()
        must((self.wal_size() == 0) == checkpoint, "test", f"the WAL has {self.wal_size()} bytes after the emit")
        self.calls = calls_in(self.trace_file.read_text())
        self.restore()
        self.before = [event["event"]["id"] for event in self.replica.queue()]

    def wal_size(self):
        return os.path.getsize(f"{self.database}-wal")

    def fill_wal(self):
        """Towards the 125 pages at which a commit checkpoints: until the WAL begins anew, then almost as far."""
        sizes = [self.wal_size()]
        while len(sizes) < 2 or sizes[-1] >= sizes[-2]:
            self.write_some()
            sizes.append(self.wal_size())
        while self.wal_size() < max(sizes) - 20 * 4120:
            self.write_some()

    def write_some(self):
        self.replica.run("emit", "-q", "--batch", "-", input="".join(json.dumps(
            {"type": "n.set", "subject": f"n/{i}", "data": {"set": {"v": "x" * 300}}}) + "\n" for i in range(3)))

    def save(self):
        self.saved = {suffix: Path(f"{self.database}{suffix}").read_bytes() for suffix in ("", "-wal")}

    def restore(self):
        for suffix, content in self.saved.items():
            with open(f"{self.database}{suffix}", "r+b") as file:
                file.write(content)
                file.truncate()
        Path(f"{self.database}-shm").unlink(missing_ok=True)

    def emit(self, *strace_options):
        self.restore()
        return subprocess.run(
            ["strace", "-f", "-qq", "-o", str(self.trace_file), *strace_options, OFFSYNC, "emit", "-o", "ndjson",
             "n.set", "n/1", "v:=1", "text=two", "--add=s=1"], cwd=self.replica.folder, env=clean_environment(),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)

    def one(self, kind, name, n, totals):
        """False: the process ended untouched."""
        done = self.emit("-e", f"trace={name}", "-e", f"inject={name}:{kind}:when={n}")
        injected = was_injected(self.trace_file.read_text())
        what = f"{name} {n}, {kind}: exit code {done.returncode}, {done.stderr.strip()!r}"
        self.check_exit(done, injected, kind, what)
        ids = [event["event"]["id"] for event in self.replica.queue()]
        must(ids[:len(self.before)] == self.before and len(ids) <= len(self.before) + 1, "P1", f"{what}: queue {ids}")
        new = ids[len(self.before):]
        said = [event["id"] for event in ndjson(done.stdout[:done.stdout.rfind("\n") + 1])]
        must(new == said if done.returncode == 0 else set(said) <= set(new), "P1", f"{what}: said {said}, kept {new}")
        check_replica_file(self.replica)
        self.replica.emit("n.set", "n/2", "v:=2")  # all goes on
        totals["injections into emit"] += injected
        totals["kept"] += injected and len(new)
        totals[f"exit {done.returncode}"] += injected
        return injected

    @staticmethod
    def check_exit(done, injected, kind, what):
        code = done.returncode
        if not injected:
            must(code == 0, "test", what)
        elif kind == "signal=KILL":
            must(code in (-9, 137), "P1", what)
        elif code in (127, -11, 139):  # the loader, before main(); its first mmap fails it without a word
            must((code == 127 and done.stderr) or "mmap 1," in what, "P1", what)
        elif code == 66:  # looking for the replica's folder, which then seems not to be there
            must(re.match("(getcwd|newfstatat) ", what) and "no replica" in done.stderr, "P1", what)
        else:
            must(code in (0, 74), "P1", f"{what}: neither 0 nor 74")
            must(code == 0 or re.match(r"offsync: .{15}", done.stderr), "P1", f"{what}: what failed?")


def sweep_emit(options, folder, totals, checkpoint):
    sweep = EmitSweep(folder, checkpoint)
    items = options.sample(plan(sweep.calls), 60)
    for i, (kind, name, n) in enumerate(items):
        injected = sweep.one(kind, name, n, totals)
        while injected and n >= sweep.calls[name] and n < 1000:  # an error can make for more calls
            n += 1
            injected = sweep.one(kind, name, n, totals)
        if i % 200 == 199:
            options.progress(f"inject: {folder.name}, {i + 1} of {len(items)}")


class ProxySweep:
    def __init__(self, folder):
        self.proxy = Proxy(folder).start()
        self.trace_file = folder / "trace"
        self.sent = 0
        self.accepted = []
        self.post()
        with self.tracing():
            self.post()
        self.calls = calls_in(self.trace_file.read_text())

    def tracing(self, *strace_options):
        return Tracer(self.proxy.process.pid, self.trace_file, strace_options)

    def post(self):
        """One event; its outcome, or None where there was no answer."""
        self.sent += 1
        id_ = f"event-{self.sent}"
        body = json.dumps({"specversion": "1.0", "id": id_, "source": "/poster", "type": "n.set",
                           "subject": f"n/{self.sent % 5}", "time": "2026-11-23T12:00:00Z",
                           "clientseq": str(self.sent), "data": {"set": {"v": self.sent}}})
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=5)
        try:
            connection.request("POST", "/v1/spaces/test/events", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if answer.status != 200:
            must(answer.status >= 400 and json.loads(text)["code"], "P1", f"{answer.status} without a code: {text}")
            return answer.status
        must(json.loads(text)["outcome"] == "accepted", "P3", text)
        self.accepted.append(id_)
        return 200

    def streams(self):
        """A new subscriber gets the newest event."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=5)
        try:
            connection.request("GET", f"/v1/spaces/test/events?after={self.proxy.info()['head'] - 1}",
                               headers={"Accept": "text/event-stream"})
            answer = connection.getresponse()
            for line in answer:
                if line.startswith(b"data: {\"specversion"):
                    return True
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        return False

    def one(self, kind, name, n, totals):
        with self.tracing("-e", f"trace={name}", "-e", f"inject={name}:{kind}:when={n}"):
            answer = self.post()
        injected = was_injected(self.trace_file.read_text())
        what = f"{name} {n}, {kind}: answer {answer}"
        if kind == "signal=KILL" and (injected or answer is None):  # strace may end before it has told
            injected = True
            self.proxy.process.wait(timeout=20)
            check_proxy_file(self.proxy)
            self.proxy.start()
        must(self.proxy.process.poll() is None, "P1",
             f"{what}: the proxy ended with {self.proxy.process.returncode}: {self.proxy.talk()[-600:]}")
        must(injected or answer == 200, "test", what)
        eventually(lambda: self.post() == 200, f"the proxy takes events again after {what}", 30)
        eventually(self.streams, f"the proxy streams again after {what}", 30)
        totals["injections into the proxy"] += injected
        totals[f"answer {answer}"] += injected

    def check(self, client):
        events = check_log(self.proxy.log_lines())
        lost = set(self.accepted) - {event["id"] for event in events}
        must(not lost, "P1", f"accepted and lost: {sorted(lost)}")
        client.sync()
        same_state(self.proxy, client)
        must(self.proxy.stop() == 0, "P1", "the proxy did not stop cleanly")
        check_proxy_file(self.proxy)


class Tracer:
    """strace on a running process, from here to the end of the block."""

    def __init__(self, pid, file, options):
        self.command = ["strace", "-f", "-o", str(file), *options, "-p", str(pid)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "attached" in line:
                return
        raise AssertionError(f"strace cannot attach: {''.join(said)}")

    def __exit__(self, *_):
        self.process.terminate()  # it lets go of the process; of one that has died it may never
        try:
            self.process.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


def sweep_proxy(options, folder, totals):
    sweep = ProxySweep(folder / "proxy")
    try:
        client = Replica(folder / "client", sweep.proxy.url())
        items = options.sample(plan(sweep.calls), 60)
        for i, item in enumerate(items):
            sweep.one(*item, totals)
            if i % 100 == 99:
                options.progress(f"inject: proxy, {i + 1} of {len(items)}")
        sweep.check(client)
    finally:
        sweep.proxy.close()


def run(options, folder, totals):
    need("strace")
    sweep_emit(options, folder / "emit", totals, checkpoint=False)
    sweep_emit(options, folder / "emit-with-checkpoint", totals, checkpoint=True)
    sweep_proxy(options, folder, totals)
