"""A connection is cut after every byte of a sync, in both directions, of a first sync (which takes the
whole state), and of a stream: the same state on all sides, nothing lost, nothing twice (P3, P5, P8)."""
import threading

from checks import Proxy, Replica, check_log, check_replica_file, must, same_state
from harness import Fault, Relay, unreachable_code


class Sides:
    def __init__(self, folder):
        self.folder = folder
        self.proxy = Proxy(folder / "proxy").start()
        self.net = Relay(self.proxy.port)
        self.url = self.proxy.url(port=self.net.port)
        self.writer = Replica(folder / "writer", self.proxy.url(), source="/clients/writer")
        self.own = 0

    def close(self):
        self.net.close()
        self.proxy.close()

    def write(self, replica, count=1):
        for _ in range(count):
            self.own += 1
            replica.emit("n.set", f"n/{self.own % 5}", f"v:={self.own}", "count+=1")

    def check(self, *replicas):
        log = check_log(self.proxy.log_lines())
        own = sum(event["type"] == "n.set" for event in log)
        must(own == self.own, "P3", f"{own} events are in the log, {self.own} were written")
        same_state(self.proxy, self.writer, *replicas)


def sync_cut(sides, replica, fault, what):
    """A sync that is cut, and one that is not."""
    sides.net.plan(fault)
    done = replica.finish("sync", "-q", "--json")
    right = done.returncode == 0 or done.returncode == unreachable_code(done.stdout)
    must(right, "P5", f"{what}: exit code {done.returncode}: {done.stdout} {done.stderr}")
    must(not sides.net.pending(), "test", f"{what}: no connection was made")
    replica.run("sync", "-q")
    must(replica.queue() == [], "P5", f"{what}: the queue is not empty")
    return done.returncode != 0


def longest(sides, make, direction):
    """How many bytes a sync has in a direction, and a few more, as one may be longer than another. Where a
    cut does harm does not tell: a push on a connection that was used before is sent again on a new one."""
    make(Fault(**{direction: 1 << 20}), "not cut")
    return sides.net.most[direction] + 20


def cut_syncs(options, folder, totals):
    """Our event out, another's in, over one connection."""
    sides = Sides(folder)
    try:
        replica = Replica(folder / "replica", sides.url, source="/clients/replica")
        replica.sync()

        def one(fault, what):
            sides.write(sides.writer)
            sides.writer.run("sync", "-q", "--push")
            sides.write(replica)
            return sync_cut(sides, replica, fault, what)

        sweep(options, sides, one, "sync", totals, [replica])
    finally:
        sides.close()


def cut_first_syncs(options, folder, totals):
    """The whole state, with an event of ours already queued."""
    sides = Sides(folder)
    try:
        sides.write(sides.writer, 12)
        sides.writer.sync()
        made = []

        def one(fault, what):
            replica = Replica(folder / f"replica-{len(made)}", sides.url)
            made.append(replica)
            replica.emit("own.set", f"own/{len(made) % 3}", "v:=1")
            return sync_cut(sides, replica, fault, what)

        sweep(options, sides, one, "first sync", totals, made)
    finally:
        sides.close()


def sweep(options, sides, one, name, totals, replicas):
    for direction in ("cut_up", "cut_down"):
        length = longest(sides, one, direction)
        must(length > 200, "test", f"{name}: only {length} bytes in direction {direction}")
        for n in options.sample(range(length + 1), 25):
            harmed = one(Fault(**{direction: n, "reset": n % 2 == 1}), f"{name}, {direction} {n}")
            totals[f"{name}s cut"] += 1
            totals[f"{name}s harmed"] += harmed
            if totals[f"{name}s cut"] % 25 == 0:
                check(sides, replicas)
                options.progress(f"cut: {name}, {direction} {n} of {length}")
    check(sides, replicas)


def check(sides, replicas):
    sides.writer.sync()
    recent = replicas[-3:]
    for replica in recent:
        replica.run("sync", "-q")
    sides.check(*recent)
    for replica in recent:
        check_replica_file(replica)


READERS = 8


def cut_streams(options, folder, totals):
    """Several readers at once, each with its own cut: `watch` prints each event once all the same."""
    sides = Sides(folder)
    relays = [Relay(sides.proxy.port) for _ in range(READERS)]
    readers = [Replica(folder / f"reader-{i}", sides.proxy.url(port=relay.port)) for i, relay in enumerate(relays)]
    failures = []

    def watch(reader, relay, n, first, results):
        relay.plan(Fault(cut_down=n, reset=n % 2 == 1))
        done = reader.finish("watch", "-q", f"--after={first}", "-n", "4", "--timeout", "120")
        results[reader] = done.stdout.splitlines()
        if done.returncode != 0 or relay.pending():
            failures.append(f"stream cut at {n}: exit code {done.returncode}: {done.stderr}")

    try:
        for reader in readers:
            reader.sync()
        lengths = options.sample(range(1, 2200), 48)
        for at in range(0, len(lengths), READERS):
            first = sides.proxy.info()["head"]
            sides.write(sides.writer, 4)
            sides.writer.run("sync", "-q")
            lines = sides.proxy.log_lines()
            results = {}
            threads = [threading.Thread(target=watch, args=(reader, relay, n, first, results))
                       for reader, relay, n in zip(readers, relays, lengths[at:at + READERS])]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            must(not failures, "P8", "; ".join(failures))
            for reader, printed in results.items():
                must(printed == lines[first:], "P8", f"{reader.folder.name}: {len(printed)} lines: {printed}")
                totals["streams cut"] += 1
        must(len("".join(lines[first:])) < 2000, "test", "the stream is longer than the cuts")
        sides.writer.sync()
        for reader in readers:
            reader.sync()
        sides.check(*readers)
    finally:
        for relay in relays:
            relay.close()
        sides.close()


def run(options, folder, totals):
    cut_syncs(options, folder / "sync", totals)
    cut_first_syncs(options, folder / "first", totals)
    cut_streams(options, folder / "stream", totals)
