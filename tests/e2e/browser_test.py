#!/usr/bin/env python3
"""A browser's view: an npm EventSource reads the stream, and resumes by Last-Event-ID."""
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

from harness import Case, clean_environment, eventually, main

HERE = Path(__file__).resolve().parent / "browser"
BUILD = Path(os.environ.get("OFFSYNC_BUILD", HERE)) / "browser"


def install():
    """npm ci of the pinned packages, once a lock file; in the build folder."""
    lock = (HERE / "package-lock.json").read_bytes()
    done = BUILD / "installed"
    if not (done.exists() and done.read_bytes() == lock):
        BUILD.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, BUILD / name)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=BUILD, check=True,
                       stdin=subprocess.DEVNULL, timeout=300)
        done.write_bytes(lock)
    shutil.copy(HERE / "client.mjs", BUILD / "client.mjs")
    return BUILD / "client.mjs"


class Browser(Case):
    def setUp(self):
        super().setUp()
        self.client = install()
        self.seen = []

    def open(self, url):
        env = {**clean_environment(), "PATH": os.environ["PATH"]}
        node = subprocess.Popen(["node", str(self.client), url], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, text=True, env=env)

        def read():
            for line in node.stdout:
                self.seen.append(json.loads(line))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()

        def end():
            node.kill()
            node.wait()
            reader.join()
            node.stdout.close()

        self.addCleanup(end)

    def events(self):
        return [seen for seen in list(self.seen) if "event" in seen]

    def test_it_reads_the_stream_and_resumes_after_a_restart(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        for i in range(3):
            anna.emit("todo.made", f"todo/{i}", "title=Übung ✓ \n two lines", "--create")
        anna.sync()
        self.open(proxy.url() + "/events?after=0")
        eventually(lambda: len(self.events()) == 3, "the events that were there")
        epoch = proxy.info()["epoch"]
        self.assertEqual(self.seen[0], {"open": True})
        self.assertEqual(self.seen[1], {"hello": {"epoch": epoch, "head": 3}})
        anna.emit("todo.made", "todo/live", "title=live")
        anna.sync()
        eventually(lambda: len(self.events()) == 4, "a live one")

        proxy.kill()
        anna.emit("todo.made", "todo/away", "title=away")
        proxy.start()
        anna.sync()
        eventually(lambda: len(self.events()) == 5, "the one behind Last-Event-ID")
        anna.emit("todo.made", "todo/after", "title=after")
        anna.sync()
        eventually(lambda: len(self.events()) == 6, "a live one after the restart")

        # Each once, in order, though the URL says after=0.
        self.assertEqual([seen["id"] for seen in self.events()], [f"{epoch}-{i}" for i in range(1, 7)])
        self.assertEqual([seen["event"] for seen in self.events()],
                         [json.loads(line) for line in proxy.log_lines()])
        self.assertTrue(any("error" in seen for seen in self.seen))  # it did see the restart

    def test_filters_and_now(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("todo.made", "todo/1", "title=old")
        anna.sync()
        self.open(proxy.url() + "/events?after=now&type=todo.*")
        eventually(lambda: any("hello" in seen for seen in self.seen), "hello")
        anna.emit("note.made", "note/1", "title=other")
        anna.emit("todo.made", "todo/2", "title=new")
        anna.sync()
        eventually(self.events, "the new one")
        self.assertEqual([seen["event"]["subject"] for seen in self.events()], ["todo/2"])

    def test_a_cursor_of_another_log_is_told(self):
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.emit("todo.made", "todo/1", "title=old")
        anna.sync()
        self.open(proxy.url() + "/events?after=otherepoch-1")
        eventually(lambda: any("reset" in seen or "error" in seen for seen in self.seen), "reset")
        told = next(seen for seen in self.seen if "reset" in seen)
        self.assertEqual(told["reset"]["code"], "cursor_expired")
        self.assertEqual(self.events(), [])


if __name__ == "__main__":
    main()
