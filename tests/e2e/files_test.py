#!/usr/bin/env python3
"""Files that are replaced under a running program, belong to somebody else, cannot be written to, or
are no files at all."""
import http.client
import json
import os
import re
import resource
import shutil
import socket
import sqlite3
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from harness import (Case, NOBODY, OFFSYNC, PATIENCE, PROXY, clean_environment, drop_root, eventually, main,
                     ndjson)


def send(proxy, n, path="/events", space="test"):
    event = {"specversion": "1.0", "id": f"e{n}", "source": "/c", "type": "t", "subject": "k/1",
             "time": "2023-11-14T22:13:20Z", "data": {"set": {"n": n}}}
    return ask(proxy.url(space) + path, json.dumps(event).encode())


def ask(url, body=None):
    """Status and text of the answer."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"} if body else {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def copy_of(file):
    """A backup: what is in the database, with its WAL, in one file."""
    copy = file.with_name(file.name + ".copy")
    source, target = sqlite3.connect(file), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()
    return copy


class Cut(Case):
    """What SQLite has mapped into memory is cut, as by a careless `> replica.db-shm`."""
    REASON = "a file that is in use (the -shm beside the database) was cut"

    def test_a_watch_ends_and_says_why(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t.t", "k/1", "a=1")
        anna.sync()
        watching = self.watch(anna)
        watching.wait_connected()
        os.truncate(anna.folder / ".offsync/replica.db-shm", 0)
        self.assertEqual(send(proxy, 1)[0], 200)
        self.assertEqual(watching.join(), 74)
        self.assertIn(f"offsync: {self.REASON}", "".join(watching.errors))
        anna.sync()
        anna.run("doctor")

    def test_a_proxy_ends_and_says_why(self):
        proxy = self.proxy()
        self.assertEqual(send(proxy, 1)[0], 200)
        os.truncate(proxy.store.with_name(proxy.store.name + "-shm"), 0)
        try:
            send(proxy, 2)
        except (OSError, http.client.HTTPException):
            pass
        self.assertEqual(proxy.process.wait(PATIENCE), 74)
        self.assertIn(f"offsync-proxy: {self.REASON}", proxy.talk())


class Replaced(Case):
    def ready(self, proxy):
        return ask(f"http://127.0.0.1:{proxy.port}/readyz")

    def refuses(self, proxy, code):
        status, body = self.ready(proxy)
        self.assertEqual(status, 503)
        self.assertIn("its file was taken away, replaced or written to by another program", body)
        self.assertNotIn(str(self.folder), body)
        status, body = send(proxy, 100)
        self.assertIn("its file was taken away, replaced or written to by another program", json.loads(body)["detail"])
        self.assertEqual((status, json.loads(body)["code"]), (503, "not_ready"))
        self.assertIn(code, proxy.talk())

    def test_a_store_that_is_replaced_takes_nothing_more(self):
        proxy = self.proxy()
        self.assertEqual(send(proxy, 1)[0], 200)
        copy = copy_of(proxy.store)
        self.assertEqual(send(proxy, 2)[0], 200)
        aside = self.folder / "aside.db"
        proxy.store.rename(aside)
        copy.rename(proxy.store)
        self.refuses(proxy, "was replaced by another file while it was in use")
        # Put back, it is what it was.
        proxy.store.rename(copy)
        aside.rename(proxy.store)
        self.assertEqual(self.ready(proxy), (200, "ready\n"))
        self.assertEqual(json.loads(send(proxy, 3)[1])["sequence"], "3")

    def test_that_the_disk_is_full_is_told(self):
        proxy = self.proxy()
        self.assertEqual(send(proxy, 1)[0], 200)
        resource.prlimit(proxy.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        for status, body in (send(proxy, 2), self.ready(proxy)):
            self.assertEqual(status, 503)
            self.assertIn("now: no space is left on its disk; try again", json.loads(body)["detail"])
        resource.prlimit(proxy.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.assertEqual(self.ready(proxy), (200, "ready\n"))
        self.assertEqual(send(proxy, 2)[0], 200)

    def test_a_store_that_is_taken_away_is_not_made_anew(self):
        proxy = self.proxy()
        self.assertEqual(send(proxy, 1)[0], 200)
        proxy.store.unlink()
        self.refuses(proxy, "was taken away while it was in use")
        self.assertFalse(proxy.store.exists())
        self.assertEqual(len(proxy.log_lines()), 1)
        self.assertFalse(proxy.store.exists())

    def test_a_link_that_is_turned_is_noticed(self):
        proxy = self.proxy()
        self.assertEqual(send(proxy, 1)[0], 200)
        proxy.stop()
        real = self.folder / "real.db"
        for suffix in ("", "-wal", "-shm", ".lock"):
            file = Path(f"{proxy.store}{suffix}")
            if file.exists():
                file.rename(f"{real}{suffix}")
        proxy.store.symlink_to(real)
        proxy.start()
        self.assertEqual(send(proxy, 2)[0], 200)
        other = copy_of(real)
        proxy.store.unlink()
        proxy.store.symlink_to(other)
        self.refuses(proxy, "replaced")

    def test_a_wal_that_is_taken_away_is_noticed(self):
        proxy = self.proxy()
        self.assertEqual(send(proxy, 1)[0], 200)
        Path(f"{proxy.store}-wal").unlink()
        self.refuses(proxy, "p.db-wal was taken away" if proxy.store.name == "p.db" else "-wal was taken away")

    def test_a_watch_on_a_replica_that_is_gone_ends(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        for what in ("removed", "replaced"):
            watch = self.watch(anna)
            watch.wait_connected()
            database = anna.folder / ".offsync/replica.db"
            copy = copy_of(database)
            database.unlink()
            if what == "replaced":
                copy.rename(database)
            self.assertEqual(watch.join(), 74, watch.errors)
            self.assertIn("while it was in use", watch.errors[-1])
            if what == "removed":
                shutil.rmtree(anna.folder)
                anna = self.replica("anna", proxy.url())

    def test_a_batch_into_a_replica_that_is_replaced_prints_what_is_kept(self):
        anna = self.replica("anna")
        database = anna.folder / ".offsync/replica.db"
        process = anna.start("emit", "--batch", "-", "-o", "ndjson", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        line = '{"type":"t","subject":"k/%d","data":{"set":{"v":1}}}\n'
        process.stdin.write(line % 1)
        process.stdin.flush()
        first = process.stdout.readline()
        copy = copy_of(database)
        copy.rename(database)
        out, said = process.communicate(line % 2, timeout=PATIENCE)
        self.assertEqual((process.returncode, out), (74, ""), said)
        self.assertIn("queued 1\n", said)
        self.assertIn("was replaced by another file", said)
        self.assertEqual([e["event"]["id"] for e in anna.queue()], [json.loads(first)["id"]])

    def test_a_lock_that_is_removed_is_still_one_lock(self):
        anna = self.replica("anna")
        process = anna.start("emit", "--batch", "-", stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = '{"type":"t","subject":"k/1","data":{"inc":{"n":1}}}\n'
        process.stdin.write(line)
        process.stdin.flush()
        eventually(lambda: len(anna.queue()) == 1, "the first is kept")
        (anna.folder / ".offsync/replica.db.lock").unlink()
        anna.emit("t", "k/1", "n+=1")
        self.assertTrue((anna.folder / ".offsync/replica.db.lock").exists())
        self.assertEqual(process.communicate(line, timeout=PATIENCE)[1], "queued 2\n")
        inodes = {(anna.folder / ".offsync/replica.db.lock").stat().st_ino}
        self.assertEqual(len(inodes), 1)
        self.assertEqual(anna.fields("k/1"), {"n": 3})


class Endless(Case):
    def test_what_has_no_end_of_a_line_is_not_read_for_ever(self):
        anna = self.replica("anna")
        for words in (["replay", "/dev/zero"], ["replay", "-"], ["emit", "--batch", "-"]):
            with open("/dev/zero", "rb") as zeros:
                done = subprocess.run([OFFSYNC, *words], cwd=anna.folder, env=clean_environment(), stdin=zeros,
                                      text=True, capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 65, (words, done.stderr))
            self.assertIn("has a line of over 64 MiB", done.stderr)


class Rights(Case):
    def as_nobody(self, *words, cwd, program=OFFSYNC, env=None):
        return subprocess.run([self.for_nobody(program), *map(str, words)], cwd=cwd, preexec_fn=drop_root, text=True,
                              env={**clean_environment(), **(env or {})}, capture_output=True, timeout=PATIENCE)

    def given(self, folder, uid):
        for file in [folder, *folder.rglob("*")]:
            os.chown(file, uid, uid)

    def test_locks_belong_to_whom_the_database_belongs_to(self):
        if os.geteuid() != 0:
            return self.check_own_lock()
        anna = self.replica("anna")
        anna.emit("t", "k/1", "v=1")
        lock = anna.folder / ".offsync/replica.db.lock"
        self.given(anna.folder, NOBODY)
        # Made by root where there was none, and mended where root had made it before.
        for spoil in (lock.unlink, lambda: os.chown(lock, 0, 0)):
            spoil()
            anna.emit("t", "k/1", "v=2")
            self.assertEqual((lock.stat().st_uid, lock.stat().st_gid), (NOBODY, NOBODY))
            for file in lock.parent.iterdir():
                self.assertEqual(file.stat().st_uid, NOBODY, file)
            done = self.as_nobody("emit", "t", "k/1", "v=3", cwd=anna.folder)
            self.assertEqual(done.returncode, 0, done.stderr)
        proxy = self.proxy()
        send(proxy, 1)
        proxy.stop()
        self.given(proxy.folder, NOBODY)
        Path(f"{proxy.store}.lock").unlink()
        subprocess.run([PROXY, "--new-epoch", "--store", f"sqlite:{proxy.store}"], check=True, timeout=PATIENCE,
                       stdout=subprocess.DEVNULL, env=clean_environment())
        for file in proxy.folder.glob("proxy.db*"):
            self.assertEqual(file.stat().st_uid, NOBODY, file)
        done = self.as_nobody("--new-epoch", "--store", f"sqlite:{proxy.store}", cwd=proxy.folder, program=PROXY)
        self.assertEqual(done.returncode, 0, done.stderr)
        return None

    def as_reader(self, folder, *words, env=None):
        """As somebody who may not write there, and is not the owner where we can be another."""
        run = self.as_nobody if os.geteuid() == 0 else \
            lambda *words, cwd, env=None: subprocess.run([OFFSYNC, *words], cwd=cwd, text=True, capture_output=True,
                                                         env={**clean_environment(), **(env or {})}, timeout=PATIENCE)
        return run(*words, cwd=folder, env=env)

    def test_who_may_only_read_a_replica_sends_nothing(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t", "k/1", "v=1")
        anna.sync()
        anna.emit("t", "k/2", "v=2")
        files = anna.folder / ".offsync"
        for file in files.iterdir():
            file.chmod(0o444)
        files.chmod(0o555)
        self.addCleanup(files.chmod, 0o755)
        for words in (["sync"], ["sync", "--push"], ["watch", "--timeout", "20s"], ["sync"]):
            done = self.as_reader(anna.folder, *words)
            self.assertEqual(done.returncode, 77, (words, done.stdout, done.stderr))
            self.assertNotIn("pushed 1", done.stdout + done.stderr)
            self.assertEqual(len(proxy.log_lines()), 1, words)

    def test_who_may_not_read_a_replica_is_told_so(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t", "k/1", "v=1")
        file = anna.folder / ".offsync/replica.db"
        file.chmod(0o600 if os.geteuid() == 0 else 0o000)
        for words in (["state", "--offline"], ["status", "--offline"], ["log"], ["emit", "t", "k/2", "v=2"], ["sync"],
                      ["queue"], ["doctor"], ["repair"], ["replay"], ["conflicts", "--offline"]):
            done = self.as_reader(anna.folder, *words)
            self.assertEqual(done.returncode, 77, (words, done.stdout, done.stderr))
            self.assertIn("Permission denied", done.stderr, words)
            self.assertIn(str(file), done.stderr, words)

    def test_what_a_replica_leaves_behind_is_for_nobody_else(self):
        """`remote set --switch` keeps the former replica: as private as that was, and of the same owner."""
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url("one"))
        anna.emit("t", "k/1", "v=1")
        anna.sync()
        owner = os.geteuid()
        (anna.folder / ".offsync/replica.db").chmod(0o600)
        if owner == 0:
            owner = NOBODY
            self.given(anna.folder, NOBODY)
        anna.run("remote", "set", proxy.url("two"), "--switch")
        kept = [file for file in (anna.folder / ".offsync").iterdir() if re.fullmatch(r"replica-.*\.db", file.name)]
        self.assertEqual(len(kept), 1)
        self.assertEqual(kept[0].stat().st_mode & 0o777, 0o600)
        for file in (anna.folder / ".offsync").iterdir():
            self.assertEqual(file.stat().st_uid, owner, file)
        done = subprocess.run([OFFSYNC, "doctor", "--file", str(kept[0])], cwd=anna.folder, env=clean_environment(),
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)

    def check_own_lock(self):
        anna = self.replica("anna")
        self.assertEqual((anna.folder / ".offsync/replica.db.lock").stat().st_uid, os.geteuid())

    def test_all_names_of_a_replica_have_one_lock(self):
        anna = self.replica("anna")
        other = self.folder / "other/.offsync"
        other.mkdir(parents=True)
        (other / "replica.db").symlink_to(anna.folder / ".offsync/replica.db")
        done = subprocess.run([OFFSYNC, "emit", "t", "k/1", "v=1"], cwd=other.parent, env=clean_environment(),
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(p.name for p in other.iterdir()), ["replica.db"])
        self.assertEqual(len(anna.queue()), 1)

    READS = (["state", "--offline"], ["state", "--offline", "k/1"], ["log"], ["log", "--pending"], ["queue"],
             ["queue", "export"], ["conflicts", "--offline"], ["status", "--offline", "--json"], ["replay"],
             ["queue", "show"], ["recover"], ["recover", "list", "-o", "text"], ["remote", "--json"])

    def world(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        for i in range(3):
            anna.emit("t", f"k/{i}", "v=1")
        anna.sync()
        anna.emit("t", "k/1", "v=2")
        anna.other = proxy.url("other")
        anna.queued = anna.queue()[0]["event"]["id"]
        return anna

    def seen(self, anna):
        return [anna.run(*self.words_of(anna, words)) for words in self.READS]

    @staticmethod
    def words_of(anna, words):
        """`queue show` of what is in the queue."""
        return [*words, anna.queued] if words == ["queue", "show"] else words

    def check_reads(self, anna, expected):
        for words, text in zip(self.READS, expected):
            done = self.as_nobody(*self.words_of(anna, words), cwd=anna.folder)
            self.assertEqual((done.returncode, done.stdout), (0, text), (words, done.stderr))
        done = self.as_nobody("doctor", cwd=anna.folder)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1:]), (0, ["verdict    sound"]), done.stderr)

    def check_writes(self, anna):
        for words in (["emit", "t", "k/9", "v=1"], ["queue", "drop", "--all"], ["sync"], ["recover", "send"],
                      ["queue", "drop", anna.queued], ["remote", "set", anna.other, "--switch"]):
            nothing = words in (["queue", "drop", "--all"], ["recover", "send"])  # is there to be done
            done = self.as_nobody(*words, cwd=anna.folder)
            self.assertEqual(done.returncode, 0 if nothing else 77, (words, done.stderr))
            if not nothing:
                self.assertIn("Permission denied", done.stderr)
                self.assertEqual(done.stderr.count("Permission denied"), 1)

    def test_reading_what_nobody_may_write(self):
        anna = self.world()
        expected = self.seen(anna)
        home = anna.folder / ".offsync"
        for wal in ("with", "without"):
            if wal == "without":
                for file in home.glob("replica.db-*"):
                    file.unlink()
            else:
                (home / "replica.db-shm").unlink()
            for file in home.iterdir():
                file.chmod(0o444)
            home.chmod(0o555)
            before = sorted((p.name, p.stat().st_mtime_ns) for p in home.iterdir())
            self.check_reads(anna, expected)
            self.check_writes(anna)
            self.assertEqual(sorted((p.name, p.stat().st_mtime_ns) for p in home.iterdir()), before)
            home.chmod(0o755)
            for file in home.iterdir():
                file.chmod(0o644)
            store = sqlite3.connect(home / "replica.db")
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            store.close()

    def test_reading_what_somebody_else_writes(self):
        anna = self.world()
        expected = self.seen(anna)
        home = anna.folder / ".offsync"
        if os.geteuid() != 0:  # there is no other user: only the lock cannot be written to
            (home / "replica.db.lock").chmod(0o444)
            self.check_reads(anna, expected)
            self.check_writes(anna)
            return
        for file in home.iterdir():
            file.chmod(0o644)
        home.chmod(0o755)
        self.check_reads(anna, expected)
        self.check_writes(anna)
        anna.emit("t", "k/2", "v=3")
        self.check_reads(anna, self.seen(anna))
        # Where the files that readers and writers share are not there, it is said.
        store = sqlite3.connect(home / "replica.db")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        for file in home.glob("replica.db-*"):
            file.unlink()
        done = self.as_nobody("state", "--offline", cwd=anna.folder)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (74, 1), done.stderr)
        self.assertIn("run it as the owner of the replica, or copy its folder", done.stderr)

    def test_a_mistyped_folder_is_not_made(self):
        def run(store, **kwargs):
            return subprocess.run([PROXY, "--new-epoch" if kwargs.get("anew") else "--listen", "127.0.0.1:0", "--store",
                                   f"sqlite:{self.folder}/{store}"], env=clean_environment(), capture_output=True,
                                  text=True, timeout=PATIENCE)
        done = run("var/lbi/offsync/p.db")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn(f"there is no {self.folder}/var/lbi", done.stderr)
        self.assertFalse((self.folder / "var").exists())


class NoFiles(Case):
    def kinds(self):
        """Things that are no regular files, by what is said of them."""
        os.mkfifo(self.folder / "fifo")
        (self.folder / "dir").mkdir()
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(str(self.folder / "sock"))
        return {"a pipe": "fifo", "a folder": "dir", "a socket": "sock", "a device": "/dev/zero"}

    def put(self, kind, place):
        if place.is_symlink() or place.exists():
            place.rename(f"{place}.aside") if not place.is_symlink() else place.unlink()
        place.symlink_to(self.folder / kind)

    def test_settings_that_are_no_file(self):
        anna = self.replica("anna")
        for what, name in self.kinds().items():
            self.put(name, anna.folder / ".offsync/config.toml")
            done = anna.finish("state")
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn(f"config.toml is {what}, and no file", done.stderr)
            if name == "fifo":
                continue
            done = subprocess.run([PROXY, "--check-config", "--config", name], cwd=self.folder, timeout=PATIENCE,
                                  env=clean_environment(), capture_output=True, text=True)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn(f"{name} is {what}, and no file", done.stderr)
            self.put("/dev/null", anna.folder / ".offsync/config.toml")
            done = anna.finish("sync", "--remote", "http://127.0.0.1:9/v1/spaces/x",
                               env={"OFFSYNC_TOKEN_FILE": str(self.folder / name)})
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn(f"{name} is {what}, and no file", done.stderr)
        self.put("/dev/null", anna.folder / ".offsync/config.toml")
        anna.run("state")

    def test_databases_that_are_no_file(self):
        anna = self.replica("anna")
        database = anna.folder / ".offsync/replica.db"
        for what, name in self.kinds().items():
            self.put(name, database)
            for lock in (self.folder / f"{name}.lock", Path(f"{name}.lock")):
                self.addCleanup(lock.unlink, missing_ok=True)
            for command in (("state", "--offline"), ("doctor",), ("doctor", "--file", str(database)), ("repair",),
                            ("emit", "t", "k/1", "v=1")):
                done = anna.finish(*command)
                self.assertEqual(done.returncode, 78, (what, command, done.stderr))
                self.assertIn(f"replica.db is {what}", done.stderr)
            store = f"sqlite:{database}"
            for command in (("--listen", "127.0.0.1:0", "--store", store), ("check", "--store", store),
                            ("--new-epoch", "--store", store)):
                done = subprocess.run([PROXY, *command], cwd=self.folder, timeout=PATIENCE, env=clean_environment(),
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 78, (what, command, done.stderr))
                self.assertIn(f"replica.db is {what}", done.stderr)

    def test_a_replica_whose_file_is_gone_is_not_made_anew_over_its_wal(self):
        for gone in (False, True):
            anna = self.replica(f"anna{gone}")
            anna.emit("t", "k/1", "v=1")
            database, wal = (anna.folder / ".offsync" / name for name in ("replica.db", "replica.db-wal"))
            before = wal.read_bytes()
            database.unlink() if gone else database.write_bytes(b"")
            commands = ["init"] if gone else ["state", "queue", "doctor", "repair", "sync", "init"]
            for command in commands:
                done = anna.finish(command)
                self.assertEqual(done.returncode, 74, (command, done.stderr))
                self.assertRegex(done.stderr, "replica.db (was emptied|is gone): .*-wal beside it still has")
                self.assertIn("put a copy of it back", done.stderr)
            self.assertEqual(wal.read_bytes(), before)

    def test_a_hard_link_is_used_by_neither_of_its_names(self):
        anna = self.replica("anna")
        anna.emit("t", "k/1", "v=1")
        other = self.folder / "other/.offsync"
        other.mkdir(parents=True)
        os.link(anna.folder / ".offsync/replica.db", other / "replica.db")
        for folder in (anna.folder, other.parent):
            for command in (["emit", "t", "k/1", "v=2"], ["state", "--offline"], ["repair"], ["init"]):
                done = subprocess.run([OFFSYNC, *command], cwd=folder, timeout=PATIENCE, env=clean_environment(),
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 78, (command, done.stderr))
                self.assertIn("is a hard link, one of 2 names of one file", done.stderr)
        self.assertFalse((other / "replica.db-wal").exists())
        # As the advice is, but for what lies beside it.
        shutil.copytree(anna.folder / ".offsync", self.folder / "own/.offsync")
        done = subprocess.run([OFFSYNC, "queue", "-o", "ndjson"], cwd=self.folder / "own", timeout=PATIENCE,
                              env=clean_environment(), capture_output=True, text=True)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 1), done.stderr)
        (other / "replica.db").unlink()
        self.assertEqual([event["n"] for event in anna.queue()], [1])
        os.link(anna.folder / ".offsync/replica.db-wal", self.folder / "linked")
        done = anna.finish("emit", "t", "k/1", "v=3")
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("replica.db-wal is a hard link", done.stderr)

    def test_what_stands_beside_a_database_must_be_files(self):
        anna = self.replica("anna")
        for what, name in self.kinds().items():
            for end in ("-wal", "-shm"):
                self.put(name, anna.folder / f".offsync/replica.db{end}")
                for command in (["state", "--offline"], ["doctor"], ["emit", "t", "k/1", "v=1"], ["repair"]):
                    done = anna.finish(*command)
                    self.assertEqual(done.returncode, 78, (what, command, done.stderr))
                    self.assertIn(f"replica.db{end} is {what}, and no file", done.stderr)
                (anna.folder / f".offsync/replica.db{end}").unlink()

    def test_a_log_that_nobody_reads_is_not_waited_for(self):
        self.kinds()
        for name in ("fifo", "dir", "sock"):
            done = subprocess.run([PROXY, "--listen", "127.0.0.1:0", "--store", f"sqlite:{self.folder}/p.db",
                                   "--log-file", name], cwd=self.folder, timeout=PATIENCE, env=clean_environment(),
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 78, (name, done.stderr))
            self.assertIn("cannot open the log file", done.stderr)

    def test_a_replica_whose_tables_are_wrong_is_damaged_and_no_bug(self):
        commands = {"state": ["state", "--offline"], "log": ["log"], "queue": ["queue"], "status": ["status", "--offline"],
                    "conflicts": ["conflicts", "--offline"], "emit": ["emit", "t", "k/1", "v=2"], "replay": ["replay"],
                    "drop": ["queue", "drop", "--all"]}
        # With those that need what is spoilt; the others go on.
        spoils = {"PRAGMA user_version=0": commands, "DROP TABLE replica": commands, "DELETE FROM replica": commands,
                  "ALTER TABLE replica RENAME COLUMN head TO tail": commands, "DROP TABLE log": ("log", "replay"),
                  "DROP TABLE log; CREATE VIEW log AS SELECT 1 AS sequence": ("log", "replay"),
                  "DROP TABLE pending": ("queue", "status", "emit", "drop"), "DROP TABLE base": (),
                  "ALTER TABLE pending DROP COLUMN code": ("queue", "drop"), "DROP TABLE entity": ("state", "emit"),
                  "DROP TABLE conflict": ("status", "conflicts")}
        for n, (spoil, needed) in enumerate(spoils.items()):
            anna = self.replica(f"anna{n}")
            anna.emit("t", "k/1", "v=1")
            store = sqlite3.connect(anna.folder / ".offsync/replica.db")
            store.executescript(spoil)
            store.close()
            for name, words in commands.items():
                done = anna.finish(*words)
                self.assertNotIn("bug", done.stderr, (spoil, words))
                self.assertEqual(done.returncode, 74 if name in needed else 0, (spoil, words, done.stderr))
                if name in needed:
                    self.assertRegex(done.stderr, "damaged|settings", (spoil, words))

    def test_a_store_whose_tables_are_wrong_is_damaged_and_no_bug(self):
        for n, spoil in enumerate(("PRAGMA user_version=0", "DROP TABLE event", "DROP TABLE store", "DROP TABLE client")):
            proxy = self.proxy(name=f"proxy{n}")
            send(proxy, 1)
            proxy.stop()
            store = sqlite3.connect(proxy.store)
            store.executescript(spoil)
            store.close()
            done = subprocess.run([PROXY, "--listen", "127.0.0.1:0", "--store", f"sqlite:{proxy.store}"], timeout=PATIENCE,
                                  env=clean_environment(), capture_output=True, text=True)
            self.assertEqual(done.returncode, 74, (spoil, done.stderr))
            self.assertIn("damaged", done.stderr)


if __name__ == "__main__":
    main()
