#!/usr/bin/env python3
"""A watch over a log that was put back from a backup, under its old epoch, and has grown past the watcher since."""
import json
import shutil
import urllib.request

from harness import Case, PATIENCE, Proxy, eventually, main


class PutBack(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy()
        self.reader = self.replica("reader", self.server.url())
        self.reader.configure(retry_wait=0.1)

    def post(self, proxy, *ids):
        lines = [json.dumps({"specversion": "1.0", "id": f"x{id_}", "source": "/till", "type": "t.set", "subject": "t/1",
                             "time": "2026-11-23T12:00:00.000Z", "data": {"set": {"v": id_}}}) for id_ in ids]
        request = urllib.request.Request(proxy.url() + "/events", "\n".join(lines).encode(),
                                         {"Content-Type": "application/x-ndjson"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
            outcomes = [json.loads(line)["outcome"] for line in answer.read().decode().splitlines()]
        self.assertEqual(outcomes, ["accepted"] * len(ids))

    def put_back(self, *ids):
        """The backup takes the place of the store, and gets these before anybody else comes."""
        self.server.stop()
        for file in self.server.folder.glob("proxy.db*"):
            file.unlink()
        shutil.copy(self.folder / "backup.db", self.server.store)
        elsewhere = Proxy(self.server.folder)
        self.addCleanup(elsewhere.close)
        self.post(elsewhere.start(), *ids)
        elsewhere.stop()
        self.server.start()

    def back_up(self):
        self.server.stop()
        shutil.copy(self.server.store, self.folder / "backup.db")
        self.server.start()

    def read_six_of_which_the_backup_has_three(self):
        self.post(self.server, 1, 2, 3)
        self.back_up()
        self.reader.sync()
        self.post(self.server, 4, 5, 6)
        self.reader.sync()

    def ids(self, watch):
        return [json.loads(line)["id"] for line in watch.lines]

    def told(self, watch, behind):
        sentence = f"the proxy's log was replaced; going on behind event {behind}"
        eventually(lambda: any(sentence in line for line in watch.errors), f"{watch.errors} tell of it")

    def status(self):
        return json.loads(self.reader.run("status", "--json"))

    def test_each_event_once_and_it_is_told(self):
        self.post(self.server, 1, 2, 3)
        self.back_up()
        watch = self.watch(self.reader, "--from", "beginning")
        watch.wait_lines(3)
        self.post(self.server, 4, 5, 6)
        watch.wait_lines(6)
        self.put_back(14, 15, 5, 17, 18)  # the fifth is sent to the new log, too
        self.told(watch, 3)
        watch.wait_lines(10)
        self.post(self.server, 19)
        watch.wait_lines(11)
        self.assertEqual(self.ids(watch), [f"x{n}" for n in (1, 2, 3, 4, 5, 6, 14, 15, 17, 18, 19)])

    def test_it_was_put_back_while_nobody_watched(self):
        self.read_six_of_which_the_backup_has_three()
        self.put_back(14, 15, 16, 17)
        watch = self.watch(self.reader)
        self.told(watch, 3)
        watch.wait_lines(4)
        self.assertEqual(self.ids(watch), ["x14", "x15", "x16", "x17"])

    def test_a_dry_run_knows_it(self):
        self.read_six_of_which_the_backup_has_three()

        def would():
            words = self.reader.run("sync", "--dry-run")
            said = json.loads(self.reader.run("sync", "--dry-run", "--json"))
            return words, said["would_take_snapshot"], said["would_pull"]
        self.assertEqual(would(), ("would push 0, pull 0\n", False, 0))
        for ids in ((14,), (14, 15, 16), (14, 15, 16, 17)):  # shorter, as long as it was, longer
            self.put_back(*ids)
            words, snapshot, pull = would()
            self.assertIn("the log was replaced", words)
            self.assertEqual((snapshot, pull), (True, 0))
        self.reader.sync()
        self.assertEqual(would()[1:], (False, 0))

    def test_nothing_is_called_synced_that_is_not_in_the_log(self):
        self.read_six_of_which_the_backup_has_three()
        self.assertTrue(self.status()["synced"])
        self.put_back(14, 15, 16)  # as long as it was
        status = self.status()
        self.assertFalse(status["synced"])
        self.assertIn("put back", status["problem"])


if __name__ == "__main__":
    main()
