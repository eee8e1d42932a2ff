#!/usr/bin/env python3
"""watch --exec --consumer: a durable place, each event at least once."""
import json
import signal
import subprocess

from harness import Case, PROXY, eventually, main


class Consumer(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy()
        self.writer = self.replica("writer", self.server.url())
        self.reader = self.replica("reader", self.server.url())
        self.seen = self.reader.folder / "seen"

    def write(self, *numbers, kind="todo.made"):
        for i in numbers:
            self.writer.emit(kind, f"todo/{i}", f"n:={i}", "--create")
        self.writer.sync()

    def consume(self, *arguments, code=0, command='echo $OFFSYNC_EVENT_SUBJECT >> seen', name="index"):
        return self.reader.finish("watch", "--exec", command, "--consumer", name, *arguments)

    def subjects(self):
        return self.seen.read_text().split() if self.seen.exists() else []

    def place(self, name="index"):
        consumers = {c["name"]: c for c in self.reader.status()["consumers"]}
        return consumers.get(name)

    def test_it_goes_on_where_it_was_whatever_was_received_meanwhile(self):
        self.write(1, 2, 3)
        self.assertEqual(self.consume("--from", "beginning", "-n", "3").returncode, 0)
        self.write(4, 5)
        self.reader.sync()  # else `stored` would find them new
        self.assertEqual(self.consume("--from", "beginning", "-n", "2").returncode, 0)
        self.assertEqual(self.subjects(), [f"todo/{i}" for i in range(1, 6)])
        self.assertEqual((self.place()["cursor"].split("-")[1], self.place()["lag"]), ("5", 0))
        self.assertIsNone(self.place("other"))

    def test_one_that_was_meant_otherwise_is_forgotten(self):
        self.write(1, 2)
        for name in "index", "typo":
            self.assertEqual(self.consume("--from", "beginning", "-n", "2", name=name).returncode, 0)
        self.server.stop()  # nobody is asked
        forget = ("watch", "--consumer", "typo", "--forget")
        done = self.reader.finish(*forget)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"forgot the consumer typo, which was at \w+-2\n")
        left = json.loads(self.reader.run("status", "--offline", "--json"))["consumers"]
        self.assertEqual([c["name"] for c in left], ["index"])
        done = self.reader.finish(*forget)
        self.assertEqual(done.returncode, 66, done.stderr)
        self.assertIn("there is no consumer typo", done.stderr)
        self.assertEqual(self.reader.finish("watch", "--forget").returncode, 2)
        self.assertEqual(self.reader.finish(*forget, "--exec", "true").returncode, 2)
        self.assertEqual(list(self.reader.folder.glob(".offsync/*consumer*")), [])

    def test_until_what_it_has_done_already_is_told(self):
        self.write(1, 2, 3, 4)
        self.assertEqual(self.consume("--from", "beginning", "-n", "3").returncode, 0)
        for until in (2, 3):
            done = self.consume("--until", str(until))
            self.assertEqual(done.returncode, 0)
            self.assertIn(f"no event up to {until} is still to come: this begins behind ", done.stderr)
            self.assertEqual(done.stderr.count("still to come"), 1)
        self.assertEqual(len(self.subjects()), 3)
        self.assertEqual(self.place()["cursor"].split("-")[1], "3")

    def test_stop_goes_on_with_the_one_that_failed(self):
        self.write(1, 2, 3)
        fails_at_2 = 'echo $OFFSYNC_EVENT_SUBJECT >> seen; test $OFFSYNC_EVENT_SUBJECT != todo/2'
        done = self.consume("--from", "beginning", "--exec-fail", "stop", command=fails_at_2)
        self.assertEqual(done.returncode, 75)
        self.assertIn("the same command goes on behind it", done.stderr)
        self.assertEqual(self.place()["cursor"].split("-")[1], "1")
        self.assertEqual(self.consume("-n", "2").returncode, 0)
        self.assertEqual(self.subjects(), ["todo/1", "todo/2", "todo/2", "todo/3"])

    def test_continue_passes_a_failure_with_the_next_success_only(self):
        self.write(1, 2)
        fails_at_2 = 'test $OFFSYNC_EVENT_SUBJECT != todo/2'
        self.assertEqual(self.consume("--from", "beginning", "-n", "2", command=fails_at_2).returncode, 75)
        self.assertEqual(self.place()["cursor"].split("-")[1], "1")
        self.write(3)
        self.assertEqual(self.consume("-n", "2", command=fails_at_2).returncode, 75)
        self.assertEqual(self.place()["cursor"].split("-")[1], "3")

    def test_a_kill_repeats_what_was_not_done(self):
        self.write(1, 2)
        running = self.reader.folder / "running"
        running.touch()
        watch = self.watch(self.reader, "--from", "beginning", "--consumer", "index", "--exec",
                           'echo $OFFSYNC_EVENT_SUBJECT >> seen; test $OFFSYNC_EVENT_SUBJECT = todo/1 && exit; '
                           'while test -e running; do sleep 0.05; done')
        eventually(lambda: self.subjects() == ["todo/1", "todo/2"], "the second command runs")
        watch.process.send_signal(signal.SIGKILL)
        watch.process.wait()
        running.unlink()  # it has our pipes open
        watch.join()
        self.assertEqual(self.consume("-n", "1").returncode, 0)
        self.assertEqual(self.subjects(), ["todo/1", "todo/2", "todo/2"])

    def test_what_the_filters_leave_out_is_passed(self):
        self.write(1)
        self.write(2, 3, kind="note.made")
        watch = self.watch(self.reader, "--from", "beginning", "--type", "todo.*", "--consumer", "index", "--exec",
                           'echo $OFFSYNC_EVENT_SUBJECT >> seen')
        eventually(lambda: self.place() and self.place()["cursor"].endswith("-3"), "all are passed")
        self.assertEqual(watch.end(), 130)
        self.assertEqual(self.subjects(), ["todo/1"])

    def test_two_consumers_have_a_place_each(self):
        self.write(1, 2, 3)
        self.consume("--from", "beginning", "-n", "1", name="a")
        self.consume("--from", "beginning", "-n", "2", name="b")
        self.assertEqual([self.place(n)["lag"] for n in ("a", "b")], [2, 1])
        text = self.reader.run("status", "--offline")
        self.assertRegex(text, r"(?m)^consumer +a at \w+-1, 2 behind$")

    def compact(self, keep):
        self.server.stop()
        subprocess.run([PROXY, "compact", "--store", f"sqlite:{self.server.store}", "--space", "test",
                        "--keep", str(keep)], check=True, capture_output=True)
        self.server.start()

    def test_of_a_compacted_log_all_that_is_left_is_handled(self):
        self.write(1, 2)
        self.assertEqual(self.consume("--from", "beginning", "-n", "2").returncode, 0)
        self.write(3, 4, 5, 6)
        self.compact(keep=2)
        done = self.consume("-n", "2", "--timeout", "30")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no longer has the events 3 to 4; going on behind them", done.stderr)
        self.assertEqual(self.subjects(), [f"todo/{i}" for i in (1, 2, 5, 6)])
        # The same where another command has fetched the state, and whatever --from says.
        self.write(7, 8, 9, 10)
        self.compact(keep=1)
        self.reader.sync()
        self.assertIn("replaced or compacted", self.reader.run("status", "--offline"))
        self.assertIsNone(self.place()["lag"])
        # Who has not asked the proxy does not know either: the place stays in doubt.
        self.server.stop()
        self.assertEqual(self.consume("-n", "1", "--timeout", "1").returncode, 69)
        self.assertIn("replaced or compacted", self.reader.run("status", "--offline"))
        self.server.start()
        done = self.consume("-n", "1", "--timeout", "30", "--from", "stored")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no longer has the events 7 to 9; going on behind them", done.stderr)
        self.assertEqual(self.subjects()[4:], ["todo/10"])
        self.assertEqual(self.place()["lag"], 0)

    def test_a_log_that_was_replaced_is_told(self):
        self.write(1)
        self.assertEqual(self.consume("--from", "beginning", "-n", "1").returncode, 0)
        self.server.stop()
        for file in self.server.folder.glob("proxy.db*"):
            file.unlink()
        self.server.start()
        self.reader.finish("sync")
        self.assertIsNone(self.place()["lag"])
        done = self.consume("-n", "1")
        self.assertEqual(done.returncode, 76)
        self.assertIn("of a log that was replaced", done.stderr)
        self.write(2)
        self.assertEqual(self.consume("--from", "beginning", "--type", "todo.made", "-n", "1").returncode, 0)
        self.assertEqual(self.place()["lag"] is None, False)

    def test_one_at_a_time_acts_under_a_name(self):
        self.write(1)
        first = self.watch(self.reader, "--from", "beginning", "--consumer", "in/dex", "--exec",
                           'echo $OFFSYNC_EVENT_SUBJECT >> seen')
        eventually(lambda: self.subjects() == ["todo/1"], "the first one acts")
        (self.reader.folder / "linked").symlink_to(".offsync")
        for folder in (), ("-C", "linked"):
            second = self.reader.finish(*folder, "watch", "--exec", "echo >> seen", "--consumer", "in/dex", "-n", "1",
                                        "--from", "beginning", "--timeout", "9")
            self.assertEqual(second.returncode, 75)
            self.assertEqual(second.stderr,
                             f"offsync: process {first.process.pid} acts as the consumer in/dex of this replica already; "
                             "end that one first, or take another name for --consumer\n")
        self.assertEqual(self.consume("--from", "beginning", "-n", "1", name="other").returncode, 0)
        self.assertEqual(first.end(), 130)
        self.assertEqual(self.subjects(), ["todo/1", "todo/1"])
        self.assertEqual([f.name for f in (self.reader.folder / ".offsync").glob("*consumer*")], [])
        self.write(2)
        self.assertEqual(self.consume("-n", "1", name="in/dex").returncode, 0)

    def test_one_that_was_killed_is_in_nobodys_way(self):
        self.write(1, 2)
        first = self.watch(self.reader, "--from", "beginning", "--consumer", "index", "--exec",
                           'echo $OFFSYNC_EVENT_SUBJECT >> seen')
        eventually(lambda: self.place() and self.place()["cursor"].endswith("-2"), "the first one has acted")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        first.join()
        self.write(3)
        self.assertEqual(self.consume("-n", "1").returncode, 0)
        self.assertEqual(self.subjects()[-1], "todo/3")

    def test_where_it_begins_is_a_place(self):
        self.write(1, 2)
        done = self.consume("--from", "beginning", "--exec-fail", "stop", command="exit 3")
        self.assertEqual(done.returncode, 75)
        self.assertRegex(done.stderr, r"index has done all up to \w+-0; the same command goes on behind it")
        self.assertNotIn("--after", done.stderr)
        self.assertEqual(self.consume("-n", "1").returncode, 0)
        self.assertEqual(self.subjects(), ["todo/1"])

    def test_of_a_log_that_is_replaced_meanwhile_nothing_is_advised(self):
        self.write(1)
        # The one has a place in the middle, the other had nothing done.
        for name, command in ("done", "true"), ("failed", "exit 3"):
            watch = self.watch(self.reader, "--from", "beginning", "--consumer", name, "--exec", command)
            eventually(lambda: self.place(name), "it has begun")
            watch.end()
        watches = [self.watch(self.reader, "--consumer", name, "--exec", command)
                   for name, command in (("done", "true"), ("failed", "exit 3"))]
        for watch in watches:
            watch.wait_connected()
        self.server.stop()
        for file in self.server.folder.glob("proxy.db*"):
            file.unlink()
        self.server.start()
        self.write(2, 3, 4)
        for watch in watches:
            self.assertEqual(watch.join(), 76, watch.errors)
            said = "\n".join(watch.errors)
            self.assertIn("say where to begin in the new one, with --from", said)
            self.assertNotIn("--after", said)
            self.assertNotIn("goes on behind", said)

    def test_it_is_for_commands(self):
        done = self.reader.finish("watch", "--consumer", "x")
        self.assertEqual((done.returncode, done.stderr), (2, "offsync: --consumer is for --exec\n"))
        self.assertEqual(json.loads(self.reader.run("status", "--offline", "--json"))["consumers"], [])


if __name__ == "__main__":
    main()
