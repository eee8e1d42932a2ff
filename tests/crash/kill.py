"""kill -9 over emit, batch emit, sync, watch and the proxy together, at random moments (P1-P5, P8)."""
import http.client
import json
import random
import subprocess
import threading
import time
import uuid

from checks import (Proxy, Replica, Violation, check_log, check_proxy_file, check_replica_file, must, ndjson,
                    same_state, settle)

KILLS_A_ROUND = 400


class Round:
    """One proxy, two writers with processes at once on the same file, a watcher, a plain HTTP
    client; everything is killed again and again, then all must agree."""

    def __init__(self, folder, seed, kills, totals):
        self.seed, self.kills, self.totals, self.folder = seed, kills, totals, folder
        self.proxy = Proxy(folder / "proxy").start()
        self.url = self.proxy.url()
        self.writers = [Replica(folder / name, self.url, source=f"/clients/{name}") for name in ("anna", "ben")]
        self.watcher = Replica(folder / "watcher", self.url, source="/clients/watcher")
        self.watcher.sync()  # of the empty log: it then receives all of it
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.done = 0
        self.failure = None
        self.confirmed = {}   # id: who said so
        self.batches = {}     # tag: how many
        self.watched = []
        self.span = {}        # what: how long it takes when it is let be

    # -- killing ------------------------------------------------------------------------------------

    def killed(self, what):
        with self.lock:
            self.done += 1
            self.totals["kills"] += 1
            self.totals[f"{what} killed"] += 1
            if self.done >= self.kills:
                self.stop.set()

    def run_and_kill(self, rng, what, replica, *arguments, input=None):
        """Starts it, kills it after a random while; its exit code and what it printed."""
        process = replica.start(*arguments, stdin=input or subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        start = time.monotonic()
        span = self.span.get(what, 0.02)
        wait = rng.choice((rng.uniform(0, 0.002), rng.uniform(0, span * 1.2), rng.uniform(span * 0.4, span)))
        try:
            out, errors = process.communicate(timeout=wait)
            self.span[what] = 0.8 * span + 0.2 * (time.monotonic() - start)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            self.span[what] = min(1.1 * span, 2)  # so that some get to their end, too
        if process.returncode == -9:
            self.killed(what)
        else:
            self.totals[f"{what} finished"] += 1
            # A replica that has heard what the other writer did refuses to do otherwise.
            allowed = (0, 69, 75) if what == "sync" else (0, 65) if "odd.set" in arguments else (0,)
            must(process.returncode in allowed, "P1", f"{what}: exit code {process.returncode}: {errors.decode()}")
        # A last line that is cut was not said.
        return process.returncode, [line for line in out.decode().split("\n")[:-1] if line]

    def confirm(self, lines, what):
        with self.lock:
            for line in lines:
                self.confirmed[json.loads(line)["id"]] = what

    # -- actors -------------------------------------------------------------------------------------

    def emits(self, rng, replica):
        i = 0
        while not self.stop.is_set():
            i += 1
            kind = rng.randrange(20)
            if kind == 0:    # the two writers disagree on what it is: one of them is rejected
                change = "v+=1" if replica is self.writers[0] else "v=text"
                arguments = ["odd.set", f"odd/{rng.randrange(3)}", change]
            elif kind == 1:
                arguments = ["n.gone", f"n/{rng.randrange(30)}", "--delete"]
            else:
                arguments = ["n.set", f"n/{rng.randrange(30)}", f"v:={i}", "count+=1", "--create", f"--add=s={i % 7}"]
            code, lines = self.run_and_kill(rng, "emit", replica, "emit", "-o", "ndjson", *arguments)
            must(code != 0 or len(lines) == 1, "P1", f"emit printed {lines}")
            self.confirm(lines, "emit")

    def batches_of(self, rng, replica):
        while not self.stop.is_set():
            size = rng.choice((2, 7, 40, 40, 150, 1100))
            tag = f"{replica.folder.name}-{len(self.batches)}"
            file = replica.folder / f"{tag}.ndjson"
            file.write_text("".join(json.dumps(
                {"type": "b.set", "subject": f"b/{i % 20}", "data": {"set": {"tag": tag, "i": i}}}) + "\n"
                for i in range(size)))
            with self.lock:
                self.batches[tag] = size
            _, lines = self.run_and_kill(rng, "batch", replica, "emit", "-o", "ndjson", "--batch", file.name)
            self.confirm(lines, "batch")
            file.unlink()
            self.stop.wait(rng.uniform(0, 0.1))

    def syncs(self, rng, replica):
        while not self.stop.is_set():
            self.run_and_kill(rng, "sync", replica, "sync", "-q")

    def watches(self, rng):
        while not self.stop.is_set():
            after = [f"--after={self.watched_sequence()}"]
            process = self.watcher.start("watch", "-q", *after, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                _, errors = process.communicate(timeout=rng.uniform(0, 0.6) ** 2)
                raise Violation(f"P8: watch ended with {process.returncode}: {errors.decode()}")
            except subprocess.TimeoutExpired:
                process.kill()
                out, errors = process.communicate()
            must(process.returncode == -9, "P8", f"watch ended with {process.returncode}: {errors.decode()}")
            self.killed("watch")
            self.watched += [line for line in out.decode().split("\n")[:-1] if line]

    def watched_sequence(self):
        return json.loads(self.watched[-1])["sequence"] if self.watched else 0

    def posts(self, rng):
        """A client of its own: sends the same until it has an answer."""
        clientseq = 0
        while not self.stop.is_set():
            events = []
            for _ in range(rng.choice((1, 1, 3, 30))):
                clientseq += 1
                events.append({"specversion": "1.0", "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                               "source": "/poster", "type": "p.set", "subject": f"p/{rng.randrange(10)}",
                               "time": "2026-11-23T12:00:00Z", "clientseq": str(clientseq),
                               "data": {"set": {"v": clientseq}}})
            body = "".join(json.dumps(event) + "\n" for event in events)
            while not self.stop.is_set():
                try:
                    self.post(body)
                    break
                except (OSError, http.client.HTTPException):
                    time.sleep(0.01)

    def post(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=20)
        try:
            connection.request("POST", "/v1/spaces/test/events", body, {"Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        must(answer.status == 200, "P1", f"the proxy answered {answer.status}: {text}")
        outcomes = ndjson(text)
        must(all(o["outcome"] in ("accepted", "duplicate") for o in outcomes), "P3", text)
        self.confirm(text.splitlines(), "post")
        self.totals["posts answered"] += 1

    def kills_of_the_proxy(self, rng):
        while not self.stop.wait(rng.uniform(0, 0.5)):
            self.proxy.kill()
            self.killed("proxy")
            self.proxy.start()

    # -- the whole ----------------------------------------------------------------------------------

    def actor(self, function, *arguments):
        # One generator an actor, so that what one does depends on the seed and not on the others.
        rng = random.Random(f"{self.seed}-{function.__name__}-{[str(a.folder.name) for a in arguments]}")

        def run():
            try:
                function(rng, *arguments)
            except BaseException as error:  # a thread's failure is the round's
                self.failure = self.failure or error
                self.stop.set()

        return threading.Thread(target=run)

    def run(self):
        threads = [self.actor(self.watches), self.actor(self.posts), self.actor(self.kills_of_the_proxy)]
        for writer in self.writers:
            threads += [self.actor(self.emits, writer), self.actor(self.batches_of, writer),
                        self.actor(self.syncs, writer)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failure:
            raise self.failure
        self.check()

    def check(self):
        replicas = [*self.writers, self.watcher]
        held = set()
        self.proxy.kill()
        check_proxy_file(self.proxy)
        for replica in replicas:
            held |= set.union(*check_replica_file(replica))
        self.proxy.start()
        parked = settle(replicas)
        lines = self.proxy.log_lines()
        events = check_log(lines)
        there = {event["id"] for event in events}
        for id_, what in self.confirmed.items():
            must(id_ in there or id_ in parked, "P1", f"{id_}, confirmed by {what}, is lost")
        for id_ in held:
            must(id_ in there or id_ in parked, "P1", f"{id_} was in a replica and is lost")
        self.check_batches(events)
        rest = len(lines) - int(self.watched_sequence())
        if rest:
            out = self.watcher.run("watch", "-q", f"--after={self.watched_sequence()}",
                                   "-n", rest, "--timeout", "60")
            self.watched += out.splitlines()
        must(self.watched == lines, "P8", f"watch printed {len(self.watched)} lines, the log has {len(lines)}")
        state = same_state(self.proxy, *replicas)
        for replica in replicas:
            must(replica.run("replay", "-o", "ndjson") == state, "P6", f"{replica.folder.name}: replay is not state")
            check_replica_file(replica)
        must(self.proxy.stop() == 0, "P1", "the proxy did not stop cleanly")
        check_proxy_file(self.proxy)
        for name, count in (("confirmed", len(self.confirmed)), ("events", len(lines)), ("parked", len(parked))):
            self.totals[name] += count

    def check_batches(self, events):
        kept = dict.fromkeys(self.batches, 0)
        for event in events:
            if event["type"] == "b.set":
                kept[event["data"]["set"]["tag"]] += 1
        for tag, size in self.batches.items():
            must(kept[tag] == size or kept[tag] % 1000 == 0, "P1", f"batch {tag}: {kept[tag]} of {size} are there")
        self.totals["batches cut"] += sum(kept[tag] < size for tag, size in self.batches.items())

    def close(self):
        self.stop.set()
        self.proxy.close()


def run(options, folder, totals):
    cycles = options.cycles or 1200
    number = 0
    while totals["kills"] < cycles:
        number += 1
        seed = f"{options.seed}-{number}"
        round_ = Round(folder / f"round-{number}", seed, min(KILLS_A_ROUND, cycles - totals["kills"]), totals)
        try:
            round_.run()
        finally:
            round_.close()
        options.progress(f"kill: {totals['kills']} of {cycles} kills")
        options.discard(folder / f"round-{number}")
