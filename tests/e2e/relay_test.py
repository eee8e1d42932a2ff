#!/usr/bin/env python3
"""sync and watch through a network that does harm."""
import json
import threading

from harness import Case, Fault, eventually, main
from restart_test import batch


class ThroughFaults(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy("--heartbeat", "0.5")
        self.net = self.relay(self.server.port)
        self.url = self.server.url(port=self.net.port)

    def sync_until_done(self, replica, tries=200):
        for _ in range(tries):
            done = replica.finish("sync", "--json")
            if done.returncode == 0:
                return
            self.assert_unreachable(done)
        self.fail(f"sync did not come through in {tries} tries")

    def assert_once(self, count):
        ids = [json.loads(line)["id"] for line in self.server.log_lines()]
        own = [i for i in ids if i]
        self.assertEqual((len(own), len(set(own))), (count, count))

    def test_a_request_cut_anywhere(self):
        anna = self.replica("anna", self.url)
        anna.run("emit", "--batch", "-", input=batch(300))
        for size in (1, 20, 100, 250, 400, 1000, 5000, 20_000, 60_000):
            self.net.plan(Fault(cut_up=size), Fault(cut_up=size, reset=True))
        while self.net.pending():
            done = anna.finish("sync", "--json")
            if done.returncode == 0:
                break
            self.assert_unreachable(done)
        self.sync_until_done(anna)
        self.assert_once(300)
        self.assert_same_state(self.server, anna)

    def test_an_answer_cut_anywhere(self):
        """The events were taken, the client does not know."""
        anna = self.replica("anna", self.url)
        expected = 0
        for size in (0, 1, 15, 80, 200, 300, 600, 2000, 9000):
            anna.run("emit", "--batch", "-", input=batch(100))
            expected += 100
            self.net.plan(Fault(cut_down=size), Fault(cut_down=size, reset=True))
            self.sync_until_done(anna)
        self.assert_once(expected)
        self.assertEqual(anna.queue(), [])
        self.assert_same_state(self.server, anna)

    def test_a_snapshot_cut_anywhere_is_taken_again(self):
        anna = self.replica("anna", self.server.url())
        anna.run("emit", "--batch", "-", input=batch(500))
        anna.sync()
        for size in (0, 100, 400, 800, 1600, 3000, 6000):
            ben = self.replica(f"ben-{size}", self.url)
            ben.emit("n.set", "n/0", f"v:={size}")
            self.net.plan(Fault(cut_down=size), Fault(cut_down=size + 50))
            done = ben.finish("sync", "--pull", "--json")
            if done.returncode != 0:  # nothing of a half snapshot shows
                self.assert_unreachable(done)
                self.assertEqual(ben.fields("n/1"), None)
                self.assertEqual(ben.fields("n/0"), {"v": size})
            self.sync_until_done(ben)
            anna.sync()
            self.assert_same_state(self.server, anna, ben)

    def test_a_copy_of_a_request_that_comes_late_changes_nothing(self):
        self.net.default = Fault(duplicate=True)
        anna = self.replica("anna", self.url)
        for i in range(5):
            anna.emit("n.counted", "n/1", "v+=1")
            anna.emit("n.set", "n/2", f"v:={i}")
            anna.sync()
        eventually(lambda: self.net.duplicated >= 5, "the copies have arrived")
        self.assert_once(10)
        anna.sync()
        self.assertEqual(anna.fields("n/1"), {"v": 5})
        self.assert_same_state(self.server, anna)

    def test_a_connection_refused_now_and_then(self):
        self.net.plan(*[Fault(refuse=True)] * 3)
        anna = self.replica("anna", self.url)
        anna.emit("n.set", "n/1", "v:=1")
        anna.run("sync", code=69)
        self.sync_until_done(anna)
        self.assert_once(1)

    def test_watch_over_a_stream_cut_anywhere(self):
        writer, reader = self.replica("writer", self.server.url()), self.replica("reader", self.url)
        reader.sync()
        # A connection that brought no event makes it wait longer; 30 s, if it is not told otherwise.
        # That is for the tests of the engine, whose clock is not ours (sync_watch_test.cc).
        reader.configure(retry_wait=0.1)
        for size in (10, 150, 333, 500, 700, 1001, 1500, 2222, 3000):
            self.net.plan(Fault(cut_down=size), Fault(cut_down=size, reset=True))
        watch = self.watch(reader)
        for i in range(10):
            writer.run("emit", "--batch", "-", input=batch(10))
            writer.sync()
        watch.wait_lines(100)
        # Every planned cut was met, though the lines may have come through the earlier ones.
        while self.net.pending():
            before = self.net.accepted
            self.net.cut_all()
            eventually(lambda: self.net.accepted > before, "watch connects again")
        self.net.cut_all()
        writer.emit("n.set", "n/last", "v:=1")
        writer.sync()
        watch.wait_lines(101)
        self.assertEqual(watch.lines, self.server.log_lines())
        self.assertEqual(watch.end(), 130)
        self.assert_same_state(self.server, writer, reader)

    def test_a_stalled_connection_is_given_up(self):
        """Half open: neither bytes nor an end."""
        writer, reader = self.replica("writer", self.server.url()), self.replica("reader", self.url)
        reader.sync()
        reader.configure(stream_timeout=2)
        self.net.plan(Fault(stall_down=600))
        watch = self.watch(reader)
        eventually(lambda: self.net.accepted >= 2 and not self.net.pending(), "watch is connected")
        second = self.relay(self.server.port)
        second.plan(Fault(stall_down=0))
        anna = self.replica("anna", self.server.url(port=second.port))
        anna.emit("n.set", "n/anna", "v:=1")
        codes, impatient = [], {"OFFSYNC_REQUEST_TIMEOUT": "1.5"}
        syncing = threading.Thread(target=lambda: codes.append(anna.finish("sync", env=impatient).returncode))
        syncing.start()
        writer.run("emit", "--batch", "-", input=batch(20))
        writer.sync()
        eventually(self.net.stalled, "the stream stalls")
        syncing.join()
        self.assertEqual(codes, [69])
        self.assertEqual(anna.sync()["rejected"], 0)
        watch.wait_lines(21)
        self.assertEqual(watch.lines, self.server.log_lines())
        reader.sync()
        writer.sync()
        self.assert_same_state(self.server, writer, reader, anna)


if __name__ == "__main__":
    main()
