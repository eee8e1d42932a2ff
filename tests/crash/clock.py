"""emit while the clock jumps, by hours and by years: stamps strictly grow (P9); what is too far ahead
is refused by the proxy and can be queued again; nobody else's clock is moved by it."""
import glob
import random
import time

from checks import Proxy, Replica, check_log, check_replica_file, must, ndjson, same_state
from tools import Missing

HOUR, YEAR = 3600, 365 * 86400
JUMPS = (0, 5, -5, HOUR, -HOUR, 3 * HOUR, -3 * HOUR, YEAR, -YEAR, 10 * YEAR, -10 * YEAR)


def faketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        raise Missing("libfaketime is needed: apt-get install faketime")
    return found[0]


def shifted(seconds):
    return {"LD_PRELOAD": faketime(), "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def emit_at(replica, seconds, *change):
    """The event, as emit printed it."""
    return ndjson(replica.run("emit", "-o", "ndjson", "n.set", *change, env=shifted(seconds)))[0]


def jumping(proxy, folder, number, rng, totals):
    """Emits over jumps that stay in the past of the proxy: all of it is accepted."""
    replica = Replica(folder / f"past-{number}", proxy.url(), source=f"/clients/past-{number}")
    stamps = []
    for i in range(12):
        seconds = min(rng.choice(JUMPS), 0)
        stamps.append(emit_at(replica, seconds, f"n/{number % 4}", f"v:={i}")["stamp"])
        totals["emits"] += 1
    must(stamps == sorted(set(stamps)), "P9", f"stamps do not grow: {stamps}")
    summary = replica.sync()
    must(summary["rejected"] == 0 and replica.queue() == [], "P9", f"{summary}")
    stamps.append(emit_at(replica, 0, f"n/{number % 4}", "v:=99")["stamp"])
    must(stamps == sorted(set(stamps)), "P9", f"stamps do not grow after a sync: {stamps}")
    replica.sync()
    return replica


def ahead(proxy, folder, number, rng, totals):
    """A clock that ran ahead, of a replica that knows no other one yet: every event is refused with a
    reason, `queue retry` brings all of them through once the clock is right."""
    replica = Replica(folder / f"ahead-{number}", proxy.url(), source=f"/clients/ahead-{number}")
    before = emit_at(replica, 0, "n/0", f"by{number}:=0")["stamp"]
    far = rng.choice([jump for jump in JUMPS if jump > 60])
    stamps = [before]
    for i, seconds in enumerate((far, 0, -HOUR, far // 2)):  # back again: the clock must not follow
        stamps.append(emit_at(replica, seconds, f"own/{number}-{i}", f"v:={i}")["stamp"])
        totals["emits"] += 1
    must(stamps == sorted(set(stamps)), "P9", f"stamps do not grow: {stamps}")
    replica.run("sync", "-q", code=75)  # refused, and told so
    waiting = replica.queue()
    must([event["state"] for event in waiting] == ["rejected"] * 4, "P9", f"{waiting}")
    must(all(event["code"] == "clock_ahead" for event in waiting), "P9", f"{waiting}")
    must(replica.fields(f"own/{number}-0") is None, "P9", "a rejected event is still visible")
    check_replica_file(replica)
    replica.run("queue", "retry", "--all")
    summary = replica.sync()
    must(summary["rejected"] == 0 and replica.queue() == [], "P9", f"after queue retry: {summary}, {replica.queue()}")
    must(replica.fields(f"own/{number}-3") == {"v": 3}, "P9", "what was queued again is not there")
    totals["rejected and brought through"] += 4
    return replica


def known(proxy, folder, number, rng, totals):
    """A clock that is set after a sync: by how much is known, and all of it is accepted."""
    replica = Replica(folder / f"known-{number}", proxy.url(), source=f"/clients/known-{number}")
    stamps = [emit_at(replica, 0, f"known/{number}", "v:=0")["stamp"]]
    replica.sync()
    for i in range(4):
        stamps.append(emit_at(replica, rng.choice(JUMPS), f"known/{number}", f"v:={i + 1}")["stamp"])
        totals["emits"] += 1
    must(stamps == sorted(set(stamps)), "P9", f"stamps do not grow: {stamps}")
    summary = replica.sync()
    must(summary["rejected"] == 0 and replica.queue() == [], "P9", f"{summary}")
    return replica


def run(options, folder, totals):
    faketime()
    rng = random.Random(str(options.seed))
    proxy = Proxy(folder / "proxy").start()
    try:
        replicas = []
        for number in range(options.cycles or (40 if options.full else 6)):
            replicas.append(jumping(proxy, folder, number, rng, totals))
            replicas.append(ahead(proxy, folder, number, rng, totals))
            replicas.append(known(proxy, folder, number, rng, totals))
        check_log(proxy.log_lines())
        bystander = Replica(folder / "bystander", proxy.url())
        bystander.sync()
        stamp = emit_at(bystander, 0, "n/1", "v:=1")["stamp"]
        must(int(stamp[:12], 16) < (time.time() + 60) * 1000, "P9",
             f"somebody's clock moved a bystander's to {stamp}")
        bystander.sync()
        for replica in replicas:
            replica.run("sync", "-q")
        same_state(proxy, bystander, *replicas)
        must(proxy.stop() == 0, "P1", "the proxy did not stop cleanly")
    finally:
        proxy.close()
