#!/usr/bin/env python3
"""Replicas whose files were harmed: what `repair` makes of them, and what can be done with what it
could not read."""
import json
import re
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
        replica.run("repair")
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


if __name__ == "__main__":
    main()
