"""A file system of every size from 64 KiB to 2 MiB gets full under a replica and under the proxy:
what was confirmed is there, what was not is not, reading goes on, and with room all goes on (P1, P2)."""
import contextlib
import http.client
import json
import os
import re
import subprocess

from checks import (Proxy, Replica, check_log, check_proxy_file, check_replica_file, must, ndjson, same_state)
from harness import eventually
from tools import Missing, need

SIZES = range(64, 2049, 32)  # KiB


class SmallDisk:
    def __init__(self, folder, kib):
        folder.mkdir(parents=True)
        self.folder = folder
        self.mount(f"size={kib}k")

    def mount(self, options):
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Missing(f"{' '.join(command)}: {done.stderr.strip()}; run as root, or within: unshare -rm")

    def grow(self):
        self.mount("remount,size=16m")

    def unmount(self):
        subprocess.run(["umount", str(self.folder)], check=True)


@contextlib.contextmanager
def small_disk(folder, kib):
    disk = SmallDisk(folder, kib)
    try:
        yield disk
    finally:
        disk.unmount()


def fill_replica(replica, what, totals):
    """Emits until there is no room, some batches among them; the ids that were confirmed."""
    confirmed = []
    for i in range(10_000):
        size = (1, 1, 1, 30)[i % 4]
        lines = "".join(json.dumps({"type": "n.set", "subject": f"n/{i % 7}", "data": {"set": {
            "v": i, f"f{k % 3}": "x" * 200}}}) + "\n" for k in range(size))
        if size == 1:
            done = replica.finish("emit", "-o", "ndjson", "n.set", f"n/{i % 7}", f"v:={i}", f"text={'x' * 200}")
        else:
            done = replica.finish("emit", "-o", "ndjson", "--batch", "-", input=lines)
        said = [event["id"] for event in ndjson(done.stdout)]
        if done.returncode != 0:
            must(done.returncode == 74, "P1", f"{what}: exit code {done.returncode}: {done.stderr}")
            must(re.search(r"full|space", done.stderr), "P1", f"{what}: it does not say why: {done.stderr}")
            must(not said, "P1", f"{what}: confirmed in spite of {done.stderr}")
            totals["replicas full"] += 1
            return confirmed
        must(len(said) == size, "P1", f"{what}: {len(said)} of {size} confirmed")
        confirmed += said
    raise AssertionError(f"{what} never gets full")


def replica_on(folder, kib, proxy, totals):
    what = f"replica on {kib} KiB"
    with small_disk(folder, kib) as disk:
        space = f"disk-{kib}"
        replica = Replica.__new__(Replica)
        replica.folder = folder
        made = replica.finish("init", "--remote", proxy.url(space), "--source", "/clients/small")
        must(made.returncode in (0, 74), "P1", f"{what}: init: exit code {made.returncode}: {made.stderr}")
        if made.returncode == 0:
            confirmed = fill_replica(replica, what, totals)
            ids = [event["event"]["id"] for event in replica.queue()]
            must(ids == confirmed, "P1", f"{what}: confirmed {len(confirmed)}, in the queue {len(ids)}")
            replica.state()
            replica.run("log", "-o", "ndjson")
            replica.run("status", "--offline")
            check_replica_file(replica)
        else:
            totals["too small for init"] += 1
            must(re.search(r"full|space", made.stderr), "P1", f"{what}: init does not say why: {made.stderr}")
            confirmed = []
        disk.grow()
        if made.returncode != 0:
            replica.run("init", "--remote", proxy.url(space), "--source", "/clients/small")
        replica.emit("n.set", "n/last", "v:=1")
        replica.sync()
        events = check_log(proxy.log_lines(space))
        must([event["id"] for event in events][:-1] == confirmed, "P1", f"{what}: the log is not what was confirmed")
        same_state(proxy, replica, space=space)
        check_replica_file(replica)
        totals["events confirmed"] += len(confirmed)


def post(proxy, number):
    body = json.dumps({"specversion": "1.0", "id": f"event-{number}", "source": "/poster", "type": "n.set",
                       "subject": f"n/{number % 9}", "time": "2026-11-23T12:00:00Z", "clientseq": str(number),
                       "data": {"set": {"v": number, "text": "x" * 300}}})
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    try:
        connection.request("POST", "/v1/spaces/test/events", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def proxy_on(folder, kib, totals):
    what = f"proxy on {kib} KiB"
    with small_disk(folder / "disk", kib) as disk:
        proxy = Proxy(folder / "proxy")
        proxy.store = disk.folder / "proxy.db"
        try:
            try:
                proxy.start()
            except AssertionError:
                must(proxy.process.poll() == 74, "P1", f"{what}: exit code {proxy.process.poll()}: {proxy.talk()}")
                must(re.search(r"full|space", proxy.talk()), "P1", f"{what}: it does not say why: {proxy.talk()}")
                totals["too small for a proxy"] += 1
                return
            fill_proxy(proxy, what, disk, totals)
        finally:
            proxy.close()


def fill_proxy(proxy, what, disk, totals):
    accepted = 0
    for number in range(1, 20_000):
        status, answer = post(proxy, number)
        if status != 200:
            break
        must(answer["outcome"] == "accepted", "P1", f"{what}: {answer}")
        accepted = number
    must(status in (503, 507) and answer.get("code"), "P1", f"{what}: answered {status} {answer}")
    must(re.search(r"full|space", proxy.talk()), "P1", f"{what}: its log does not say why: {proxy.talk()[-600:]}")
    totals["proxies full"] += 1
    for _ in range(5):  # it serves on, and is not worn down
        must(len(proxy.log_lines()) == accepted, "P1", f"{what}: {len(proxy.log_lines())} events, accepted {accepted}")
        if post(proxy, accepted + 1)[0] == 200:  # a checkpoint has made room
            accepted += 1
    disk.grow()
    eventually(lambda: post(proxy, accepted + 1)[0] == 200, f"{what} takes events again", 30)
    events = check_log(proxy.log_lines())
    must([event["id"] for event in events] == [f"event-{n}" for n in range(1, accepted + 2)], "P1", f"{what}: lost")
    must(proxy.stop() == 0, "P1", f"{what} did not stop cleanly")
    check_proxy_file(proxy)
    totals["events accepted"] += accepted


def run(options, folder, totals):
    need("mount")
    if os.geteuid() != 0:
        raise Missing("disk mounts small file systems: run it as root, or within: unshare -rm")
    proxy = Proxy(folder / "proxy").start()
    try:
        for kib in options.sample(SIZES, 6):
            replica_on(folder / f"replica-{kib}", kib, proxy, totals)
            proxy_on(folder / f"proxy-{kib}", kib, totals)
            totals["sizes"] += 1
            options.progress(f"disk: {kib} KiB")
    finally:
        proxy.close()
