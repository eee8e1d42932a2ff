"""What must be true of the files and logs, whatever was killed, cut or full before."""
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from harness import Proxy, Replica, ndjson, same_state  # noqa: E402,F401  (for the scenarios)

EXCLUDED_STATES = (2,)  # rejected: not part of the visible state


class Violation(AssertionError):
    """A promise was broken."""


def must(condition, promise, text):
    if not condition:
        raise Violation(f"{promise}: {text}")


def examine(file, queries):
    """The answers to some queries, and integrity, of a copy: opening the file itself would check-
    point it. Nobody may have the file open meanwhile."""
    with tempfile.TemporaryDirectory(prefix="offsync-crash-look-") as folder:
        for suffix in ("", "-wal"):
            if os.path.exists(f"{file}{suffix}"):
                shutil.copy(f"{file}{suffix}", Path(folder) / f"copy.db{suffix}")
        db = sqlite3.connect(Path(folder) / "copy.db")
        try:
            whole = db.execute("PRAGMA integrity_check").fetchall()
            must(whole == [("ok",)], "P1", f"{file}: {whole[:3]}")
            return [db.execute(query).fetchall() for query in queries]
        finally:
            db.close()


def check_replica_file(replica):
    """P2: queue rows, entity rows, log, cursor and clock belong together. Returns the ids in the
    queue and in the received log."""
    file = replica.folder / ".offsync" / "replica.db"
    pending, entities, log, row = examine(file, [
        "SELECT n, state, sequence, id, subject, line FROM pending ORDER BY n",
        "SELECT subject, pending, held, confirmed, visible FROM entity",
        "SELECT sequence, id FROM log ORDER BY sequence",
        "SELECT next, cursor, log_after, clock, node FROM replica"])
    must(len(row) == 1, "P2", f"{file}: {len(row)} rows of settings")
    following, cursor, log_after, clock, node = row[0]
    must(all(n < following for n, *_ in pending), "P2", f"{file}: an event is queued beyond `next` {following}")
    expected = {}
    for n, state, _, id_, subject, line in pending:
        event = json.loads(line)
        must(event["id"] == id_ and event["subject"] == subject, "P2", f"{file}: row {n} is not its event")
        if state not in EXCLUDED_STATES:
            count = expected.setdefault(subject, [0, 0])
            count[0] += 1
            count[1] += state == 3
        stamp = event.get("stamp", "0-0-0").split("-")
        if int(stamp[2], 16) == node % 2**64:
            must((int(stamp[0], 16) << 16 | int(stamp[1], 16)) <= clock, "P9", f"{file}: {id_} is ahead of the clock")
    stored = {subject: [count, held] for subject, count, held, *_ in entities if count}
    must(stored == expected, "P2", f"{file}: entity rows say {stored}, the queue {expected}")
    must(all((visible is not None) == (count > 0) for _, count, _, _, visible in entities),
         "P2", f"{file}: a visible state without pending events, or the reverse")
    sequences = [sequence for sequence, _ in log]
    must(sequences == list(range(log_after + 1, (cursor or 0) + 1)), "P2",
         f"{file}: the log has {sequences[:1]}..{sequences[-1:]} ({len(log)}), the cursor is {cursor}")
    return {row[3] for row in pending}, {id_ for _, id_ in log}


def check_proxy_file(proxy):
    """The proxy is not running."""
    spaces, events = examine(proxy.store, [
        "SELECT space_id, head FROM space", "SELECT key, id FROM event ORDER BY key"])
    for space, head in spaces:
        keys = [key & (1 << 40) - 1 for key, _ in events if key >> 40 == space]
        must(keys == list(range(1, head + 1)), "P1", f"{proxy.store}: {len(keys)} events, the head is {head}")
    must(len({id_ for _, id_ in events}) == len(events), "P3", f"{proxy.store}: an id is there twice")


def check_log(lines):
    """P3, P4 and P8 on the whole log of a space; returns its events."""
    events = [json.loads(line) for line in lines]
    must([int(event["sequence"]) for event in events] == list(range(1, len(events) + 1)),
         "P8", "the log is not 1..n")
    must(len({event["id"] for event in events}) == len(events), "P3", "an event is there twice")
    marks = {}
    for event in events:
        if "clientseq" in event:
            n = int(event["clientseq"])
            must(n > marks.get(event["source"], 0), "P4",
                 f"{event['source']}: {n} comes after {marks.get(event['source'])}")
            marks[event["source"]] = n
    return events


def settle(replicas, drop=True, rounds=20):
    """Syncs until every queue is empty and all have the same cursor. What was rejected is dropped;
    returns the ids of what was parked meanwhile (rejected or held)."""
    parked = set()
    for _ in range(rounds):
        for replica in replicas:
            parted = any(event["state"] in ("rejected", "held") for event in replica.queue())
            done = replica.finish("sync", "-q")
            parted = parted or any(event["state"] in ("rejected", "held") for event in replica.queue())
            must(done.returncode == 0 or (parted and done.returncode == 75), "P5",
                 f"sync ended with {done.returncode}: {done.stderr[-2000:]}")
        waiting = [(replica, event) for replica in replicas for event in replica.queue()]
        if not waiting and len({replica.status()["cursor"] for replica in replicas}) == 1:
            return parked
        for replica, event in waiting:
            must(event["state"] in ("rejected", "held", "accepted"), "P5", f"{event} is still {event['state']}")
            if event["state"] != "accepted":
                parked.add(event["event"]["id"])
            if event["state"] == "rejected" and drop:
                replica.run("queue", "drop", event["event"]["id"])
    raise Violation(f"P5: the queues do not get empty: {waiting[:3]}")
