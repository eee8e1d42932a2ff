#!/usr/bin/env python3
"""A disk that gets full under the replica and under the proxy: a small file system where this machine lets
mount one, and everywhere a limit for the size of files. What was printed or answered is kept, the code says
what happened, and with room again all goes on."""
import concurrent.futures
import contextlib
import functools
import itertools
import json
import resource
import sqlite3
import subprocess
import urllib.error
import urllib.request

from harness import Case, OFFSYNC, PATIENCE, PROXY, Replica, clean_environment, eventually, main, ndjson

WHY = r"full|ulimit -f"


class Mounted:
    """A file system of its own, which can grow, and be filled to the last byte."""

    def __init__(self, folder, kib):
        self.folder = folder
        folder.mkdir()
        self.mount(f"size={kib}k")

    def mount(self, options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(self.folder)], check=True, capture_output=True)

    def before(self):
        pass

    def grow(self, *processes):
        del processes
        self.mount("remount,size=64m")

    def fill(self):
        with open(self.folder / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(b"x" * 4096):
                pass

    def clear(self):
        (self.folder / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


class Limited:
    """No file may be longer than so much: the write fails in the middle, as on a full disk."""

    def __init__(self, folder, kib):
        self.folder, self.bytes = folder, kib * 1024
        folder.mkdir()

    def before(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.bytes, resource.RLIM_INFINITY))

    def grow(self, *processes):
        self.bytes = resource.RLIM_INFINITY
        for process in processes:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (self.bytes, self.bytes))

    def fill(self):
        self.bytes = 8192

    def clear(self):
        self.bytes = resource.RLIM_INFINITY

    def close(self):
        pass


class On(Replica):
    """A replica whose commands have no more room than `disk` has."""

    def __init__(self, disk, url):
        self.disk, self.folder = disk, disk.folder
        self.run("init", "--remote", url, "--source", "/clients/small")

    def finish(self, *arguments, input=None, env=None):
        return subprocess.run(
            [OFFSYNC, *map(str, arguments)], cwd=self.folder, env={**clean_environment(), **(env or {})}, input=input,
            stdin=subprocess.DEVNULL if input is None else None, text=True, capture_output=True,
            timeout=10 * PATIENCE, check=False, preexec_fn=self.disk.before)


def lines(n, size, kind="n"):
    return "".join(json.dumps({"type": "n.set", "subject": f"{kind}/{i % 50}", "data": {"set": {"v": i, "x": "x" * size}}}) + "\n"
                   for i in range(n))


def on_disks(kib):
    """The test with a disk of each kind; what is small for all files is smaller for each."""
    def of(test):
        @functools.wraps(test)
        def on_each(self):
            for way in self.ways:
                with self.subTest(way.__name__), contextlib.closing(
                        way(self.folder / f"disk-{next(self.made)}", kib if way is Mounted else kib // 2)) as disk:
                    test(self, disk)
        return on_each
    return of


class FullDisk(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy()
        self.made = itertools.count()
        self.ways = [Limited]
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            Mounted(self.folder / "probe", 64).close()
            self.ways.append(Mounted)

    def assert_full(self, done):
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertRegex(done.stderr, WHY)

    def ids(self, proxy, space="test"):
        return [json.loads(line)["id"] for line in proxy.log_lines(space)]

    def queued(self, replica):
        return [entry["event"]["id"] for entry in replica.queue()]

    def assert_usable(self, replica):
        """Without any room, what reads goes on."""
        replica.state()
        replica.run("log", "-o", "ndjson")
        replica.run("doctor")

    @on_disks(700)
    def test_emit(self, disk):
        proxy, space = self.server, disk.folder.name
        anna = On(disk, proxy.url(space))
        printed, full = [], 0
        for i in range(200):
            if i % 3:
                done = anna.finish("emit", "-o", "ndjson", "n.set", f"n/{i}", f"v:={i}", "x=" + "x" * 20_000)
            else:
                done = anna.finish("emit", "-o", "ndjson", "--batch", "-", input=lines(3, 9_000))
            said = [event["id"] for event in ndjson(done.stdout)]
            if done.returncode:
                self.assert_full(done)
                self.assertEqual(said, [])
                full += 1
                if full == 4:  # and is none the worse for it
                    break
            else:
                self.assertEqual(len(said), 1 if i % 3 else 3)
            printed += said
        self.assertEqual(full, 4)
        self.assertEqual(self.queued(anna), printed)
        self.assert_usable(anna)
        disk.grow()
        printed += [event["id"] for event in ndjson(anna.run("emit", "-o", "ndjson", "n.set", "n/last", "v:=1"))]
        anna.sync()
        self.assertEqual(self.ids(proxy, space), printed)
        self.assert_same_state(proxy, anna, space=space)

    @on_disks(2000)
    def test_a_batch_that_is_greater_than_the_disk(self, disk):
        proxy, space = self.server, disk.folder.name
        anna = On(disk, proxy.url(space))
        anna.emit("n.set", "n/first", "v:=1")
        done = anna.finish("emit", "-o", "ndjson", "--batch", "-", input=lines(5000, 500))
        self.assert_full(done)
        printed = [event["id"] for event in ndjson(done.stdout)]
        held = self.queued(anna)
        self.assertEqual(held[1:len(printed) + 1], printed)
        self.assertLess(len(held), 5000)
        self.assert_usable(anna)
        disk.grow()
        anna.run("emit", "--batch", "-", input=lines(10, 500))
        anna.sync()
        self.assertEqual(self.ids(proxy, space)[:len(held)], held)
        self.assertEqual(len(self.ids(proxy, space)), len(held) + 10)
        self.assert_same_state(proxy, anna, space=space)

    @on_disks(1500)
    def test_sync(self, disk):
        """What is pushed may have been taken though that cannot be kept; it is there once in the end."""
        proxy, space = self.server, disk.folder.name
        writer = self.replica(f"writer-{space}", proxy.url(space))
        anna = On(disk, proxy.url(space))
        anna.sync()  # what comes then, comes as events
        anna.run("emit", "--batch", "-", input=lines(40, 500, "anna"))
        held = self.queued(anna)
        writer.run("emit", "--batch", "-", input=lines(1500, 2000))
        writer.sync()
        for _ in range(3):
            done = anna.finish("sync", "--json")
            self.assert_full(done)
            self.assertFalse(anna.status()["synced"])
            self.assert_usable(anna)
        disk.grow()
        anna.sync()
        self.assertEqual(self.queued(anna), [])
        ids = self.ids(proxy, space)
        self.assertEqual((len(ids), len(set(ids))), (1540, 1540))
        self.assertEqual([i for i in ids if i in held], held)
        writer.sync()
        self.assert_same_state(proxy, anna, writer, space=space)

    @on_disks(1500)
    def test_a_push_whose_outcomes_cannot_be_kept(self, disk):
        proxy, space = self.server, disk.folder.name
        anna = On(disk, proxy.url(space))
        anna.run("emit", "--batch", "-", input=lines(40, 500))
        held = self.queued(anna)
        disk.fill()
        self.assert_full(anna.finish("sync", "--json"))
        disk.clear()
        self.assertEqual(self.queued(anna), held)
        anna.sync()
        self.assertEqual((self.queued(anna), self.ids(proxy, space)), ([], held))
        self.assert_same_state(proxy, anna, space=space)

    @on_disks(1500)
    def test_watch(self, disk):
        """Each event is printed once, over the end of the room too."""
        proxy, space = self.server, disk.folder.name
        writer = self.replica(f"writer-{space}", proxy.url(space))
        anna = On(disk, proxy.url(space))
        anna.sync()
        writer.run("emit", "--batch", "-", input=lines(1500, 2000))
        writer.sync()
        done = anna.finish("watch", "-n", "1500")
        self.assert_full(done)
        printed = done.stdout.splitlines()
        log = proxy.log_lines(space)
        self.assertLess(len(printed), 1500)
        self.assertEqual(printed, log[:len(printed)])
        disk.grow()
        printed += anna.run("watch", "-n", 1500 - len(printed)).splitlines()
        self.assertEqual(printed, log)
        self.assert_same_state(proxy, anna, writer, space=space)

    @on_disks(3000)
    def test_repair(self, disk):
        """There is all of it or nothing, as often as it is tried."""
        anna = On(disk, self.server.url(disk.folder.name))
        anna.run("emit", "--batch", "-", input=lines(300, 500))
        anna.sync()
        anna.run("emit", "--batch", "-", input=lines(30, 500))
        before = anna.queue(), anna.run("log", "-o", "ndjson"), anna.state()
        file = disk.folder / ".offsync/replica.db"
        with sqlite3.connect(file) as database:
            database.execute("UPDATE replica SET head = -1")
        database.close()
        self.assertEqual(anna.finish("queue").returncode, 74)
        disk.fill()
        for _ in range(3):
            self.assert_full(anna.finish("repair", "--json"))
        disk.clear()
        self.assertEqual(anna.finish("queue").returncode, 74)
        told = json.loads(anna.run("repair", "--json"))
        self.assertEqual((told["queue"], told["log"], told["unreadable"]), (30, 300, 0))
        self.assertEqual((anna.queue(), anna.run("log", "-o", "ndjson"), anna.state()), before)
        anna.sync()
        self.assertEqual(len(self.ids(self.server, disk.folder.name)), 330)
        self.assert_same_state(self.server, anna, space=disk.folder.name)

    def start_proxy(self, disk):
        """Its store on the disk, all else beside it."""
        ready = self.folder / f"ready-{disk.folder.name}"
        process = subprocess.Popen(
            [PROXY, "--listen", "127.0.0.1:0", "--store", f"sqlite:{disk.folder}/proxy.db", "--ready-file", str(ready)],
            preexec_fn=disk.before, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        eventually(ready.exists, "the proxy listens")
        return process, ready.read_text().strip() + "/v1/spaces/test"

    @staticmethod
    def post(url, source, number):
        body = json.dumps({"specversion": "1.0", "id": f"{source}-{number}", "source": source, "type": "n.set",
                           "subject": f"n{source}/{number % 9}".replace("/", "-", 2), "time": "2026-11-23T12:00:00Z", "clientseq": str(number),
                           "data": {"set": {"v": number, "text": "x" * 2000}}}).encode()
        request = urllib.request.Request(url + "/events", body, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    @staticmethod
    def log_of(url):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        ids, after = [], ""
        while True:
            with opener.open(f"{url}/events?limit=1000{after}", timeout=PATIENCE) as answer:
                page = ndjson(answer.read().decode())
                ids += [event["id"] for event in page]
                after = "&after=" + answer.headers["Offsync-Cursor"]
                if len(ids) == int(answer.headers["Offsync-Head"]):
                    return ids

    @on_disks(1500)
    def test_commits_of_the_proxy(self, disk):
        """Requests that share commits: each is in the log if, and only if, it was answered so."""
        process, url = self.start_proxy(disk)
        sources = [f"/posters/{i}" for i in range(4)]

        def until_full(source):
            accepted = []
            for number in range(1, 2000):
                status, told = self.post(url, source, number)
                if status != 200:
                    return accepted, (status, told.get("code"))
                accepted.append((told["id"], told["outcome"]))
            return accepted, None

        with concurrent.futures.ThreadPoolExecutor(len(sources)) as pool:
            ends = list(pool.map(until_full, sources))
        kept = self.log_of(url)
        for source, (accepted, end) in zip(sources, ends):
            self.assertIn(end, ((503, "unavailable"), (503, "not_ready")))
            self.assertEqual({outcome for _, outcome in accepted}, {"accepted"})
            self.assertEqual([i for i in kept if i.startswith(source)], [i for i, _ in accepted])
        disk.grow(process)
        for source, (accepted, _) in zip(sources, ends):
            number = len(accepted) + 1
            status, told = eventually(lambda: (lambda got: got if got[0] == 200 else None)(
                self.post(url, source, number)), "it takes events again")
            self.assertEqual(told["outcome"], "accepted")
        ids = self.log_of(url)
        self.assertEqual((ids[:len(kept)], len(ids), len(set(ids))), (kept, len(kept) + 4, len(kept) + 4))
        process.terminate()
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        check = subprocess.run([PROXY, "check", "--store", f"sqlite:{disk.folder}/proxy.db"], env=clean_environment(),
                               capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(check.returncode, 0, check.stderr + check.stdout)


if __name__ == "__main__":
    main()
