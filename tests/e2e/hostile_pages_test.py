#!/usr/bin/env python3
"""Pages that no log has: every reader of pages refuses them by the same rule, before anything of them
counts, and what they unpack to is bounded."""
import gzip
import os

from harness import Case, main, ndjson
from scripted import Server, answer, event, of_log, run_measured

# What was freed must not count as used, where the programs are sanitized.
os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1"

HEAD = 9
EMPTY = '{"cursor":"e1-%d","entities":0,"conflicts":0}\n'


def lines(*sequences):
    return "".join(event(n, identity=f"h{n}") + "\n" for n in sequences)


def packed(body):
    return of_log(gzip.compress(body), head=HEAD, more=[("Content-Encoding", "gzip")])


WHOLE = lines(*range(1, HEAD + 1))
PAGES = {
    "every other event": of_log(lines(1, 3, 5, 7, 9), head=HEAD),
    "one is left out": of_log(lines(1, 2, 3, 5, 6, 7, 8, 9), head=HEAD),
    "the beginning": of_log(lines(1, 2, 3, 4), head=HEAD),
    "the end": of_log(lines(5, 6, 7, 8, 9), head=HEAD),
    "nine times the first": of_log(lines(1) * 9, head=HEAD),
    "nine events, shifted": of_log(lines(*range(2, 11)), head=HEAD),
    "in another order": of_log(lines(1, 2, 3, 4, 5, 6, 7, 9, 8), head=HEAD),
    "no sequences": of_log(WHOLE.replace('"sequence"', '"sequenced"'), head=HEAD),
    "no time": of_log(lines(*range(1, 9)) + event(9).replace('"time"', '"timed"') + "\n", head=HEAD),
    "a stamp of tomorrow": of_log(
        lines(*range(1, 9)) + event(9).replace('"time": "2026-01-01', '"time": "2026-01-02') + "\n", head=HEAD),
    "a line that is none": of_log(lines(*range(1, 9)) + "nonsense\n", head=HEAD),
    "an event cut in its middle": of_log(WHOLE[:-40], head=HEAD),
    "nothing at all": of_log("", head=HEAD),
    "nothing, and says so": of_log("", head=HEAD, cursor="e1-0"),
    "a head behind its events": of_log(WHOLE, head=4, cursor="e1-9"),
    "a cursor of another log": of_log(WHOLE, head=HEAD, cursor="e2-9"),
    "no cursor": answer(200, [("Offsync-Epoch", "e1"), ("Offsync-Head", HEAD)], WHOLE),
    "no head": answer(200, [("Offsync-Epoch", "e1"), ("Offsync-Cursor", "e1-9")], WHOLE),
    "more than was asked for": of_log(lines(*range(1, 1002)), head=1001),
}
BOMBS = {
    "blank lines": packed(b"\n" * 20_000_000),
    "many blank lines": packed(b"\n" * 70_000_000),
    "short lines": packed(b"x\n" * 10_000_000),
    "one long line": packed(b" " * 20_000_000),
    "one event again and again": packed(lines(1).encode() * 100_000),
}


class HostilePages(Case):
    def setUp(self):
        super().setUp()
        self.made = 0
        self.server = Server()
        self.addCleanup(self.server.close)

    def fresh(self, sequence):
        """A replica that knows the state at `sequence`, and no event."""
        self.made += 1
        self.server.forget()
        replica = self.replica(f"anna-{self.made}", self.server.url())
        replica.configure(request_timeout=2, ask_timeout=2)
        self.server.on("state", of_log(EMPTY % sequence, head=sequence))
        self.server.on("page", of_log("", head=sequence))
        replica.sync("--pull")
        return replica

    def readers(self):
        """Each with what it needs to ask for the events 1 to 9."""
        return {
            "sync": (self.fresh(0), ("sync", "--pull", "-q")),
            "replay": (self.fresh(0), ("replay", self.server.url())),
            "replay of the events": (self.fresh(0), ("replay", self.server.url() + "/events")),
            "watch": (self.fresh(HEAD), ("watch", "--from", "beginning", "-n", "9", "--timeout", "60")),
        }

    def test_a_page_that_cannot_be_is_refused_whole(self):
        for reader, (replica, arguments) in self.readers().items():
            before = replica.status()
            for name, act in PAGES.items():
                with self.subTest(name, reader=reader):
                    self.server.forget()
                    self.server.on("page", act, always=True)
                    done = replica.finish(*arguments)
                    self.assertEqual((done.returncode, done.stdout), (76, ""), done.stderr)
                    self.assertIn(self.server.url(), done.stderr)
                    self.assertEqual({**replica.status(), "problem": None}, {**before, "problem": None})

    def test_the_second_page_counts_as_the_first_does(self):
        pages = {"a hole": of_log(lines(3, 5), head=5), "the first again": of_log(lines(1, 2), head=5)}
        for name, act in pages.items():
            for reader, (replica, arguments) in self.readers().items():
                with self.subTest(name, reader=reader):
                    self.server.forget()
                    self.server.on("page", of_log(lines(1, 2), head=5, cursor="e1-2"))
                    self.server.on("page", act, always=True)
                    done = replica.finish(*arguments)
                    self.assertEqual(done.returncode, 76, done.stderr)
                    seen = [e["sequence"] for e in ndjson(done.stdout)]
                    self.assertEqual(seen, ["1", "2"] if reader == "watch" else [])

    def test_a_log_replaced_between_two_pages(self):
        replica = self.fresh(0)
        self.server.on("page", of_log(lines(1, 2), head=5, cursor="e1-2"))
        self.server.on("page", of_log(lines(3, 4), epoch="e2", head=4))
        done = replica.finish("replay", self.server.url())
        self.assertEqual((done.returncode, done.stdout), (76, ""), done.stderr)
        self.assertIn("began anew as e2", done.stderr)

    def test_pages_as_they_should_be(self):
        for reader, (replica, arguments) in self.readers().items():
            with self.subTest(reader):
                self.server.forget()
                self.server.on("page", of_log(lines(1, 2, 3, 4), head=HEAD, cursor="e1-4"))
                self.server.on("page", of_log(lines(5, 6, 7, 8, 9)[:-1], head=HEAD))
                done = replica.finish(*arguments)
                self.assertEqual(done.returncode, 0, done.stderr)
                if reader == "watch":
                    self.assertEqual(len(ndjson(done.stdout)), 9)

    def test_bombs_cost_little_memory(self):
        for reader, (replica, arguments) in self.readers().items():
            for name, act in BOMBS.items():
                with self.subTest(name, reader=reader):
                    self.server.forget()
                    self.server.on("page", act, always=True)
                    code, said, megabytes = run_measured(replica.folder, *arguments)
                    self.assertEqual(code, 76, said)
                    self.assertLess(megabytes, 400, said)


if __name__ == "__main__":
    main()
