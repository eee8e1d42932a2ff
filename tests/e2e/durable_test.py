#!/usr/bin/env python3
"""Nothing is called done that is not durable: commits that fail, in the real programs."""
import fcntl
import json
import resource
import sqlite3
import struct
import subprocess
import urllib.error
import urllib.request

from harness import Case, OFFSYNC, PATIENCE, PROXY, clean_environment, eventually, main, ndjson
from scripted import Server


def limit(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def events(n, size):
    return "".join(f'{{"type":"t","subject":"k/{i}","data":{{"set":{{"v":"{"x" * size}"}}}}}}\n' for i in range(n))


def hold(file):
    """Holds the lock of a replica as another process would."""
    lock = open(file, "r+b")
    fcntl.fcntl(lock, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 1, 1, 0))
    return lock


class Commits(Case):
    def post(self, url, body):
        request = urllib.request.Request(url + "/events", body.encode(), {"Content-Type": "application/x-ndjson"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def limited_proxy(self, size, name="proxy"):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "ready").unlink(missing_ok=True)
        process = subprocess.Popen(
            [PROXY, "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder}/proxy.db", "--ready-file", f"{folder}/ready",
             "--log-file", f"{folder}/log"], preexec_fn=limit(size), env=clean_environment(), stdin=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        eventually(lambda: (folder / "ready").exists(), "the proxy listens")
        return process, (folder / "ready").read_text().strip() + "/v1/spaces/test"

    def head(self, url):
        return json.loads(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url).read())["head"]

    def test_of_a_request_in_two_commits_one_may_be_durable(self):
        """The answer does not say that nothing was taken, and the same request once more completes it."""
        size = 30 * 1024 * 1024
        body = "".join(json.dumps({"specversion": "1.0", "id": f"e{i}", "source": "/c", "type": "t", "subject": f"k/{i}",
                                   "time": "2023-11-14T22:13:20Z", "clientseq": str(i + 1),
                                   "data": {"set": {"v": "x" * 1000}}}) + "\n" for i in range(8000))
        process, url = self.limited_proxy(size)
        status, text = self.post(url, body)
        self.assertEqual(status, 503, text)
        self.assertNotIn("nothing", text)
        head = self.head(url)
        self.assertTrue(0 < head < 8000, head)
        self.assertIn(f"after {head} of 8000 events", (self.folder / "proxy/log").read_text())
        process.terminate()
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        process, url = self.limited_proxy(resource.RLIM_INFINITY)
        self.assertEqual(self.head(url), head)
        status, text = self.post(url, body)
        self.assertEqual(status, 200)
        outcomes = ndjson(text)
        self.assertEqual([o["outcome"] for o in outcomes], ["duplicate"] * head + ["accepted"] * (8000 - head))
        self.assertEqual([o["sequence"] for o in outcomes], [str(i + 1) for i in range(8000)])

    def test_what_sync_says_was_pushed_is_in_the_log(self):
        process, url = self.limited_proxy(8 * 1024 * 1024)
        anna = self.replica("anna", url)
        anna.run("emit", "--batch", "-", input=events(4000, 1000))
        done = anna.finish("sync", "--json")
        self.assert_unreachable(done)
        head = self.head(url)
        counts = anna.status()["queue"]
        self.assertLessEqual(counts["accepted"], head)
        back = len(anna.run("log", "-o", "ndjson").splitlines())  # a push that fails keeps it from fetching no more
        self.assertEqual(back + counts["queued"] + counts["accepted"] + counts["rejected"] + counts["held"], 4000)
        process.terminate()
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        process, again = self.limited_proxy(resource.RLIM_INFINITY)
        anna.sync("--remote", again)
        self.assertEqual(anna.queue(), [])
        self.assertEqual(self.head(again), 4000)

    def test_a_replica_whose_disk_is_full_while_it_pulls(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.run("emit", "--batch", "-", input=events(4000, 1000))
        anna.sync()
        ben = self.replica("ben", proxy.url())
        done = subprocess.run([OFFSYNC, "sync", "--json"], cwd=ben.folder, preexec_fn=limit(2 * 1024 * 1024),
                              env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("ulimit -f", done.stderr)
        self.assertFalse(ben.status()["synced"])
        ben.sync()
        self.assert_same_state(proxy, anna, ben)

    @staticmethod
    def commands(proxy, way, own, conflict):
        """By what they end with where nobody may write: 75 what had to write, 0 what only reads or has nothing to do."""
        batch = ["emit", "--batch", "../events", "-o", "ndjson"]
        return {
            75: (["emit", "t", "k/1", "v=2", "-o", "ndjson"], batch, ["sync"], ["sync", "--push"], ["queue", "drop", own],
                 ["queue", "drop", own[-8:]], ["queue", "retry", own], ["resolve", conflict, "--ours"],
                 ["resolve", "--all", "--keep"], ["remote", "set", proxy.url("other"), "--switch"], ["repair"]),
            0: (["sync", "--dry-run"], ["replay"], ["log"], ["log", "--pending"], ["state"],
                ["state", "--offline"], ["queue"], ["queue", "show", own], ["queue", "export"], ["queue", "retry", "--all"],
                ["queue", "drop", "--all"], ["recover"], ["recover", "send"], ["recover", "drop", "--all"], ["conflicts"],
                ["conflicts", "--offline"], ["conflicts", "show", conflict], ["status"], ["status", "--offline"],
                ["remote"], ["remote", "set", proxy.url(way)], ["doctor"]),
        }

    def test_a_lock_that_is_never_free(self):
        """30 s is what a commit waits for another process."""
        proxy, running = self.proxy(), []
        (self.folder / "events").write_text(events(3, 10))
        for way in ("file", "sqlite"):
            mine, other = (self.replica(f"{way}-{who}", proxy.url(way)) for who in ("mine", "other"))
            for replica in (mine, other):
                replica.sync()
                replica.emit("t", "k/0", f"v={replica.folder.name}")
            other.sync()
            mine.sync()
            mine.sync()
            mine.emit("t", "k/0", "v=1")
            names = mine.queue()[0]["event"]["id"], mine.conflicts()[0]["id"]
            if way == "file":
                lock = hold(mine.folder / ".offsync/replica.db.lock")
            else:
                lock = sqlite3.connect(mine.folder / ".offsync/replica.db", isolation_level=None)
                lock.execute("BEGIN IMMEDIATE")
            self.addCleanup(lock.close)
            for code, commands in self.commands(proxy, way, *names).items():
                for words in commands:
                    process = mine.start(*words, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE)
                    self.addCleanup(lambda process=process: (process.kill(), process.communicate()))
                    running.append((mine, words, code, process))
            mine.lock = lock
        for replica, words, code, process in running:
            with self.subTest(replica.folder.name, words=words):
                out, said = process.communicate(timeout=5 * PATIENCE)
                self.assertEqual(process.returncode, code, said)
                if code and words[0] != "sync":
                    self.assertEqual(out, "")
                    self.assertIn("try again", said)
        for replica in {replica for replica, *_ in running}:
            replica.lock.close()
            self.assertEqual(len(replica.queue()), 1)
            replica.emit("t", "k/1", "v=3")
            replica.sync()

    def test_a_push_that_was_taken_while_the_replica_is_locked(self):
        """The proxy has the event, and the replica cannot be told: 75, and the next sync finds out."""
        proxy = self.proxy()
        server = Server(proxy.port)
        self.addCleanup(server.close)
        anna = self.replica("anna", server.url())
        anna.sync()
        anna.emit("t", "k/1", "n+=1")
        forward, locks = server._forward, []

        def lock_first(connection, method, *request):
            if method == "POST":
                locks.append(hold(anna.folder / ".offsync/replica.db.lock"))
            forward(connection, method, *request)

        server._forward = lock_first
        done = anna.finish("sync", "--push")
        for lock in locks:
            lock.close()
        self.assertEqual((len(locks), done.returncode), (1, 75), done.stderr)
        self.assertIn("the proxy has decided about 1 event, but this replica could not note it", done.stderr)
        self.assertIn("sending them again changes nothing; sync again", done.stderr)
        self.assertIn("nothing is lost; 1 event stays queued", done.stderr)
        self.assertEqual(proxy.info()["head"], 1)
        self.assertEqual([event["state"] for event in anna.queue()], ["queued"])
        server._forward = forward
        told = anna.sync()
        self.assertEqual((told["pushed"], told["duplicate"], told["pulled"]), (0, 1, 1))
        self.assertEqual(anna.fields("k/1"), {"n": 1})
        self.assert_same_state(proxy, anna)

    def test_a_great_answer_whose_folder_is_full(self):
        """It is spooled beside the store: the log says what failed, where and why, and the proxy goes on."""
        process, url = self.limited_proxy(resource.RLIM_INFINITY)
        anna = self.replica("anna", url)
        anna.run("emit", "--batch", "-", input=events(6000, 1000))
        anna.sync()
        process.terminate()
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        process, url = self.limited_proxy(2 * 1024 * 1024)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            opener.open(url + "/state", timeout=PATIENCE)
        with refused.exception as answer:
            self.assertEqual(answer.code, 503)
            self.assertEqual(json.loads(answer.read())["code"], "not_ready")
        log = (self.folder / "proxy/log").read_text()
        self.assertIn(f"cannot write a file for a great answer in the folder {self.folder}/proxy: File too large", log)
        self.assertEqual(self.head(url), 6000)
        anna.run("emit", "--batch", "-", input=events(3, 10))
        anna.sync("--remote", url)
        self.assertEqual(self.head(url), 6003)


if __name__ == "__main__":
    main()
