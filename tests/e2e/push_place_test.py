#!/usr/bin/env python3
"""Nothing goes to another log than one's own, and what a log lost that was put back comes again."""
import json
import shutil

from harness import Case, main


class OwnLog(Case):
    def test_a_replica_that_never_pulled_pushes_to_one_log(self):
        proxy = self.proxy()
        a = self.replica("a", proxy.url("n1"))
        a.emit("t.set", "t/1", "n:=1")
        a.sync("--push")
        a.emit("t.set", "t/1", "n:=2")
        done = a.finish("sync", "--push", "--remote", proxy.url("n2"))
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertEqual(proxy.info("n2")["head"], 0)
        a.sync()
        self.assertEqual(proxy.info("n1")["head"], 2)

    def test_a_replica_that_left_its_log_pushes_to_the_new_one_only(self):
        proxy = self.proxy()
        a = self.replica("a", proxy.url("wa"))
        a.sync()
        a.run("remote", "set", proxy.url("wd"), "--switch")
        a.emit("t.set", "t/1", "n:=1")
        for space in ("we", "wa"):
            done = a.finish("sync", "--push", "--remote", proxy.url(space))
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertEqual(proxy.info(space)["head"], 0)
        a.sync("--push")
        self.assertEqual(proxy.info("wd")["head"], 1)

    def test_a_watch_ends_where_its_replica_leaves_the_log(self):
        proxy = self.proxy()
        a = self.replica("a", proxy.url("wa"))
        watch = self.watch(a)
        watch.wait_connected()
        a.run("remote", "set", proxy.url("wb"), "--switch")
        a.emit("t.set", "t/1", "n:=1")
        self.assertEqual(watch.join(), 78)
        self.assertEqual(proxy.info("wa")["head"], 0)
        a.sync()
        self.assertEqual(proxy.info("wb")["head"], 1)


class PutBack(Case):
    def back_up(self, proxy):
        self.assertEqual(proxy.stop(), 0)
        kept = proxy.folder / "backup"
        kept.mkdir()
        for file in proxy.folder.glob("proxy.db*"):
            shutil.copy(file, kept)
        proxy.start()

    def put_back(self, proxy):
        proxy.kill()
        for file in proxy.folder.glob("proxy.db*"):
            file.unlink()
        for file in (proxy.folder / "backup").iterdir():
            shutil.copy(file, proxy.folder)
        proxy.start()

    def test_what_was_accepted_and_not_read_comes_again(self):
        for others in (0, 1, 3):
            with self.subTest(others=others):
                proxy = self.proxy(name=f"proxy-{others}")
                a, b = (self.replica(f"{name}-{others}", proxy.url()) for name in "ab")
                a.emit("t.set", "t/1", "n:=1")
                a.sync()
                self.back_up(proxy)
                a.emit("t.set", "t/1", "n:=2")
                a.sync("--push")
                self.put_back(proxy)
                for i in range(others):
                    b.emit("t.set", "t/2", f"n:={i}")
                if others:
                    b.sync()
                a.emit("t.set", "t/1", "m:=3")
                report = a.sync()
                self.assertEqual(report["again"], 1)
                self.assertEqual(a.queue(), [])
                self.assertEqual(a.fields("t/1"), {"m": 3, "n": 2})
                order = [json.loads(line)["clientseq"] for line in proxy.log_lines()
                         if json.loads(line)["subject"] == "t/1"]
                self.assertEqual(order, ["1", "2", "3"])
                b.sync()
                self.assert_same_state(proxy, a, b)


if __name__ == "__main__":
    main()
