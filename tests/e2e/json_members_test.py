#!/usr/bin/env python3
"""Each member of the JSON that a command prints is in its manual page, and each there is printed."""
import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

from harness import Case, PATIENCE, PROXY, clean_environment, main

MAN = Path(__file__).resolve().parents[2] / "man"
# What these print are events, and (replay) entities as of `state`.
OTHERS = {"emit", "log", "replay", "resolve"}
# The members of these are not offsync's: names of fields, or what somebody wrote.
FREE = {"event", "fields", "value", "element"}


def documented(command):
    """The names in the lists behind "The JSON object … has these members"."""
    names = set()
    for block in re.findall(r"(?ms)^[^\n]*JSON object[^\n]* has these members.*?^\.El$",
                            (MAN / f"offsync-{command}.1").read_text(encoding="utf-8")):
        for line in re.findall(r"(?m)^\.(?:It )?Cm (.*)$", block):
            names.update(re.findall(r"\b[a-z_]+\b", line))
    return names


def members(value, keys=()):
    """The names in it; `keys`: of members whose own members are names that somebody chose."""
    if isinstance(value, list):
        return set().union(*(members(one, keys) for one in value))
    if not isinstance(value, dict):
        return set()
    names = set(value)
    for name, one in value.items():
        if name in keys:
            names |= members(list(one.values()))
        elif name not in FREE:
            names |= members(one, keys)
    return names


class JsonMembers(Case):
    def setUp(self):
        super().setUp()
        self.printed = {}

    def note(self, replica, command, *arguments, code=0):
        told = json.loads(replica.run(command, *arguments, "--json", code=code))
        self.printed.setdefault(command, set()).update(members(told, keys=("by",)))
        return told

    def test_members_are_those_of_the_manual(self):
        proxy = self.proxy()
        anna, ben = (self.replica(name, proxy.url()) for name in ("anna", "ben"))
        (self.folder / "cleo").mkdir()
        cleo = self.replica("cleo")
        shutil.rmtree(cleo.folder / ".offsync")
        self.note(cleo, "init", "--source", "/clients/cleo")
        self.make_conflicts(anna, ben)
        self.make_rejected(anna, ben)
        for replica in (anna, ben):
            for action in (("state", "--offline", "--stamps"), ("state", "--offline", "--fields"), ("doctor",),
                           ("remote",), ("sync", "--dry-run")):
                self.note(replica, *action)
        ben.run("watch", "--consumer", "c", "--exec", "true", "-n", "1")
        self.note(ben, "status")
        self.note(ben, "watch", "--consumer", "c", "--forget")
        self.assertEqual(self.note(ben, "remote", "set", proxy.url()), json.loads(ben.run("remote", "--json")))
        self.make_lost(proxy, anna, ben)
        self.make_unreadable()
        proxy.stop()
        self.note(anna, "sync", code=69)
        self.note(anna, "repair")
        for command in sorted(set(self.printed) | OTHERS):
            with self.subTest(command):
                self.assertEqual(sorted(self.printed.get(command, ())), sorted(documented(command)))
        pages = {page.name[len("offsync-"):-2] for page in MAN.glob("offsync-*.1")}
        self.assertEqual(pages, set(self.printed) | OTHERS)

    def make_unreadable(self):
        dora = self.replica("dora")
        dora.emit("t.t", "k/1", "a=0")
        with contextlib.closing(sqlite3.connect(dora.folder / ".offsync" / "replica.db", isolation_level=None)) as db:
            db.execute("UPDATE pending SET line = 'no event'")
        dora.run("repair", code=65)
        self.note(dora, "queue")

    def make_conflicts(self, anna, ben):
        anna.emit("t.t", "k/1", "a=0", "long=0")
        anna.emit("t.t", "k/2", "n+=1", "--add", "s=x", "a=0")
        anna.emit("t.t", "k/5", "--add", "s=x", "--add", "s=y")
        anna.sync()
        ben.sync()
        for replica in (anna, ben):
            name = replica.folder.name
            replica.emit("t.t", "k/1", f"a={name}", "long=" + name + 40_000 * "x")
        anna.emit("t.t", "k/2", "--delete")
        anna.emit("t.t", "k/5", "--remove", "s=x")
        ben.emit("t.t", "k/5", "--add", "s=x")
        ben.emit("t.t", "k/2", "n+=1", "--add", "s=y", "--remove", "s=x", "a=1")
        ben.emit("t.t", "k/3", "n+=1")
        anna.sync()
        self.note(ben, "sync")
        ben.sync()
        records = self.note(ben, "conflicts", "--offline")
        self.assertGreater(len(records), 3)
        ben.run("resolve", "k/2", "--ours")
        ben.emit("t.t", "k/1", "a=later", "long=later")
        ben.sync()
        self.note(ben, "conflicts", "--offline")
        ben.run("resolve", "k/1", "--keep")
        ben.sync()
        self.note(ben, "conflicts", "--all", "--offline")
        anna.emit("t.t", "k/4", "n+=1")
        anna.sync()
        ben.emit("t.t", "k/4", "--delete")  # has not seen the counter
        ben.sync()
        self.note(ben, "conflicts", "--offline")

    def make_rejected(self, anna, ben):
        anna.emit("t.t", "k/9", "a=text")
        anna.sync()
        ben.emit("t.t", "k/9", "a+=1")
        ben.emit("t.t", "k/8", "a=1")
        ben.run("sync", "--push", "--json", code=75)
        self.note(ben, "queue", "list")
        ben.run("queue", "drop", "--all")

    def make_lost(self, proxy, anna, ben):
        proxy.stop()
        backup = self.folder / "backup.db"
        shutil.copy(proxy.store, backup)
        proxy.start()
        ben.emit("t.t", "k/5", "a=1")
        ben.sync()
        anna.sync()
        proxy.stop()
        for file in proxy.folder.glob("proxy.db*"):
            file.unlink()
        shutil.copy(backup, proxy.store)
        subprocess.run([PROXY, "--new-epoch", "--store", f"sqlite:{proxy.store}"], check=True,
                       env=clean_environment(), capture_output=True, timeout=PATIENCE)
        proxy.start()
        anna.sync()
        self.note(anna, "recover", "list")


if __name__ == "__main__":
    main()
