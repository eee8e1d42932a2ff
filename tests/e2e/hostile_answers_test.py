#!/usr/bin/env python3
"""The real programs against answers that no proxy gives: the exit code is the one for it, the replica
is as it was, and neither memory nor time go without bound."""
import gzip
import json
import os
import sqlite3
import time

from harness import Case, main
from scripted import Server, answer, endless, event, of_log, run_measured

STAMP = "000000000001-0000-0000000000000001"


def zstd_bomb(blocks):
    """`blocks` of 4 bytes, each of which unpacks to 128 KiB."""
    header = (128 * 1024) << 3 | 1 << 1
    block = header.to_bytes(3, "little") + b" "
    last = (header | 1).to_bytes(3, "little") + b" "
    return b"\x28\xb5\x2f\xfd\x00\x68" + block * (blocks - 1) + last


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.close)
        self.anna = self.replica("anna", self.server.url())
        self.anna.configure(request_timeout=2, ask_timeout=2)

    def know_two_events(self):
        """A replica that has pulled two events of the log e1, and has one to send."""
        self.server.on("state", of_log('{"cursor":"e1-0","entities":0,"conflicts":0}\n'))
        self.server.on("page", of_log(event(1, identity="g1") + "\n" + event(2, identity="g2") + "\n", head=2))
        self.anna.sync("--pull")
        self.anna.emit("t", "b/1", "n:=1")

    def held(self):
        status = self.anna.status()
        del status["problem"]
        return status, self.anna.queue(), self.anna.run("log", "-o", "ndjson"), self.anna.state()

    def meets(self, kind, act, *arguments, code=76):
        before = self.held()
        self.server.on(kind, act)
        done = self.anna.finish(*(arguments or ("sync", "--pull" if kind != "push" else "--push")))
        self.assertEqual(done.returncode, code, (kind, done.stderr, done.stdout))
        self.assertEqual(self.held(), before)
        return done

    def test_answers_that_no_proxy_gives(self):
        self.know_two_events()
        pages = {
            "a head that cannot be": of_log(head="9223372036854775808", cursor="e1-2"),
            "a cursor that cannot be": of_log(head=2, cursor="e1-9223372036854775808"),
            "no epoch": answer(200, [("Offsync-Head", 2), ("Offsync-Cursor", "e1-2")]),
            "a login page": answer(200, [("Content-Type", "text/html")], "<html>hello</html>"),
            "an empty conflict": of_log(event(3, "offsync.conflict") + "\n", head=3),
            "a line that is none behind one": of_log(event(3) + "\nnonsense\n", head=4),
            "an event again": of_log(event(2) + "\n", head=3),
            "too short": of_log(event(3) + "\n", head=4),
            "a redirect": answer(302, [("Location", "http://there/")]),
            "not found": answer(404),
            "two heads": of_log(event(3) + "\n", head=3, more=[("Offsync-Head", 1)]),
            "two cursors": of_log(event(3) + "\n", head=3, more=[("Offsync-Cursor", "e1-1")]),
            "two epochs": of_log(event(3) + "\n", head=3, more=[("Offsync-Epoch", "zz")]),
            "an unknown encoding": of_log("", head=2, more=[("Content-Encoding", "br")]),
            "no gzip": of_log(event(3) + "\n", head=3, more=[("Content-Encoding", "gzip")]),
        }
        for name, act in pages.items():
            with self.subTest(name):
                self.meets("page", act)
        for name, more in {
            "a line": [("X-A", "a" * 500_000)],
            "many lines": [(f"X-{n}", "a" * 5_000) for n in range(100)],
        }.items():
            with self.subTest(name):
                done = self.meets("page", of_log(head=2, cursor="e1-2", more=more))
                self.assertIn("the header of the answer is too long; is that an offsync proxy?", done.stderr)
        damaged = bytearray(gzip.compress((event(3) + "\n").encode()))
        damaged[-5] ^= 1
        self.meets("page", of_log(bytes(damaged), head=3, more=[("Content-Encoding", "gzip")]))
        for name, line in {
            "a sequence that cannot be": '{"line":1,"id":"ID","outcome":"accepted","sequence":"9223372036854775808"}',
            "no JSON": "nonsense",
            "an outcome that is two": '{"line":1,"id":"ID","outcome":"accepted","outcome":"rejected","sequence":"3"}',
            "of another event": '{"line":1,"id":"other","outcome":"accepted","sequence":"3"}',
        }.items():
            with self.subTest(name):
                identity = self.anna.queue()[0]["event"]["id"]
                self.meets("push", of_log(line.replace("ID", identity) + "\n"))
        self.meets("page", answer(401), code=77)
        self.meets("page", answer(503), code=69)
        self.assertEqual(self.anna.finish("conflicts", "--offline").returncode, 0)

    def test_an_answer_that_is_none(self):
        self.know_two_events()
        switch = b"HTTP/1.1 101 X\r\nContent-Length: 2\r\n\r\n{}"
        for act in (switch, b"HTTP/1.1 100 Continue\r\n\r\n" + switch, switch.replace(b"101", b"199")):
            for kind, arguments in (("push", ()), ("page", ()), ("info", ("status", "--require-proxy")),
                                    ("state", ("state", "--require-proxy")),
                                    ("conflicts", ("conflicts", "--require-proxy"))):
                with self.subTest(kind=kind, act=act):
                    self.assertIn("status 1", self.meets(kind, act, *arguments).stderr)
        self.server.on("stream", switch, always=True)
        watch = self.anna.finish("watch", "--timeout", "5")
        self.assertEqual(watch.returncode, 69, watch.stderr)
        self.assertIn("status 101", watch.stderr)

    def test_who_says_when_to_come_again(self):
        self.know_two_events()
        for more, hint in {(): "; try again later", (("Retry-After", 90),): "; try again in 90 s",
                           (("Retry-After", 1),): "; try again later"}.items():
            for kind, command in (("info", "status"), ("state", "state"), ("conflicts", "conflicts")):
                with self.subTest(command, more=more):
                    done = self.meets(kind, answer(503, list(more)), command, "--require-proxy", code=69)
                    self.assertIn(hint, done.stderr)
            with self.subTest("sync", more=more):
                self.assertIn(hint, self.meets("page", answer(503, list(more)), code=69).stderr)

    def test_conflicts_that_cannot_be(self):
        self.know_two_events()
        side = {"id": "a", "source": "/s", "stamp": "s"}
        data = json.dumps({"conflict": {"current": side, "incoming": {**side, "id": "b"}, "field": "f",
                                        "rule": "last-write", "winner": "current"}})
        lines = [event(n, "offsync.conflict", data, f"c{n}") + "\n" for n in (1, 2, 3)]
        whole, three = "".join(lines), [("Offsync-Count", 3)]
        head = b"HTTP/1.1 200 OK\r\nOffsync-Epoch: e1\r\nConnection: close\r\n"
        ask = ("conflicts", "--require-proxy")
        self.meets("conflicts", of_log(whole, more=three), *ask, code=0)
        self.meets("conflicts", head + b"\r\n" + whole.encode(), *ask, code=0)
        for act, words in (
                (of_log(whole * 2), "a conflict at sequence 1 stands behind one at 3"),
                (of_log(lines[1] + lines[0]), "a conflict at sequence 1 stands behind one at 2"),
                (of_log(lines[0].replace('"time"', '"timed"')), "neither time nor stamp"),
                (of_log(whole, more=[("Offsync-Count", "x")]), "it announced x lines, and 3 came"),
                (head + b"Offsync-Count: 3\r\n\r\n" + lines[0].encode(), "it announced 3 lines, and 1 came")):
            with self.subTest(words):
                self.assertIn(words, self.meets("conflicts", act, *ask).stderr)

    def test_an_epoch_that_only_one_answer_has(self):
        """Another epoch than the replica's is that of its log begun anew, where the space says so, too."""
        self.know_two_events()
        space = '{"space":"test","epoch":"%s","head":2,"oldest":1,"applied":2}'
        refused = answer(404, [("Offsync-Epoch", "zz"), ("Content-Type", "application/problem+json")],
                         '{"code":"no_entity"}')
        record = '{"subject":"k/1","fields":{}}\n'
        conflicts, entity = ("conflicts", "--require-proxy"), ("state", "k/1", "--require-proxy")
        for kind, act, ask, found in (("conflicts", of_log("", epoch="zz"), conflicts, 0),
                                      ("state", of_log(record, epoch="zz"), entity, 66), ("state", refused, entity, 66)):
            with self.subTest(ask=ask):
                self.server.on("info", of_log(space % "e1"))
                done = self.meets(kind, act, *ask)
                self.assertIn("it is of the log zz, and that of the space is e1", done.stderr)
                self.server.on("info", of_log(space % "zz"))  # as its head does not say
                self.assertIn("it is of the log zz, and the answer of e1", self.meets(kind, act, *ask).stderr)
                self.server.on("info", of_log(space % "zz", epoch="zz"))
                self.meets(kind, act, *ask, code=found)
        nobody = answer(404, [("Content-Type", "application/problem+json")], '{"code":"no_entity"}')
        self.assertIn("it bears no epoch", self.meets("state", nobody, *entity).stderr)
        self.assertIn("it is of the log zz, and the answer of e1",
                      self.meets("info", of_log(space % "zz"), "status", "--require-proxy").stderr)

    def test_a_state_that_cannot_be_says_why(self):
        self.know_two_events()
        for body, words in (("", "it is empty"), ('{"cursor":"e1-2","entities":2,"conflicts":0}\n', "0 of 2 entities"),
                            ('{"cursor":"zz-2","entities":0,"conflicts":0}\n', "it is of the log zz, and the answer of e1"),
                            ('{"cursor":"e1-2","entities":0,"conflicts":0}\n{}\n', "there is more than it announced")):
            with self.subTest(words):
                self.assertIn(words, self.meets("state", of_log(body), "state", "--require-proxy").stderr)

    def test_a_watch_whose_state_cannot_be_used(self):
        self.anna.configure(retry_wait=0.2)
        self.anna.emit("t", "k/1", "v=1")
        self.server.on("state", of_log("", head=2), always=True)
        for quiet in ((), ("-q",)):
            done = self.anna.finish("watch", "--timeout", "3", *quiet)
            self.assertEqual((done.returncode, done.stdout), (69, ""), done.stderr)
            self.assertIn("the snapshot's first line does not say where it stands", done.stderr.splitlines()[-1])
        self.assertEqual(len(self.anna.queue()), 1)

    def test_a_push_that_is_answered_by_gone(self):
        self.know_two_events()
        problem = answer(410, [("Content-Type", "application/problem+json")], '{"code":"cursor_expired"}')
        self.meets("push", problem, code=75)

    def test_bombs_cost_little_memory(self):
        self.know_two_events()
        bomb = zstd_bomb(33_000)
        self.assertLess(len(bomb), 140_000)
        act = of_log(bomb, head=3, more=[("Content-Encoding", "zstd")])
        zeros = of_log(gzip.compress(bytes(150_000_000)), head=3, more=[("Content-Encoding", "gzip")])
        for kind, arguments in (("page", ("sync", "--pull")), ("info", ("status", "--require-proxy")),
                                ("state", ("state", "--require-proxy")),
                                ("conflicts", ("conflicts", "--require-proxy")), ("push", ("sync", "--push"))):
            for name, body in (("zstd", act), ("gzip", zeros)):
                with self.subTest(kind=kind, coding=name):
                    self.server.on(kind, body)
                    code, said, megabytes = run_measured(self.anna.folder, *arguments)
                    self.assertEqual(code, 76, said)
                    self.assertLess(megabytes, 600, said)
        fresh = self.replica("fresh", self.server.url())
        self.server.on("state", act)
        code, said, megabytes = run_measured(fresh.folder, "sync")
        self.assertEqual(code, 76, said)
        self.assertLess(megabytes, 600, said)

    def test_a_bomb_where_is_asked_what_a_log_lacks(self):
        real = self.proxy()
        server = Server(real.port)
        self.addCleanup(server.close)
        replicas = [self.replica(name, server.url()) for name in ("zstd", "gzip")]
        for replica in replicas:
            replica.emit("t", "b/1", "n:=1")
            replica.sync()
            replica.sync()  # its event has come back
        real.stop()
        for file in real.folder.glob("proxy.db*"):
            file.unlink()
        real.start()
        epoch = real.info()["epoch"]
        bodies = {"zstd": zstd_bomb(33_000), "gzip": gzip.compress(bytes(150_000_000))}
        for replica in replicas:
            coding = replica.folder.name
            with self.subTest(coding):
                server.on("missing", of_log(bodies[coding], epoch=epoch, more=[("Content-Encoding", coding)]))
                code, said, megabytes = run_measured(replica.folder, "sync")
                self.assertEqual((code, "missing" in server.seen), (76, True), said)
                self.assertLess(megabytes, 600, said)
                replica.sync()
                self.assertEqual(replica.fields("b/1"), {"n": 1})

    def test_answers_without_end(self):
        self.know_two_events()
        head = (b"HTTP/1.1 %s\r\nOffsync-Epoch: e1\r\nOffsync-Head: 3\r\nOffsync-Cursor: e1-3\r\n"
                b"Content-Type: application/x-ndjson\r\n\r\n")
        ok, failed = head % b"200 OK", head % b"500 No"
        line = (event(3) + "\n").encode()
        for name, kind, act, code in (
                ("a byte now and then", "page", endless(ok, b" ", 0.2), 69),
                ("blank lines", "page", endless(ok, b"\n" * 65536), 76),
                ("one line", "page", endless(ok, b" " * 65536), 76),
                ("the same event", "page", endless(ok, line * 1000), 76),
                ("the body of a 500", "page", endless(failed, b"x" * 65536), 69),
                ("the body of a 500, slowly", "page", endless(failed, b"x", 0.2), 69),
                ("outcomes", "push", endless(ok, b"{}\n" * 10000), 76)):
            with self.subTest(name):
                begun = time.monotonic()
                self.meets(kind, act, code=code)
                self.assertLess(time.monotonic() - begun, 60)

    def test_heads_without_end(self):
        self.know_two_events()
        head = (b"HTTP/1.1 200 OK\r\nOffsync-Epoch: e1\r\nOffsync-Head: 3\r\nOffsync-Cursor: e1-3\r\n"
                b"Content-Type: application/x-ndjson\r\n")
        chunked = head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
        for name, act in (("trailers", endless(chunked, b"X-a: b\r\n" * 1000)),
                          ("fields", endless(head, b"X-a: b\r\n" * 1000)),
                          ("answers to come", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000))):
            for kind, arguments in (("page", ("sync", "--pull")), ("state", ("state", "--require-proxy")),
                                    ("info", ("status", "--require-proxy")), ("stream", ("watch", "--timeout", "8"))):
                if kind == "stream" and name == "trailers":
                    continue
                with self.subTest(name, kind=kind):
                    self.server.on(kind, act)
                    code, said, megabytes = run_measured(self.anna.folder, *arguments)
                    self.assertEqual(code, 69 if kind == "stream" else 76, said)
                    self.assertIn("the header of the answer is too long", said)
                    self.assertLess(megabytes, 200 if kind == "stream" else 600, said)

    def test_a_state_without_end(self):
        """It is given up in time, and what is great lies on the disk until it is whole."""
        self.know_two_events()
        head = b"HTTP/1.1 200 OK\r\nOffsync-Epoch: e1\r\nContent-Type: application/x-ndjson\r\n\r\n"
        register = '{"value":"%s","stamp":"%s","id":"i","source":"/f"}' % ("x" * 2000, STAMP)

        def act(connection):
            connection.sendall(head + b'{"cursor":"e1-1000001","entities":1000001,"conflicts":0}\n')
            for i in range(100_000):  # not made at once: what we take counts for who is run by us, too
                connection.sendall(f'{{"subject":"s/{i:09}","fields":{{"a":{{"register":{register}}}}}}}\n'.encode())
        self.server.on("state", act)
        code, said, megabytes = run_measured(self.anna.folder, "state", "--require-proxy",
                                             env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        self.assertEqual(code, 76, said)
        self.assertLess(megabytes, 250, said)

    def test_states_that_cannot_be(self):
        self.know_two_events()
        record = '{"subject":"%s","fields":{"a":{"register":{"value":1,"stamp":"' + STAMP + '","id":"i","source":"/f"}}}}\n'
        head = '{"cursor":"e1-2","entities":2,"conflicts":0}\n'
        for name, body, words in (("twice", record % "k/1" + record % "k/1", "k/1 is there twice"),
                                  ("in no order", record % "k/2" + record % "k/1", "k/1 stands behind k/2")):
            with self.subTest(name):
                done = self.meets("state", of_log(head + body, head=2), "state", "--require-proxy")
                self.assertIn(words, done.stderr)

    def test_names_of_a_log_that_are_none(self):
        """An answer of another epoch at another address is of another log, where it says no name; one with what can be
        no name is no answer of a log."""
        self.know_two_events()
        for name, value in (("empty", ""), ("no id", "Hello, world!"), ("giant", "a" * 9000), ("a control", "a\x01b"),
                            ("two in one", "a, b"), ("quotes", "\"'; --"), ("a path", "../../x")):
            with self.subTest(name):
                more = [("Offsync-Log", value)]
                self.server.on("info", of_log('{"epoch":"e2","head":2,"oldest":1,"applied":2}', epoch="e2", head=2, more=more))
                self.meets("state", of_log('{"cursor":"e2-0","entities":0,"conflicts":0}\n', epoch="e2", more=more),
                           "state", "--require-proxy", "--remote", self.server.url("other"), code=78 if value == "" else 76)

    def test_streams_without_end(self):
        """The code of the first trouble, which `watch` tells on stderr."""
        self.know_two_events()
        self.anna.configure(stream_timeout=2)
        head = b"HTTP/1.1 200 OK\r\nOffsync-Epoch: e1\r\nContent-Type: text/event-stream\r\n\r\n"
        hello = b'event: hello\ndata: {"epoch":"e1","head":%d}\n\n'
        old = b"id: e1-2\ndata: " + event(2, identity="g2").encode() + b"\n\n"
        for name, act, words in (
                ("old events", endless(head + hello % 2, old), "an event behind e1-2 is at e1-2"),
                ("rubbish", endless(head, b"rubbish\n" * 1000), "without an event"),
                ("no end of a line", endless(head, b"data: x" * 1000), "longer than"),
                ("other types", endless(head + hello % 2, b"event: other\ndata: x\n\n" * 1000), "without an event"),
                ("blank lines, slowly", endless(head + hello % 9, b"\n", 0.2), "the stream after e1-2 came too slowly"),
                ("no hello", endless(head, b": x\n\n", 0.2), "the stream after e1-2 came too slowly")):
            with self.subTest(name):
                self.server.on("stream", act)
                done = self.anna.finish("watch", "--timeout", "10")
                troubles = [text for text in done.stderr.splitlines() if "trying again" in text and "the push" not in text]
                self.assertNotEqual(troubles, [], done.stderr)
                self.assertIn(words, troubles[0])

    def test_a_time_that_is_nobodys(self):
        self.know_two_events()
        far = [("Offsync-Time", 281_000_000_000_000)]
        later = [("Offsync-Time", int(time.time() * 1000) + 3600_000 * 24 * 365)]
        for act, code in ((answer(500, far), 69), (of_log("", head=2, more=far), 0), (of_log("", head=2, more=later), 0)):
            self.server.on("page", act)
            self.anna.run("sync", "--pull", code=code)
        self.server.on("info", answer(500, far))
        self.anna.run("status")
        self.anna.emit("t", "b/2", "n:=1")
        stamp = json.loads(self.anna.run("log", "--pending", "-o", "ndjson").splitlines()[-1])["stamp"]
        self.assertLess(int(stamp[:12], 16) / 1000, time.time() + 61)

    def test_repair_is_the_way_out(self):
        self.know_two_events()
        before = self.anna.queue(), self.anna.run("log", "-o", "ndjson"), self.anna.state()
        database = self.anna.folder / ".offsync/replica.db"
        for sql in ("UPDATE replica SET head = -1", "UPDATE replica SET cursor = -5, log_after = -7",
                    "UPDATE replica SET epoch = 'E!'"):
            with self.subTest(sql):
                with sqlite3.connect(database) as harmed:
                    harmed.execute(sql)
                harmed.close()
                done = self.anna.finish("status", "--offline")
                self.assertEqual(done.returncode, 74)
                self.assertIn("offsync repair", done.stderr)
                told = json.loads(self.anna.run("repair", "--json"))
                self.assertEqual((told["queue"], told["log"], told["unreadable"]), (1, 2, 0))
                self.assertNotEqual(told["mended"], [])
                self.assertEqual((self.anna.queue(), self.anna.run("log", "-o", "ndjson"), self.anna.state()), before)
        self.assertEqual(json.loads(self.anna.run("repair", "--json"))["mended"], [])

    def test_replay_leaves_out_what_it_cannot_place(self):
        """Former versions took an event without a time, which does nothing, into the log."""
        lines = [event(n, identity=f"g{n}", data='{"set":{"n":%d}}' % n) for n in (1, 2)]
        self.server.on("state", of_log('{"cursor":"e1-0","entities":0,"conflicts":0}\n'))
        self.server.on("page", of_log("\n".join(lines) + "\n", head=2))
        self.anna.sync("--pull")
        file = self.anna.folder / ".offsync/replica.db"
        database = sqlite3.connect(file)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute(f"VACUUM INTO '{file}.other'")  # what another program wrote has no seals
        database.close()
        os.replace(f"{file}.other", file)
        database = sqlite3.connect(file)
        with database:
            database.execute("UPDATE log SET line = ? WHERE sequence = 1",
                             (json.dumps({k: v for k, v in json.loads(lines[0]).items() if k != "time"}),))
        database.close()
        done = self.anna.finish("replay", "-o", "ndjson")
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn("the received log: line 1, byte 0: the event has neither time nor stamp", done.stderr)
        self.assertIn('"n":2', done.stdout)
        self.assertEqual(self.anna.finish("replay", "--strict").stdout, "")


if __name__ == "__main__":
    main()
