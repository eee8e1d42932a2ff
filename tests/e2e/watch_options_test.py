#!/usr/bin/env python3
"""What watch can be told, and how it ends."""
import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

from harness import Case, clean_environment, eventually, main, OFFSYNC, PATIENCE


def living(group):
    """The processes of a group that are not dead, even if nobody has waited for them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = stat.read_text().rsplit(")", 1)[1].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of) == group and state != "Z":
            found.append(stat.parent.name)
    return found


class WatchOptions(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy()
        self.writer = self.replica("writer", self.server.url())
        for i in range(1, 6):
            self.writer.emit("todo.made" if i % 2 else "note.made", f"todo/{i}", f"title=T{i}", "--create")
        self.writer.sync()

    def reader(self, name="reader"):
        return self.replica(name, self.server.url())

    def sequences(self, output):
        return [int(json.loads(line)["sequence"]) for line in output.splitlines()]

    def test_from_beginning_is_the_whole_log_even_after_a_snapshot(self):
        reader = self.reader()
        reader.sync()  # a snapshot: the replica has none of the five
        self.assertEqual(self.sequences(reader.run("watch", "--from", "beginning", "-n", "5")), [1, 2, 3, 4, 5])
        fresh = self.reader("fresh")
        self.assertEqual(self.sequences(fresh.run("watch", "--from", "beginning", "-n", "3")), [1, 2, 3])

    def test_from_now_and_from_stored(self):
        reader = self.reader()
        reader.sync()
        self.writer.emit("todo.made", "todo/6", "title=missed")
        self.writer.sync()
        now = self.watch(self.reader("other"), "--from", "now", "-n", "1")
        now.wait_connected()
        # What this replica has not received is not old for `stored`.
        self.assertEqual(self.sequences(reader.run("watch", "-n", "1")), [6])
        self.writer.emit("todo.made", "todo/7", "title=new")
        self.writer.sync()
        self.assertEqual(now.join(), 0)
        self.assertEqual(now.sequences(), [7])
        self.assertEqual(self.sequences(reader.run("watch", "--from", "stored", "-n", "1")), [7])

    def test_after(self):
        reader = self.reader()
        epoch = self.server.info()["epoch"]
        self.assertEqual(self.sequences(reader.run("watch", "--after", "3", "-n", "2")), [4, 5])
        self.assertEqual(self.sequences(reader.run("watch", "--after", f"{epoch}-4", "-n", "1")), [5])
        self.assertIn("another log", reader.finish("watch", "--after", "otherepoch-4").stderr)
        reader.run("watch", "--after", "otherepoch-4", code=65)
        reader.run("watch", "--after", "x y", code=2)
        reader.run("watch", "--after", "3", "--from", "now", code=2)

    def test_until_what_is_past_already(self):
        reader = self.reader()
        reader.sync()
        for arguments in (), ("--from", "now"), ("--after", "5"):
            done = reader.finish("watch", "--until", "4", "--timeout", "50", *arguments)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            self.assertRegex(done.stderr, r"no event up to 4 is still to come: this begins behind \w+-5\n")
        self.assertEqual(self.sequences(reader.run("watch", "--until", "4", "--after", "3")), [4])

    def test_filters(self):
        reader = self.reader()
        self.assertEqual(
            self.sequences(reader.run("watch", "--from", "beginning", "--type", "todo.*", "-n", "3")), [1, 3, 5])
        self.assertEqual(
            self.sequences(reader.run("watch", "--from", "beginning", "--where", "title=T4", "-n", "1")), [4])
        self.assertEqual(self.sequences(reader.run("watch", "--from", "beginning", "--until", "3")), [1, 2, 3])

    def test_timeout(self):
        reader = self.reader()
        start = time.monotonic()
        reader.run("watch", "--timeout", "15")  # long enough to be connected, on a busy machine too
        self.assertGreaterEqual(time.monotonic() - start, 15)
        reader.run("watch", "--timeout", "15", "-n", "1", code=1)
        reader.run("watch", "--timeout", "0", code=2)

    def test_another_process_syncs_the_same_replica(self):
        reader = self.reader()
        watch = self.watch(reader, "--from", "beginning")
        watch.wait_lines(5)
        for i in range(5):
            self.writer.emit("todo.made", f"todo/x{i}", "title=x")
            self.writer.sync()
            reader.sync()
        watch.wait_lines(10)
        time.sleep(0.5)
        self.assertEqual(watch.sequences(), list(range(1, 11)))

    def test_exec_runs_a_command_for_each_event_with_the_event_on_stdin(self):
        reader = self.reader()
        output = reader.run("watch", "--from", "beginning", "-n", "5", "--exec",
                            'cat; echo "$OFFSYNC_EVENT_SEQUENCE $OFFSYNC_EVENT_TYPE $OFFSYNC_EVENT_SUBJECT"')
        lines = output.splitlines()
        self.assertEqual(lines[0::2], self.server.log_lines())
        self.assertEqual(lines[1], "1 todo.made todo/1")

    def test_exec_need_not_read_and_its_failure_is_told(self):
        reader = self.reader()
        done = reader.finish("watch", "--from", "beginning", "-n", "5", "--exec",
                             'test "$OFFSYNC_EVENT_SEQUENCE" != 2')
        self.assertEqual(done.returncode, 75)
        self.assertIn("event 2 (note.made todo/2): the command ended with exit code 1", done.stderr)
        done = reader.finish("watch", "--from", "beginning", "-n", "1", "--exec", "kill -9 $$")
        self.assertIn("signal 9", done.stderr)

    def test_exec_fail_stop_says_where_to_go_on(self):
        reader = self.reader()
        done = reader.finish("watch", "--from", "beginning", "--exec-fail", "stop", "--exec",
                             'echo $OFFSYNC_EVENT_SEQUENCE; test "$OFFSYNC_EVENT_SEQUENCE" != 3')
        self.assertEqual((done.returncode, done.stdout), (75, "1\n2\n3\n"))
        cursor = f"{self.server.info()['epoch']}-2"
        self.assertIn("-3, whose command failed; to go on with it: offsync watch --exec-fail stop --exec ", done.stderr)
        self.assertTrue(done.stderr.endswith(f" --after {cursor}\n"), done.stderr)
        pasted = done.stderr.split("to go on with it: ")[1].replace("offsync", '"$0"', 1)
        again = subprocess.run(["/bin/sh", "-c", pasted, OFFSYNC], cwd=reader.folder, env=clean_environment(), text=True,
                               capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual((again.returncode, again.stdout), (75, "3\n"), again.stderr)
        rest = reader.run("watch", "--after", cursor, "-n", "2", "--exec", "echo $OFFSYNC_EVENT_SEQUENCE")
        self.assertEqual(rest, "3\n4\n")

    def test_the_end_by_a_number_says_where_to_go_on(self):
        reader = self.reader()
        reader.sync()
        epoch = self.server.info()["epoch"]
        for do in ([], ["--exec", "true"]):
            done = reader.finish("watch", "--from", "beginning", "-n", "3", *do)
            self.assertEqual(done.returncode, 0)
            words = "".join(f" {word}" for word in do)
            self.assertIn(f"ended at {epoch}-3; to go on behind it: offsync watch -n 3{words} --after {epoch}-3\n",
                          done.stderr)
            self.assertEqual(reader.finish("watch", "-q", "--from", "beginning", "-n", "3", *do).stderr, "")
        head = self.server.info()["head"]
        done = reader.finish("watch", "--from", "beginning", "-n", str(head))
        self.assertNotIn("go on", done.stderr)  # nothing more had arrived

    def test_exec_ends_between_two_commands(self):
        reader = self.reader()
        epoch = self.server.info()["epoch"]
        done = reader.finish("watch", "-q", "--from", "beginning", "--exec",
                             'echo "$OFFSYNC_EVENT_SEQUENCE"; test "$OFFSYNC_EVENT_SEQUENCE" != 2 || kill -TERM "$PPID"')
        self.assertEqual((done.returncode, done.stdout), (130, "1\n2\n"))
        self.assertIn(f"offsync: ended at {epoch}-2; to go on behind it: offsync watch -q --exec 'echo ", done.stderr)
        self.assertTrue(done.stderr.endswith(f" --after {epoch}-2\n"), done.stderr)
        # What it has comes from the proxy: so it was reached, whatever the commands take.
        done = self.reader("fresh").finish("watch", "-q", "--from", "beginning", "--timeout", "4", "--exec",
                                           'echo "$OFFSYNC_EVENT_SEQUENCE"; sleep 5')
        self.assertEqual((done.returncode, done.stdout), (0, "1\n"))
        self.assertIn(f"--after {epoch}-1", done.stderr)
        done = reader.finish("watch", "-q", "--from", "beginning", "--exec", "true", "-n", "2")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = reader.finish("watch", "-q", "--from", "beginning", "--exec", "true", "--until", "2")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_exec_does_not_keep_the_queue_waiting(self):
        for i in range(6, 31):
            self.writer.emit("todo.made", f"todo/{i}", f"title=T{i}")
        self.writer.sync()
        reader = self.reader()
        reader.sync()
        reader.emit("todo.made", "todo/mine", "title=mine")
        # The last command sees the head of the proxy: ours has come there meanwhile.
        reader.run("watch", "--from", "beginning", "-n", "30", "--exec",
                   'test "$OFFSYNC_EVENT_SEQUENCE" != 30 || offsync queue -o ndjson > queue',
                   env={"PATH": os.path.dirname(OFFSYNC) + ":" + os.environ["PATH"]})
        self.assertNotIn('"queued"', (reader.folder / "queue").read_text())

    def test_exec_sees_that_its_reader_went_away(self):
        reader = self.reader()
        watch = reader.start("watch", "-q", "--from", "beginning", "--exec",
                             "echo x >> ran; cat; while ! [ -e gone ]; do sleep 0.05; done",
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        watch.stdout.readline()
        watch.stdout.close()
        (reader.folder / "gone").touch()
        self.assertEqual(watch.wait(timeout=PATIENCE), 0)
        self.assertEqual((reader.folder / "ran").read_text(), "x\n")

    def test_interrupted(self):
        quiet = self.proxy("--heartbeat", "40", name="quiet")
        for how in (signal.SIGINT, signal.SIGTERM):
            watch = self.watch(self.replica(f"r{int(how)}", quiet.url()))
            watch.wait_connected()
            start = time.monotonic()
            self.assertEqual(watch.end(how), 130)
            self.assertLess(time.monotonic() - start, 35)  # a heartbeat comes every 40 s
            self.assertFalse([e for e in watch.errors if "connected" not in e])

    def test_the_second_signal_ends_the_command_too(self):
        """It ended with 143 and no word of where to go on; a command that minds no signal went on."""
        for n, command in enumerate(("sleep 70", "trap '' TERM INT; sleep 71")):
            with self.subTest(command=command):
                reader = self.replica(f"second{n}", self.server.url())
                watch = reader.start("watch", "--from", "beginning", "--exec", f"echo $$ > pid; {command}",
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, text=True)
                eventually(lambda: (reader.folder / "pid").exists() and (reader.folder / "pid").read_text(),
                           "the command runs")
                group = int((reader.folder / "pid").read_text())
                watch.send_signal(signal.SIGTERM)
                time.sleep(0.8)
                self.assertIsNone(watch.poll())
                watch.send_signal(signal.SIGTERM)
                _, errors = watch.communicate(timeout=PATIENCE)
                self.assertEqual(watch.returncode, 130, errors)
                self.assertIn("to go on with it: offsync watch -", errors)
                eventually(lambda: not living(group), "the command has ended")

    def test_a_time_that_has_passed_ends_it(self):
        """It went on for ever, as no event said that none is still to come."""
        reader = self.reader()
        done = reader.finish("watch", "--from", "beginning", "-o", "ndjson", "--until", "2020-01-01")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        done = self.reader("fresh").finish("watch", "--from", "beginning", "-o", "ndjson", "--until", "now")
        self.assertEqual((done.returncode, done.stdout.count("\n")), (0, 5), done.stderr)
        stamp = json.loads(done.stdout.splitlines()[1])["stamp"]
        done = reader.finish("watch", "--from", "beginning", "-o", "ndjson", "--until", stamp)
        self.assertEqual((done.returncode, done.stdout.count("\n")), (0, 2), done.stderr)

    def test_a_time_to_come_is_waited_for(self):
        reader = self.reader()
        soon = time.time() + 4
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(soon))
        watch = self.watch(reader, "-o", "ndjson", "--until", text)
        watch.wait_connected()
        self.writer.emit("todo.made", "todo/soon", "title=soon")
        self.writer.sync()
        self.assertEqual(watch.join(), 0)
        self.assertGreaterEqual(time.time(), int(soon))

    def test_from_now_of_a_new_replica_whose_proxy_is_away_is_when_it_began(self):
        away = self.proxy(name="away")
        writer = self.replica("away-writer", away.url())
        writer.emit("todo.made", "todo/old", "title=old")
        writer.sync()
        away.kill()
        time.sleep(1.5)  # what is of the second before may be shown, too
        reader = self.replica("away-reader", away.url())
        reader.configure(retry_wait=1)
        watch = self.watch(reader, "--from", "now", "-n", "2", "-o", "ndjson")
        eventually(lambda: watch.errors, "it has seen that nobody is there")
        writer.emit("todo.made", "todo/new", "title=new")
        away.start()
        writer.sync()
        writer.emit("todo.made", "todo/newer", "title=newer")
        writer.sync()
        self.assertEqual(watch.join(), 0)
        self.assertEqual(watch.sequences(), [2, 3])

    def test_a_time_that_has_passed_is_no_end_while_nobody_answers(self):
        gone = self.proxy(name="gone")
        reader = self.replica("alone", gone.url())
        gone.kill()
        done = reader.finish("watch", "--until", "2020-01-01", "--timeout", "2")
        self.assertEqual(done.returncode, 69, done.stderr)

    def test_who_refuses_the_stream_is_named_and_no_one_in_between(self):
        full = self.proxy("--max-streams", "0", name="full")
        done = self.replica("turned-away", full.url()).finish("watch", "--timeout", "3")
        self.assertEqual(done.returncode, 69, done.stderr)
        last = done.stderr.splitlines()[-1]
        self.assertIn("as many streams as it is allowed", last)
        self.assertNotIn("nginx", done.stderr)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        reader = self.reader()
        watch = reader.start("watch", "--from", "beginning", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(watch.stdout.readline())["sequence"], "1")
        watch.stdout.close()
        self.assertEqual(watch.wait(timeout=PATIENCE), 0)  # without another event coming
        self.assertNotIn("write", watch.stderr.read())
        watch.stderr.close()

    def test_text_on_a_terminal_is_escaped(self):
        self.writer.emit("todo.made", "todo/evil", "title=\x1b[31mred\x07")
        self.writer.sync()
        reader = self.reader()
        main_end, other_end = pty.openpty()
        self.addCleanup(os.close, main_end)
        watch = subprocess.Popen([OFFSYNC, "watch", "--after", "5", "-n", "1", "--color", "never"],
                                 cwd=reader.folder, env=clean_environment(), stdin=subprocess.DEVNULL,
                                 stdout=other_end, stderr=subprocess.DEVNULL)
        os.close(other_end)
        text = b""
        while True:
            try:
                block = os.read(main_end, 4096)
            except OSError:
                break
            if not block:
                break
            text += block
        self.assertEqual(watch.wait(timeout=PATIENCE), 0)
        self.assertIn(b"todo/evil", text)
        self.assertNotIn(b"\x1b[31m", text)
        self.assertNotIn(b"\x07", text)

    def test_it_is_quiet_when_asked(self):
        done = self.reader().finish("watch", "-q", "--from", "beginning", "-n", "1")
        self.assertEqual(done.stderr, "")

    def test_a_failing_disk_of_the_reader_is_told(self):
        reader = self.reader()
        with open("/dev/full", "wb") as full:
            watch = reader.start("watch", "--from", "beginning", stdin=subprocess.DEVNULL, stdout=full,
                                 stderr=subprocess.PIPE, text=True)
            _, errors = watch.communicate(timeout=60)
        self.assertEqual(watch.returncode, 74)
        self.assertIn("cannot write", errors)

    def test_watch_can_be_used_as_a_queue_of_one(self):
        reader = self.reader()
        reader.run("watch", "-n", "0")
        eventually(lambda: reader.run("watch", "--from", "beginning", "-n", "1"), "one event")


if __name__ == "__main__":
    main()
