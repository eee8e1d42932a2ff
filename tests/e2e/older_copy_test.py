#!/usr/bin/env python3
"""A replica that is put back in place to an older copy of itself, with events queued before it syncs."""
import json

from harness import Case, main, ndjson


class OlderCopy(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy()
        self.till = self.replica("till", self.server.url())
        self.till.emit("t.set", "p/a", "v=0")
        self.till.sync()
        self.home = self.till.folder / ".offsync"
        self.older = {file: file.read_bytes() for file in self.home.glob("replica.db*")}

    def put_back(self):
        for file in self.home.glob("replica.db*"):
            if file not in self.older:
                file.write_bytes(b"")
        for file, was in self.older.items():
            with open(file, "r+b") as there:  # the same file, as `cat backup >file` leaves it
                there.truncate(0)
                there.write(was)

    def log(self):
        return [event["data"] for event in ndjson(self.till.run("log", "-o", "ndjson"))]

    def source(self):
        return self.till.status()["source"]

    def test_all_that_is_queued_goes_under_another_name_in_its_order(self):
        for n in (1, 2, 3):
            self.till.emit("t.set", "p/a", f"v={n}")
        self.till.sync()
        before = self.source()
        self.put_back()
        for n in range(4):
            self.till.emit("t.set", f"p/b{n}", f"w={n}")
        done = self.till.finish("sync")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("it is an older copy of itself, or another replica writes under the same source", done.stderr)
        self.assertNotEqual(self.source(), before)
        self.assertIn(self.source(), done.stderr)
        self.assertEqual([data["set"]["w"] for data in self.log() if "w" in data["set"]], ["0", "1", "2", "3"])
        self.assertEqual(self.till.queue(), [])
        again = self.till.finish("sync")
        self.assertEqual((again.returncode, again.stderr), (0, ""))

    def test_what_is_held_behind_its_old_numbers_is_not_held_at_the_end(self):
        for n in (1, 2):
            self.till.emit("t.set", "p/a", f"v={n}")
        self.till.sync()
        self.put_back()
        for n in (3, 4, 5):
            self.till.emit("t.set", "p/a", f"w={n}")
        told = json.loads(self.till.run("sync", "--json"))
        self.assertEqual((told["pushed"], told["rejected"], told["held"]), (3, 0, 0))
        self.assertEqual(self.till.queue(), [])


if __name__ == "__main__":
    main()
