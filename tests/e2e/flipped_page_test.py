#!/usr/bin/env python3
"""A byte that changed on the disk is an error of the command that needs it, never another answer."""
import sqlite3

from harness import Case, main

PAGE = 4096


class FlippedPage(Case):
    READS = (["conflicts", "--offline", "-o", "text"], ["conflicts", "--offline", "-o", "ndjson"],
             ["conflicts", "--offline", "--all", "-o", "ndjson"], ["state", "--offline", "-o", "ndjson"],
             ["log", "-o", "ndjson"], ["queue", "-o", "ndjson"], ["queue", "export"])

    def with_conflicts(self):
        """A replica with an open conflict that was written over, a resolved one, and a queue."""
        server = self.proxy()
        one, other = (self.replica(name, server.url()) for name in ("one", "other"))
        for entity in "e/1", "e/2":
            one.emit("t", entity, "v=0", "x=" + "long " * 40)
            one.sync()
            other.sync()
            one.emit("t", entity, "v=A")
            other.emit("t", entity, "v=B")
            for replica in one, other, one:
                replica.sync()
        other.run("resolve", "e/2", "--ours")
        other.sync()
        other.emit("t", "e/1", "v=LATER")
        other.emit("t", "e/3", "v=queued")
        return other

    def test_each_page(self):
        replica = self.with_conflicts()
        file = replica.folder / ".offsync" / "replica.db"
        with sqlite3.connect(file) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        conflict = replica.conflicts()[0]["id"]
        reads = [*self.READS, ["conflicts", "show", conflict, "--offline", "-o", "text"],
                 ["conflicts", "show", conflict, "--offline", "-o", "ndjson"]]
        good = [replica.run(*read) for read in reads]
        self.assertIn("LATER", good[0])
        sound = file.read_bytes()
        failed = {tuple(read[:2]): 0 for read in reads}
        for page in range(1, len(sound) // PAGE):  # without the first, which all need
            bad = bytearray(sound)
            bad[page * PAGE + 4000] ^= 0xff
            file.write_bytes(bad)
            for side in "-wal", "-shm":
                file.with_name(file.name + side).unlink(missing_ok=True)
            for read, answer in zip(reads, good):
                done = replica.finish(*read)
                if done.returncode == 0:
                    self.assertEqual(done.stdout, answer, (page + 1, read))
                else:
                    self.assertEqual(done.returncode, 74, (page + 1, read, done.stderr))
                    self.assertIn("is not as it was written", done.stderr)
                    failed[tuple(read[:2])] += 1
        self.assertNotIn(0, failed.values(), failed)


if __name__ == "__main__":
    main()
