#!/usr/bin/env python3
"""What was done before it went wrong, and how it went wrong: one exit code and one summary each."""
import contextlib
import json
import os
import sqlite3
import subprocess
import time

from harness import OFFSYNC, PATIENCE, Case, clean_environment, main
from scripted import Server, answer, endless, of_log, silent

REFUSALS = {
    "unreachable": (lambda connection: None, 69),  # closes without a word
    "not-ready": (answer(503), 69),
    "failed": (answer(500), 69),
    "too-early": (answer(425), 69),
    "no-proxy": (answer(200, body="hello"), 76),
    "moved": (answer(308, [("Location", "http://there/")]), 76),
    "not-found": (answer(404), 76),
    "not-known": (answer(401), 77),
    "not-allowed": (answer(403), 77),
    "not-by-this-way": (answer(407), 77),
}
GONE = answer(410, [("Content-Type", "application/problem+json")], '{"code":"cursor_expired"}')
PAGE_OF_NONE = of_log("nonsense\n", head=1)


class ExitCodes(Case):
    def setUp(self):
        super().setUp()
        self.real = self.proxy()

    def world(self):
        server = Server(self.real.port)
        self.addCleanup(server.close)
        return server

    def fill(self, count):
        lines = "".join(json.dumps({"type": "n.set", "subject": f"n/{i}", "data": {"set": {"v": i}}}) + "\n"
                        for i in range(count))
        writer = self.replica(f"writer-{time.monotonic_ns()}", self.real.url())
        writer.run("emit", "--batch", "-", input=lines)
        writer.sync()

    def sync(self, replica, code, told, *arguments):
        done = replica.finish("sync", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout.split(", 0 conflicts")[0].strip(), told, done.stderr)
        self.assertNotEqual(done.stderr if code else "x", "")
        again = replica.finish("sync")
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_sync_by_what_was_done_and_how_it_ended(self):
        self.fill(1)
        for name, (act, code) in REFUSALS.items():
            partly = 75 if code == 69 else code
            with self.subTest(name, done="nothing"):
                server = self.world()
                replica = self.replica(f"nothing-{code}-{name}", server.url())
                replica.sync()
                server.on("page", act)
                self.sync(replica, code, "")
            with self.subTest(name, done="pushed"):
                server = self.world()
                replica = self.replica(f"pushed-{code}-{name}", server.url())
                replica.sync()
                replica.emit("n.set", "n/own", "v:=1")
                server.on("page", act)
                self.sync(replica, partly, "pushed 1, pulled 0")
            with self.subTest(name, done="snapshot"):
                server = self.world()
                replica = self.replica(f"snapshot-{code}-{name}", server.url())
                server.on("page", act)
                self.sync(replica, partly, "pushed 0, pulled the whole state")
        readers = {}
        for name in REFUSALS:
            server = self.world()
            readers[name] = (server, self.replica(f"pulled-{name}", server.url()))
            readers[name][1].sync()
        self.fill(1500)
        for name, (act, code) in REFUSALS.items():
            with self.subTest(name, done="pulled"):
                server, replica = readers[name]
                server.on("page", act, after=1)
                self.sync(replica, 75 if code == 69 else code, "pushed 0, pulled 1000")

    def test_each_command_by_how_the_proxy_refuses(self):
        server = self.world()
        replica = self.replica("anna", server.url())
        replica.emit("n.set", "n/1", "v:=1")
        replica.sync()
        for name, (act, code) in REFUSALS.items():
            for kind, arguments in (("state", ("state",)), ("state", ("state", "n/1")), ("info", ("status",)),
                                    ("conflicts", ("conflicts",)), ("info", ("sync", "--dry-run"))):
                with self.subTest(name, arguments=arguments):
                    required = (*arguments, *(() if arguments[0] == "sync" else ("--require-proxy",)))
                    server.on(kind, act)
                    self.assertEqual(replica.finish(*required).returncode, code)
                    if arguments[0] == "sync":
                        continue
                    server.on(kind, act)
                    done = replica.finish(*arguments)
                    # The replica answers for a proxy that is not there, not for one that says no.
                    status = arguments[0] == "status"
                    self.assertEqual(done.returncode, 0 if status or code == 69 else code, done.stderr)
                    if code == 69 and not status:
                        self.assertIn("from the replica, last synced", done.stderr)

    def test_commands_that_ask_for_themselves(self):
        server = self.world()
        replica = self.replica("anna", server.url())
        replica.emit("n.set", "n/1", "v:=1")
        replica.sync()
        bad = {"gone": (GONE, 76), "no page": (PAGE_OF_NONE, 76)}
        for name, (act, code) in {**REFUSALS, **bad}.items():
            for kind, arguments in (("page", ("replay", server.url())),
                                    ("info", ("remote", "set", server.url(), "--switch")),
                                    ("info", ("remote", "set", server.url()))):
                with self.subTest(name, arguments=arguments[:2]):
                    server.on(kind, act)
                    done = replica.finish(*arguments)
                    # What cannot be asked now, the next sync finds out.
                    later = code == 69 and arguments[0] == "remote" and "--switch" not in arguments
                    self.assertEqual((done.returncode, done.stdout), (0 if later else code, ""), done.stderr)
                    self.assertNotEqual(done.stderr, "")

    def test_a_conflict_that_is_not_here(self):
        server = self.world()
        replica = self.replica("anna", server.url())
        replica.emit("n.set", "n/1", "v:=1")
        replica.sync()
        for name, (act, code) in {**REFUSALS, "no page": (PAGE_OF_NONE, 76)}.items():
            for kind, arguments in (("page", ("resolve", "abcd", "--ours")), ("conflicts", ("conflicts", "show", "abcd"))):
                with self.subTest(name, arguments=arguments):
                    server.on(kind, act, always=True)
                    done = replica.finish(*arguments)
                    # Without a proxy it is not there; one that says no has not been asked.
                    self.assertEqual(done.returncode, 66 if code == 69 else code, done.stderr)
                    server.forget()

    def test_watch_that_asks_for_what_the_replica_has_not_kept(self):
        self.fill(2)
        server = self.world()
        replica = self.replica("anna", server.url())
        replica.sync()
        no_page = of_log("nonsense\n", epoch=self.real.info()["epoch"], head=2)
        # Of another log: the engine looks whether that is so.
        for name, (act, code) in {**REFUSALS, "gone": (GONE, 69), "of another log": (PAGE_OF_NONE, 69),
                                  "no page": (no_page, 76)}.items():
            with self.subTest(name):
                server.on("page", act)
                done = replica.finish("watch", "--from", "beginning", "-n", "2", "--timeout", "60")
                again = code == 69  # it is asked for again
                self.assertEqual(done.returncode, 0 if again else code, done.stderr)
                self.assertEqual(len(done.stdout.splitlines()), 2 if again else 0)

    def test_watch_that_is_refused(self):
        """By whatever it asks first: who says no ends it; who is not there, or is something else, is asked again.
        That server lets all else pass but gives no stream: so a push that it refuses is parked alone."""
        running = []
        for name, (act, code) in {**REFUSALS, "gone": (GONE, 69)}.items():
            for kind in ("stream", "push", "state"):
                own = self.world()
                replica = self.replica(f"{kind}-{name}", own.url())
                if kind != "state":
                    replica.sync()
                if kind == "push":
                    replica.emit("n.set", "n/1", "v:=1")
                own.on(kind, act)
                if kind == "push" and name in ("not-found", "not-allowed") or name in ("no-proxy", "moved"):
                    running.append((name, kind, 69, self.watch(replica, "--timeout", "20")))
                    continue
                running.append((name, kind, code, self.watch(replica, "--timeout", "20")))
        for name, kind, code, watch in running:
            with self.subTest(name, kind=kind):
                self.assertEqual(watch.join(), code, watch.errors)

    def test_sync_that_asks_what_the_log_lacks(self):
        server = self.world()
        replicas = {name: self.replica(name, server.url()) for name in REFUSALS}
        for replica in replicas.values():
            replica.emit("n.set", "n/1", "v:=1")
            replica.sync()
            replica.sync()  # its event has come back
        self.real.stop()
        for file in self.real.folder.glob("proxy.db*"):
            file.unlink()
        self.real.start()
        for name, (act, code) in REFUSALS.items():
            with self.subTest(name):
                server.on("missing", act)
                self.sync(replicas[name], 75 if code == 69 else code, "pushed 0, pulled the whole state")

    def test_local_commands_ask_nobody(self):
        server = self.world()
        replica = self.replica("anna", server.url())
        replica.emit("n.set", "n/1", "v:=1")
        replica.sync()
        server.forget()
        for code, arguments in ((0, ("recover",)), (0, ("recover", "send")), (0, ("recover", "drop", "--all")),
                                (0, ("resolve", "--all", "--ours")), (0, ("queue",)),
                                (0, ("queue", "retry", "--all")), (0, ("queue", "drop", "--all")),
                                (0, ("repair",)), (0, ("doctor",)), (0, ("remote", "show")), (0, ("log",)),
                                (0, ("replay",)), (0, ("emit", "n.set", "n/1", "v:=2"))):
            with self.subTest(arguments=arguments):
                self.assertEqual(replica.finish(*arguments).returncode, code)
        self.replica("made", server.url())  # init --remote
        self.assertEqual(server.seen, [])

    def test_gone_is_no_lack_of_a_proxy(self):
        server = self.world()
        replica = self.replica("anna", server.url())
        replica.sync()
        replica.emit("n.set", "n/1", "v:=1")
        server.on("push", GONE)
        self.sync(replica, 75, "", "--push")

    def test_a_proxy_that_says_nothing_is_asked_for_a_while(self):
        server = self.world()
        replica = self.replica("anna", server.url())
        replica.emit("n.set", "n/1", "v:=1")
        replica.sync()
        for kind, command in (("state", "state"), ("info", "status"), ("conflicts", "conflicts")):
            with self.subTest(command):
                server.on(kind, silent)
                begun = time.monotonic()
                done = replica.finish(command, env={"OFFSYNC_ASK_TIMEOUT": "1"})
                took = time.monotonic() - begun
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertGreaterEqual(took, 1)
                self.assertLess(took, 20)  # far from request_timeout
                self.assertIn(f"asking {server.url()} …", done.stderr)
                self.assertRegex(done.stdout + done.stderr, "last sync(ed)? +2.*, just now")
        server.on("state", silent)
        self.assertNotIn("asking", replica.finish("state", "-q", env={"OFFSYNC_ASK_TIMEOUT": "1"}).stderr)

    def test_how_long_is_waited_by_default(self):
        """2 s until the replica answers, half a second until it is said that somebody is asked. A busy machine makes
        both later, never sooner; request_timeout is far above them."""
        server = self.world()
        replica = self.replica("anna", server.url())
        replica.emit("n.set", "n/1", "v:=1")
        replica.sync()
        env = clean_environment()
        del env["OFFSYNC_ASK_TIMEOUT"]
        for kind, command in (("state", "state"), ("info", "status"), ("conflicts", "conflicts")):
            with self.subTest(command):
                server.on(kind, silent)
                begun = time.monotonic()
                process = subprocess.Popen([OFFSYNC, command, "-o", "json"], cwd=replica.folder, env=env, text=True,
                                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                first = process.stderr.readline()
                told = time.monotonic() - begun
                _, rest = process.communicate(timeout=PATIENCE)
                took = time.monotonic() - begun
                self.assertEqual((process.returncode, first), (0, f"asking {server.url()} …\n"), rest)
                self.assertGreaterEqual(told, 0.5)
                self.assertGreaterEqual(took, 2)
                self.assertLess(took, 20)
                if command != "status":  # it says so in its report
                    self.assertIn("sent nothing for 2 s", rest)

    def test_watch_that_never_was_connected(self):
        gone = self.replica("gone", "http://127.0.0.1:1/v1/spaces/test")
        done = gone.finish("watch", "--timeout", "1")
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn("was not reached within 1 s", done.stderr)
        self.assertEqual(gone.finish("watch", "--timeout", "1", "-n", "1").returncode, 69)
        there = self.replica("there", self.real.url())
        self.assertEqual(there.finish("watch", "--timeout", "10").returncode, 0)

    def test_watch_whose_time_is_over_while_an_answer_comes(self):
        server = self.world()
        head = of_log(head=9).replace(b"Content-Length: 0", b"Content-Length: 9999999")
        server.on("state", endless(head, b" " * 100, wait=0.1), always=True)
        replica = self.replica("trickled", server.url())
        done = replica.finish("watch", "--timeout", "20")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn("state", server.seen)
        self.assertNotIn("was not reached", done.stderr)

    def test_an_answer_of_another_type_or_log_is_refused(self):
        """All readers of answers look at the head before anything of the body counts."""
        replica = self.replica("typed", self.real.url())
        replica.sync()
        epoch = replica.status()["cursor"].split("-")[0]
        server = self.world()
        replica.run("remote", "set", server.url())
        replica.sync()
        before = replica.status()
        heads = ([("Content-Type", "text/html; charset=utf-8")], [("Offsync-Log", "anotherlog")])
        for more in heads:
            for kind, arguments in (("page", ("sync",)), ("state", ("state",)), ("conflicts", ("conflicts",))):
                with self.subTest(more, arguments=arguments):
                    body = of_log('{"cursor":"%s-0","entities":0,"conflicts":0}\n' % epoch if kind == "state" else "",
                                  epoch=epoch, more=more)
                    server.forget()
                    server.on(kind, body, always=True)
                    done = replica.finish(*arguments)
                    self.assertEqual((done.returncode, done.stdout if kind != "page" else ""), (76, ""), done.stderr)
                    self.assertIn(more[0][1].split(";")[0], done.stderr)
        server.forget()
        replica.sync()
        self.assertEqual(replica.status()["cursor"], before["cursor"])

    def test_watch_of_a_locked_replica(self):
        self.fill(1)
        replica = self.replica("locked", self.real.url())
        replica.sync()
        self.fill(1)
        file = replica.folder / ".offsync/replica.db"
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            done = replica.finish("watch", "--timeout", "2")
        self.assertEqual((done.returncode, done.stdout), (75, ""), done.stderr)
        self.assertIn("another process is writing to it", done.stderr)

    def test_quiet_is_quiet(self):
        replica = self.replica("anna", self.real.url())
        replica.emit("n.set", "n/1", "v:=1")
        done = replica.finish("sync", "-q")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(replica.sync("-q")["pushed"], 0)  # what was asked for is printed

    def test_permissions_are_77(self):
        replica = self.replica("anna", self.real.url())
        replica.emit("n.set", "n/1", "v:=1")
        for path in (self.folder, replica.folder):
            path.chmod(0o755)
        own = replica.folder / ".offsync"
        secret = replica.folder / "secret"
        secret.write_text("x\n", encoding="utf-8")
        secret.chmod(0)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}

        def code(*arguments):
            process = replica.start(*arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, text=True, **nobody)
            said = process.communicate(timeout=120)[1]
            self.assertTrue(said.startswith("offsync: "), said)
            return process.returncode

        config = own / "config.toml"
        config.touch()
        config.chmod(0)
        self.assertEqual(code("queue", "list"), 77)
        config.unlink()
        own.chmod(0o700 if nobody else 0o000)
        try:
            self.assertEqual(code("-C", own, "emit", "n.set", "n/2", "v:=1"), 77)
        finally:
            own.chmod(0o755)
        for name in ("replica.db", "replica.db.lock"):
            (own / name).chmod(0o444 if name != "replica.db.lock" else 0o000)
        self.assertEqual(code("emit", "n.set", "n/2", "v:=1"), 77)
        self.assertEqual(code("replay", secret), 77)
        self.assertEqual(code("emit", "--batch", secret), 77)
        self.assertEqual(code("init", "-C", "/root-of-nobody"), 77)

    def test_an_http_proxy_is_not_asked_for_this_machine(self):
        replica = self.replica("anna", self.real.url())
        nowhere = {name: "http://127.0.0.1:1" for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY")}
        replica.emit("n.set", "n/1", "v:=1")
        self.assertEqual(json.loads(replica.run("sync", "--json", env=nowhere))["pushed"], 1)
        other = self.replica("other", "http://offsync.test/v1/spaces/test")
        done = other.finish("sync", env=nowhere)
        self.assertEqual(done.returncode, 69)
        self.assertIn("127.0.0.1", done.stderr)  # it is what was asked


if __name__ == "__main__":
    main()
