#!/usr/bin/env python3
"""Two people, offline, one proxy: the main job."""
import json
import shutil
import sqlite3
import subprocess

from harness import Case, eventually, main, ndjson


class MainJob(Case):
    def test_two_clients_one_conflict_both_see_it(self):
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        anna.emit("todo.created", "todo/1", "title=Buy milk", "done:=false", "--create")
        self.assertEqual(anna.sync()["pushed"], 1)
        ben.sync()
        self.assertEqual(ben.fields("todo/1"), {"title": "Buy milk", "done": False})

        # Neither knows of the other's edit.
        anna.emit("todo.renamed", "todo/1", "title=Buy oat milk")
        ben.emit("todo.renamed", "todo/1", "title=Buy rice milk")
        ben.emit("todo.done", "todo/1", "done:=true")
        self.assertEqual(anna.fields("todo/1")["title"], "Buy oat milk")
        self.assertEqual(ben.fields("todo/1")["title"], "Buy rice milk")
        first = anna.sync()
        self.assertEqual((first["pushed"], first["conflicts"]), (1, 0))
        second = ben.sync()
        self.assertEqual((second["pushed"], second["conflicts"], second["rejected"]), (2, 1, 0))
        anna.sync()

        state = self.assert_same_state(proxy, anna, ben)
        self.assertEqual(ndjson(state), [
            {"subject": "todo/1", "fields": {"done": True, "title": "Buy rice milk"}}])
        seen = anna.conflicts()
        self.assertEqual(len(seen), 1)
        self.assertEqual(ben.conflicts(), seen)
        text = json.dumps(seen)
        self.assertIn("Buy oat milk", text)  # the loser's value is not lost
        self.assertIn("Buy rice milk", text)
        self.assertEqual(anna.run("conflicts", "--exit-code", code=1), ben.run("conflicts", "--exit-code", code=1))

        # Anna decides; it is closed for everybody.
        anna.run("resolve", seen[0]["id"], "--ours")
        anna.sync()
        ben.sync()
        self.assertEqual(ben.fields("todo/1")["title"], "Buy oat milk")
        self.assertEqual(ben.conflicts(), [])
        anna.run("conflicts", "--exit-code")
        anna.run("conflicts", "--all", "--exit-code")  # it is listed, and decided
        self.assert_same_state(proxy, anna, ben)

    def test_subjects_that_look_like_parts_of_a_url(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        subjects = ["k/50%", "k/%2F", "k/a%2525b", "k/a?b=c", "k/a#b", "k/ä b", "k/a&b+c", "k/../x", "k/x//y"]
        for i, subject in enumerate(subjects):
            anna.emit("t.made", subject, f"n:={i}", "--create")
        anna.sync()
        for i, subject in enumerate(subjects):
            shown = ndjson(anna.run("state", subject, "--require-proxy", "-o", "ndjson"))
            self.assertEqual(shown, [{"subject": subject, "fields": {"n": i}}])

    def test_late_upload_reaches_a_watcher_already_ahead(self):
        """The original demo, live-state#203: the cursor was the client's timestamp."""
        proxy = self.proxy()
        late, early = self.replica("late", proxy.url()), self.replica("early", proxy.url())
        late.emit("note.made", "note/old", "text=written first", "--create")
        watcher = self.replica("watcher", proxy.url())
        watch = self.watch(watcher)
        watch.wait_connected()
        early.emit("note.made", "note/new", "text=written second", "--create")
        early.sync()
        watch.wait_lines(1)
        late.sync()  # an older stamp than what everybody has
        watch.wait_lines(2)
        self.assertEqual([json.loads(line)["subject"] for line in watch.lines], ["note/new", "note/old"])
        self.assertEqual(watch.end(), 130)
        early.sync()
        self.assert_same_state(proxy, late, early, watcher)

    def test_a_rejected_event_is_parked_and_rolled_back_and_others_go_on(self):
        """powersync-native#15, powersync.dart#307: one refused event blocked the queue for ever."""
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        anna.emit("stock.counted", "stock/7", "amount=many", "--create")
        anna.sync()
        # Ben has never seen it: for him the field is a counter.
        ben.emit("stock.sold", "stock/7", "amount+=1")
        ben.emit("stock.moved", "stock/7", "shelf=B2")
        ben.emit("stock.sold", "stock/8", "amount+=5")
        self.assertEqual(ben.fields("stock/7")["amount"], 1)
        done = ben.sync(code=75)
        self.assertEqual((done["pushed"], done["rejected"], done["held"]), (1, 1, 1))
        # Rolled back; what is held behind it is still his edit.
        self.assertEqual(ben.fields("stock/7"), {"amount": "many", "shelf": "B2"})
        self.assertEqual(ben.fields("stock/8"), {"amount": 5})
        states = [(e["state"], e.get("code")) for e in ben.queue()]
        self.assertEqual(states[0], ("rejected", "kind_mismatch"))
        self.assertEqual([s for s, _ in states], ["rejected", "held"])
        # Nothing blocks: other things are still sent.
        ben.emit("stock.sold", "stock/8", "amount+=1")
        self.assertEqual(ben.sync(code=75)["pushed"], 1)  # as every sync until a person decides
        # A person decides; what was held goes on.
        ben.run("queue", "drop", ben.queue()[0]["event"]["id"])
        self.assertEqual(ben.sync()["pushed"], 1)
        self.assertEqual(ben.queue(), [])
        anna.sync()
        self.assertEqual(anna.fields("stock/7"), {"amount": "many", "shelf": "B2"})
        self.assert_same_state(proxy, anna, ben)

    def test_bootstrap_with_pending_edits_keeps_them_on_top(self):
        """The original demo: bootstrap overwrote pending edits."""
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        for i in range(5):
            anna.emit("todo.created", f"todo/{i}", f"title=Number {i}", "--create")
        anna.sync()
        ben = self.replica("ben", proxy.url())
        ben.emit("todo.renamed", "todo/3", "title=Mine")
        ben.emit("todo.created", "todo/ben", "title=New", "--create")
        pulled = ben.sync("--pull")
        self.assertEqual(pulled["snapshots"], 1)
        self.assertEqual(ben.fields("todo/3")["title"], "Mine")
        self.assertEqual(ben.fields("todo/ben")["title"], "New")
        self.assertEqual(ben.fields("todo/4")["title"], "Number 4")
        self.assertEqual([e["state"] for e in ben.queue()], ["queued", "queued"])
        self.assertEqual(ben.sync()["pushed"], 2)
        anna.sync()
        self.assertEqual(anna.fields("todo/3")["title"], "Mine")
        self.assert_same_state(proxy, anna, ben)

    def test_a_deleted_thing_does_not_come_back(self):
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        anna.emit("todo.created", "todo/1", "title=Gone soon", "--create")
        anna.sync()
        ben.sync()
        ben.emit("todo.renamed", "todo/1", "title=Still here?")
        anna.emit("todo.deleted", "todo/1", "--delete")
        anna.sync()
        ben.sync()
        anna.sync()
        self.assertEqual(self.assert_same_state(proxy, anna, ben), "")
        self.assertEqual(len(anna.conflicts()), 1)  # and Ben's edit is not lost
        self.assertIn("Still here?", json.dumps(anna.conflicts()))

    def test_a_cloned_replica_loses_nothing(self):
        """A cloned replica shared its node id, its source and its clientseq."""
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("n.made", "n/0", "v:=0", "--create")
        anna.sync()
        shutil.copytree(anna.folder, self.folder / "clone")
        clone = self.replica("clone")
        for i in range(3):
            anna.emit("n.made", f"n/anna-{i}", f"v:={i}", "--create")
            clone.emit("n.made", f"n/clone-{i}", f"v:={i}", "--create")
        anna.emit("n.changed", "n/0", "v:=1")
        clone.emit("n.changed", "n/0", "v:=2")
        self.assertEqual(anna.sync()["pushed"], 4)
        done = clone.sync()
        self.assertEqual((done["pushed"], done["rejected"], done["conflicts"]), (4, 0, 1))
        anna.sync()
        state = ndjson(self.assert_same_state(proxy, anna, clone))
        self.assertEqual(len(state), 7)
        self.assertNotEqual(anna.status()["source"], clone.status()["source"])

    def test_two_processes_share_a_replica(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        watch = self.watch(anna, "-n", "20")
        watch.wait_connected()
        running = [anna.start("emit", "n.made", f"n/{i}", f"v:={i}", stdout=subprocess.DEVNULL)
                   for i in range(20)]
        self.assertEqual([p.wait() for p in running], [0] * 20)
        watch.wait_lines(20)
        self.assertEqual(watch.join(), 0)
        self.assertEqual(watch.sequences(), list(range(1, 21)))
        anna.sync()
        self.assertEqual(anna.queue(), [])
        self.assert_same_state(proxy, anna)


class Offline(Case):
    def test_sync_without_a_proxy_exits_69_and_changes_nothing(self):
        proxy = self.proxy()
        url = proxy.url()
        anna = self.replica("anna", url)
        anna.emit("todo.created", "todo/1", "title=One", "--create")
        anna.sync()
        proxy.kill()
        anna.emit("todo.created", "todo/2", "title=Two", "--create")
        anna.emit("todo.renamed", "todo/1", "title=Uno")

        def contents():
            database = next(anna.folder.glob(".offsync/*.db"))
            with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
                return list(db.iterdump())

        before = contents()
        for arguments in ([], ["--push"], ["--pull"], ["--dry-run"]):
            done = anna.finish("sync", *arguments)
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn(url.split("/v1")[0], done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertIn("nothing is lost; 2 events stay queued", anna.finish("sync").stderr)
        report = anna.sync(code=69)
        self.assertEqual(report["queue"]["queued"], 2)
        self.assertIn("error", report)
        self.assertEqual(contents(), before)
        # State and the rest go on from the replica, and say so.
        self.assertEqual(len(ndjson(anna.run("state", "-o", "ndjson"))), 2)
        self.assertIn("from the replica", anna.finish("state").stderr)
        anna.run("state", "--require-proxy", code=69)
        # And back online everything is sent.
        proxy.start()
        self.assertEqual(anna.sync()["pushed"], 2)
        self.assert_same_state(proxy, anna)

    def test_no_remote_is_a_setting_that_is_missing(self):
        anna = self.replica("anna")
        self.assertIn("--remote", anna.finish("sync").stderr)
        anna.run("sync", code=78)
        anna.run("watch", code=78)

    def test_what_is_no_proxy_is_a_protocol_error(self):
        proxy = self.proxy()
        anna = self.replica("anna", f"http://127.0.0.1:{proxy.port}/not/here/v1/spaces/test")
        anna.emit("a.b", "a/1", "x=1")
        anna.run("sync", code=76)
        anna.run("sync", "--dry-run", code=76)
        self.assertEqual(len(anna.queue()), 1)


class Replay(Case):
    def test_replay_of_the_log_is_the_state(self):
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        for i in range(10):
            anna.emit("a.made", f"a/{i}", f"title=Title {i}", "n+=2", "--create", "--add", f"tags=t{i}")
            ben.emit("a.made", f"a/{i}", f"title=Other {i}", "n+=3", "--create", "--add", "tags=both")
        for i in range(0, 10, 3):
            anna.emit("a.deleted", f"a/{i}", "--delete")
        anna.sync()
        ben.sync()
        anna.sync()
        self.assertEqual(ndjson(anna.run("state", "--offline", "a/1", "-o", "ndjson"))[0]["fields"]["n"], 5)
        state = self.assert_same_state(proxy, anna, ben)
        # With no file: the replica's own log.
        self.assertEqual(anna.run("replay", "-o", "ndjson"), state)
        self.assertEqual(ben.run("replay", "-o", "ndjson"), state)
        # Its own `log` output, from one that watched from the beginning.
        watcher = self.replica("watcher", proxy.url())
        head = proxy.info()["head"]
        lines = watcher.run("watch", "--from", "beginning", "-n", head)
        self.assertEqual(watcher.run("replay", "-", "-o", "ndjson", input=lines), state)
        self.assertEqual(lines.splitlines(), proxy.log_lines())

    def test_replay_of_a_snapshot_and_of_one_that_was_cut(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        for i in range(3):
            anna.emit("a.made", f"a/{i}", f"title=Title {i}", "--create")
        anna.sync()
        lines = proxy.get("/state")[0].splitlines(keepends=True)
        self.assertEqual(anna.run("replay", "-", "-o", "ndjson", input="".join(lines)), anna.state())
        for kept in range(1, len(lines)):
            done = anna.finish("replay", "-", "-o", "ndjson", input="".join(lines[:kept]))
            self.assertEqual(done.returncode, 65)
            self.assertIn(f"{len(lines) - kept} more", done.stderr)

    def test_states_are_read_from_the_proxy_first(self):
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        anna.emit("a.made", "a/1", "title=New", "--create")
        anna.sync()
        self.assertEqual(ben.state(), "")
        self.assertEqual(ndjson(ben.run("state", "-o", "ndjson", "a/1"))[0]["fields"], {"title": "New"})
        self.assertEqual(len(ndjson(ben.run("state", "-o", "ndjson", "a/*"))), 1)
        eventually(lambda: "127.0.0.1" in ben.finish("state").stderr, "says which")


if __name__ == "__main__":
    main()
