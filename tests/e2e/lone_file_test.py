#!/usr/bin/env python3
"""The one file of a replica or store without those beside it, as a careless copy is."""
import json
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

from harness import Case, PATIENCE, PROXY, Proxy, Replica, clean_environment, main


def check(store):
    return subprocess.run([PROXY, "check", "--store", f"sqlite:{store}"], env=clean_environment(), text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)


def pages_by_sqlite(file):
    """Those in the WAL counted."""
    with sqlite3.connect(file) as database:
        return database.execute("PRAGMA page_count").fetchone()[0]


class LoneFile(Case):
    def copy_alone(self, file, name):
        folder = self.folder / name
        folder.mkdir(parents=True)
        return Path(shutil.copy(file, folder / file.name))

    def test_a_store_copied_alone_is_the_store_and_not_a_new_one(self):
        proxy = self.proxy()
        copy = self.copy_alone(proxy.store, "copy")
        # Also one that was killed at once: it is made, whatever the next start finds.
        proxy.kill()
        killed = self.copy_alone(proxy.store, "killed")
        proxy.start()
        said = proxy.info()
        self.replica("anna", proxy.url()).emit("t.t", "k/1", "a=1")
        for store in (copy, killed):
            done = check(store)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            other = Proxy(store.parent)
            self.addCleanup(other.close)
            self.assertEqual(other.start().info()["epoch"], said["epoch"])

    def test_a_store_whose_making_was_killed_is_settled_by_the_next_start(self):
        """As an older proxy leaves it: all is in the WAL."""
        proxy = self.proxy()
        epoch = proxy.info()["epoch"]
        proxy.stop()
        wal_only(proxy.store)
        proxy.start()
        self.assertEqual(proxy.info()["epoch"], epoch)
        copy = self.copy_alone(proxy.store, "copy")
        self.assertEqual(check(copy).returncode, 0)

    def test_a_replica_copied_alone_is_an_older_one(self):
        for name, url in (("anna", None), ("ben", "http://127.0.0.1:1/v1/spaces/test")):
            replica = self.replica(name, url)
            replica.emit("t.t", "k/1", "a=1")
            (self.folder / f"{name}-copy").mkdir()
            copy = self.copy_alone(replica.folder / ".offsync/replica.db", f"{name}-copy/.offsync")
            other = Replica(copy.parent.parent)
            said = other.status()
            self.assertTrue(said["source"].startswith(f"/clients/{name}/"), said)
            self.assertEqual(said["remote"], url)
            self.assertEqual(said["queue"]["queued"], 0)
            other.emit("t.t", "k/1", "a=2")
            self.assertIn('"sound":true', other.run("doctor", "--json"))

    def test_a_wal_of_another_replica_is_none_of_this_one(self):
        anna, ben = (self.replica(name) for name in ("anna", "ben"))
        events = ({"type": "t.t", "subject": f"k/{n}", "data": {"set": {"a": n}}} for n in range(200))
        anna.run("emit", "-q", "--batch", "-", input="".join(json.dumps(one) + "\n" for one in events))
        ben.emit("t.t", "b/1", "a=1")
        files = {one: one.folder / ".offsync" / "replica.db" for one in (anna, ben)}
        with sqlite3.connect(files[anna]) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = anna.state()
        wal = Path(f"{files[anna]}-wal")
        foreign = Path(f"{files[ben]}-wal").read_bytes()
        self.assertGreater(len(foreign), 4096)
        for shared in (None, files[ben], files[anna]):
            index = shared and Path(f"{shared}-shm").read_bytes()
            wal.write_bytes(foreign)
            beside = Path(f"{files[anna]}-shm")
            beside.unlink() if index is None else beside.write_bytes(index)
            for command in (["state", "--offline"], ["doctor"], ["queue"], ["emit", "t.t", "k/1", "a=2"]):
                done = anna.finish(*command)
                self.assertEqual((done.returncode, done.stdout), (74, ""), command)
                self.assertIn("replica.db-wal is not of this", done.stderr)
            self.assertEqual(wal.read_bytes(), foreign)
        done = anna.finish("repair", "--json")
        self.assertEqual(done.returncode, 65, done.stderr)
        kept = Path(json.loads(done.stdout)["wal_aside"])
        self.assertEqual(kept, Path(f"{wal}.aside"))
        self.assertIn(str(kept), done.stderr)
        self.assertEqual(kept.read_bytes(), foreign)
        self.assertEqual(anna.state(), before)
        anna.run("doctor")
        anna.run("repair")
        # The two belong together still.
        shutil.copy(files[ben], self.folder / "ben.db")
        shutil.copy(kept, self.folder / "ben.db-wal")
        ben.run("doctor", "--file", str(self.folder / "ben.db"))

    def test_a_wal_of_another_store_is_none_of_this_one(self):
        proxies = [self.proxy(name=name) for name in ("one", "two")]
        for n, proxy in enumerate(proxies):
            anna = self.replica(f"anna{n}", proxy.url())
            anna.emit("t.t", "k/1", "a=1")
            anna.sync()
            proxy.kill()
        wal = Path(f"{proxies[0].store}-wal")
        self.assertGreater(wal.stat().st_size, 4096)
        shutil.copy(f"{proxies[1].store}-wal", wal)
        said = "proxy.db-wal is not of this"
        done = check(proxies[0].store)
        self.assertEqual(done.returncode, 74)
        self.assertIn(said, done.stderr)
        with self.assertRaisesRegex(AssertionError, f"ended with 74(.|\n)*{said}"):
            proxies[0].start()

    def test_check_counts_the_pages_in_the_wal(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        for n in range(40):
            anna.emit("t.t", f"k/{n}", "a=" + 3000 * "x")
        anna.sync()
        done = check(proxy.store)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(?m)^space test: 40 events, 40 entities, 0 open conflicts$")
        pages = pages_by_sqlite(proxy.store)
        self.assertGreater(pages, proxy.store.stat().st_size // 4096)
        self.assertEqual(int(re.search(r"(?m)^(\d+) pages$", done.stdout).group(1)), pages)
        told = json.loads(anna.run("doctor", "--json"))
        self.assertEqual(told["pages"], pages_by_sqlite(anna.folder / ".offsync/replica.db"))

    def test_one_of_a_kind_is_no_more(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t.t", "k/1", "a=1")
        anna.sync()
        self.assertIn("space test: 1 event, 1 entity, 0 open conflicts\n", check(proxy.store).stdout)
        self.assertRegex(anna.run("doctor"), r"(?m)^log +1 event$")

    def test_who_examines_a_backup_leaves_nothing_beside_it(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t.t", "k/1", "a=1")
        anna.sync()
        proxy.stop()
        store = self.copy_alone(proxy.store, "stored")
        replica = self.copy_alone(anna.folder / ".offsync/replica.db", "replicated")
        self.assertEqual(check(store).returncode, 0)
        anna.run("doctor", "--file", replica)
        for file in (store, replica):
            self.assertEqual([one.name for one in file.parent.iterdir()], [file.name])

    def test_a_store_in_use_is_checked_with_its_wal_by_a_link_too(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("t.t", "k/1", "a=1")
        anna.sync()
        link = self.folder / "link.db"
        link.symlink_to(proxy.store)
        self.assertIn("space test: 1 event", check(link).stdout)


def wal_only(file):
    """Puts all of the file into a WAL beside a file of one page, which says nothing."""
    whole = file.with_name("whole.db")
    file.rename(whole)
    Path(f"{file}-wal").unlink(missing_ok=True)
    Path(f"{file}-shm").unlink(missing_ok=True)
    target = sqlite3.connect(file, isolation_level=None)
    target.execute("PRAGMA wal_autocheckpoint=0")
    target.execute("PRAGMA journal_mode=WAL")
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM sqlite_schema").fetchall()
    source = sqlite3.connect(whole)
    source.backup(target)
    source.close()
    one, wal = file.read_bytes(), Path(f"{file}-wal").read_bytes()
    reader.close()
    target.close()
    file.write_bytes(one)
    Path(f"{file}-wal").write_bytes(wal)
    Path(f"{file}-shm").unlink(missing_ok=True)
    assert one[68:72] == bytes(4), "the file says whose it is"


if __name__ == "__main__":
    main()
