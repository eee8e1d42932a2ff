#!/usr/bin/env python3
"""Replicas whose files were harmed: what `repair` makes of them, and what can be done with what it
could not read."""
import json
import re
import sqlite3
import subprocess

from harness import Case, OFFSYNC, clean_environment, main, ndjson

PAGE = 4096


class Harmed(Case):
    def filled(self, events, value=lambda i: str(i)):
        """A replica of that many queued events, all of them in the one file."""
        replica = self.replica("harmed")
        self.fill(replica, events, value)
        return replica, replica.folder / ".offsync" / "replica.db"

    @staticmethod
    def fill(replica, events, value):
        lines = (json.dumps({"type": "t", "subject": f"q/{i}", "data": {"set": {"z": value(i)}}})
                 for i in range(1, events + 1))
        replica.run("emit", "-q", "--batch", "-", input="\n".join(lines) + "\n")

    @staticmethod
    def write(file, at, data):
        with open(file, "r+b") as out:
            out.seek(at)
            out.write(data)

    @staticmethod
    def raw(replica, *arguments, code=0):
        """What it prints, as it is: bytes."""
        done = subprocess.run([OFFSYNC, *arguments], cwd=replica.folder, env=clean_environment(),
                              capture_output=True, check=False)
        assert done.returncode == code, (done.returncode, done.stderr)
        return done.stdout


class Unreadable(Harmed):
    def harmed(self):
        replica, file = self.filled(1500)
        at = [found.start() for found in re.finditer(rb'{"specversion', file.read_bytes())]
        self.write(file, at[700], b"\n\x1b[31m\xff")
        done = replica.finish("repair")
        self.assertEqual(done.returncode, 65)
        self.assertIn("of the queue cannot be read, or may not say what they said", done.stderr)
        rows = replica.queue()
        return replica, [row for row in rows if row.get("code") == "unreadable"]

    def test_is_printed_as_text_and_never_raw(self):
        replica, (row,) = self.harmed()
        self.assertIsNone(row["event"])
        self.assertTrue(row["unreadable"].startswith("\\n\\x1b[31m\\xff"), row["unreadable"])
        for action in (["queue", "-o", "ndjson"], ["queue", "--json"], ["queue", "-o", "text"],
                       ["queue", "show", row["id"], "-o", "text"],
                       ["queue", "show", row["id"], "-o", "ndjson"]):
            printed = self.raw(replica, *action)
            self.assertNotIn(b"\x1b", printed, action)
            printed.decode()
            if "ndjson" in action:
                for line in printed.splitlines():
                    json.loads(line)
        for action in (["queue", "export"], ["log", "--pending", "-o", "ndjson"]):
            printed = self.raw(replica, *action, code=65)
            self.assertEqual(len([json.loads(line) for line in printed.splitlines()]),
                             len(replica.queue()) - 1, action)

    def test_can_be_dropped_and_does_not_hinder_others(self):
        replica, (row,) = self.harmed()
        doubtful = [one for one in replica.queue() if one.get("code") == "doubtful"]
        self.assertGreater(len(doubtful), 1)
        for command, code in (("repair", 65), ("doctor", 74)):  # until somebody has looked at them
            self.assertEqual(replica.finish(command).returncode, code)
        done = replica.finish("queue", "retry", "--all")
        self.assertEqual(done.returncode, 65)
        self.assertIn(f"(n {row['n']}) cannot be read any more", done.stderr)
        self.assertEqual([one["n"] for one in replica.queue() if one["state"] == "rejected"],
                         [row["n"]])
        replica.run("queue", "drop", row["id"])
        self.assertEqual(len(replica.queue()), 1499)
        replica.run("doctor")

    def test_all_are_dropped_with_it(self):
        replica, _ = self.harmed()
        replica.run("queue", "drop", "--all")
        self.assertEqual([one for one in replica.queue() if one["state"] == "rejected"], [])
        replica.run("doctor")


class Lost(Harmed):
    def repaired(self, replica):
        done = replica.finish("repair", "--json")
        return done, json.loads(done.stdout)

    def lose(self, file, data, page):
        for end in ("-wal", "-shm"):
            file.with_name(file.name + end).unlink(missing_ok=True)
        file.write_bytes(data[:page * PAGE] + bytes(PAGE) + data[(page + 1) * PAGE:])

    def test_events_are_named_and_all_others_kept(self):
        replica, file = self.filled(1500)
        data = file.read_bytes()
        before = {row["n"]: row["event"] for row in replica.queue()}
        pages = len(data) // PAGE
        codes = set()
        for page in range(2, pages, max(1, pages // 20)):
            self.lose(file, data, page)
            done, said = self.repaired(replica)
            rows = {row["n"]: row["event"] for row in replica.queue()}
            lost = [n for n in before if rows.get(n) is None]
            self.assertEqual(said["lost_numbers"], lost, page)
            self.assertEqual((said["lost"], said["queue"]), (len(lost), 1500 - len(lost)))
            self.assertEqual(done.returncode, 65 if lost or said["waiting"] else 0, done.stderr)
            self.assertLess(len(lost), 40)
            codes.add(done.returncode)
            for n, event in rows.items():
                self.assertIn(event, (None, before[n]))
            if lost:
                kept = file.with_name(file.name + ".damaged")
                self.assertIn(str(kept), done.stderr)
                kept.unlink()
                replica.run("queue", "drop", "--all")
            replica.run("doctor")
        self.assertEqual(codes, {0, 65})

    def test_not_where_the_page_is_lost_that_leads_to_all_others(self):
        replica, file = self.filled(1500)
        with sqlite3.connect(f"file:{file}?immutable=1", uri=True) as db:
            (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'pending'").fetchone()
        before = replica.queue()
        self.lose(file, file.read_bytes(), root - 1)
        done, said = self.repaired(replica)
        self.assertEqual((done.returncode, said["queue"], said["lost"]), (0, 1500, 0), done.stderr)
        self.assertEqual(replica.queue(), before)

    def test_pages_that_changed_places(self):
        replica, file = self.filled(200, lambda i: "q" * 9000)
        self.fill(replica, 100, lambda i: i)
        data = file.read_bytes()
        pages = [data[at:at + PAGE] for at in range(0, len(data), PAGE)]
        leaves = [i for i, page in enumerate(pages) if b'{"specversion' in page and b'"data"' in page]
        overflow = [i for i, page in enumerate(pages) if b'{"specversion' not in page
                    and page.count(b"q") > 500]
        for one, other in zip(leaves[::len(leaves) // 5], overflow[::len(overflow) // 5]):
            for end in ("-wal", "-shm"):
                file.with_name(file.name + end).unlink(missing_ok=True)
            swapped = list(pages)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            file.write_bytes(b"".join(swapped))
            done, said = self.repaired(replica)
            self.assertEqual(done.returncode, 65 if said["lost"] or said["waiting"] else 0, done.stderr)
            replica.emit("t", "a/1", "x=1")
            replica.run("queue", "drop", "--all")
            replica.run("doctor")


if __name__ == "__main__":
    main()
