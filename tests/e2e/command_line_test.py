#!/usr/bin/env python3
"""The command line itself: words that are wrong, empty or unusual, and where output goes."""
import contextlib
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time
import unittest.mock

from harness import Case, clean_environment, eventually, main, OFFSYNC


def bytes_read(pid):
    with open(f"/proc/{pid}/io", encoding="ascii") as io:
        return int(io.readline().removeprefix("rchar: "))


class CommandLine(Case):
    def setUp(self):
        super().setUp()
        self.replica = self.replica("replica")

    def refused(self, *arguments, code=2):
        done = self.replica.finish(*arguments)
        self.assertEqual(done.returncode, code, (arguments, done.stderr))
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("offsync: "), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr[len("offsync: "):-1]

    def queued(self):
        return json.loads(self.replica.run("status", "--json"))["queue"]["queued"]

    def in_terminal(self, *arguments, columns=80, **streams):
        """Runs a command with a terminal as its standard output; what it wrote there."""
        primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        streams = {"stdout": secondary, "stderr": subprocess.DEVNULL,
                   **{name: secondary for name in streams}}
        process = self.replica.start(*arguments, stdin=subprocess.DEVNULL, **streams)
        os.close(secondary)
        written = b""
        while True:
            try:
                block = os.read(primary, 65536)
            except OSError:  # the terminal's other end is closed
                break
            if not block:
                break
            written += block
        os.close(primary)
        self.assertEqual(process.wait(timeout=60), 0)
        return written

    def test_mistyped_words_get_a_suggestion(self):
        self.assertIn("did you mean status?", self.refused("stauts"))
        self.assertIn("did you mean status?", self.refused("-C", ".", "stauts"))
        self.assertIn("did you mean --dry-run?", self.refused("sync", "--dryrun"))
        self.assertIn("did you mean --data?", self.refused("emit", "t", "a/1", "--dat", "{}"))
        self.assertEqual(self.refused("frobnicate"), "there is no command 'frobnicate'; see: offsync --help")

    def test_usage_errors_are_in_our_words(self):
        for arguments, words in {
            ("sync", "--foo", "x"): "sync has no option --foo; see: offsync sync --help",
            ("sync", "foo"): "sync takes no argument 'foo'; see: offsync sync --help",
            ("--foo",): "offsync has no option --foo; see: offsync --help",
            ("-C", "."): "a command is missing; see: offsync --help",
            ("log", "-n"): "-n needs a value: -n N; see: offsync log --help",
            ("log", "-n", "1", "-n", "2"): "-n is given more than once; see: offsync log --help",
            ("sync", "--push=no"): "--push takes no value; see: offsync sync --help",
            ("watch", "--from", "x"): "--from: 'x' is not one of stored, now, beginning; see: offsync watch --help",
        }.items():
            self.assertEqual(self.refused(*arguments), words)

    def test_numbers_that_are_none(self):
        for number in ("-1", "x", "1.5", "1x", "99999999999999999999"):
            self.assertIn("is not a whole number", self.refused("log", "-n", number))
        for seconds in ("-1", "0", "x", "inf", "nan", "1e300"):
            self.assertIn("is not a time above 0", self.refused("watch", "--timeout", seconds))

    def test_an_empty_value_is_not_taken_for_none(self):
        self.replica.emit("t", "a/1", "x=1")
        for arguments in (["state", ""], ["emit", "t", "a/1", "--data", ""], ["emit", "--batch", ""],
                          ["log", "--since", ""], ["log", "--type", ""], ["queue", "list", ""],
                          ["-C", "", "state"], ["replay", ""], ["sync", "--remote", ""]):
            self.assertIn("is empty", self.refused(*arguments))
        self.assertEqual(self.refused("state", ""), "SUBJECT is empty; see: offsync state --help")
        self.replica.emit("t", "a/1", "x=")
        self.assertEqual(json.loads(self.replica.run("state", "a/1"))["fields"], {"x": ""})

    def test_behind_two_dashes_nothing_is_an_option(self):
        self.replica.run("emit", "--", "t", "a/1", "x=1", "--y=2")
        self.assertEqual(json.loads(self.replica.run("state", "a/1"))["fields"], {"--y": "2", "x": "1"})

    def test_help_is_a_command_too(self):
        self.assertEqual(self.replica.run("help"), self.replica.run("--help"))
        self.assertEqual(self.replica.run("help", "emit"), self.replica.run("emit", "--help"))
        self.refused("help", "nothing")

    def test_closed_descriptors_are_errors_and_not_files(self):
        def closed(number, *arguments):
            return subprocess.run(["sh", "-c", f'exec "$@" {number}>&-', "sh", OFFSYNC, *arguments],
                                  cwd=self.replica.folder, env=clean_environment(), timeout=60,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)

        self.replica.emit("t", "a/1", "x=1")
        done = closed(0, "emit", "--batch", "-")
        self.assertEqual((done.returncode, done.stderr), (74, "queued 0\noffsync: cannot read stdin: Bad file descriptor\n"))
        done = closed(1, "state")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(closed(2, "emit", "t", "a/1", "title").returncode, 2)
        self.assertEqual(json.loads(self.replica.run("state", "a/1"))["fields"], {"x": "1"})

    def test_progress_stays_on_one_line_of_a_terminal_that_knows_how(self):
        events = "".join(f'{{"type":"t","subject":"a/{i}","data":{{"set":{{"x":1}}}}}}\n' for i in range(20))
        (self.replica.folder / "events").write_text(events)
        with unittest.mock.patch.dict(os.environ, TERM="xterm"):
            wide = self.in_terminal("emit", "--batch", "events", stderr=True)
            self.assertIn(b"\r\x1b[K1 event, ", wide)
        self.assertTrue(wide.endswith(b"\r\x1b[Kqueued 20\r\n"), wide)
        narrow = self.in_terminal("emit", "--batch", "events", columns=12, stderr=True)
        self.assertRegex(narrow.decode(), "\x1b\\[K1 event, [0-9]…")  # so many a second
        for shown in narrow.decode().split("\r\x1b[K")[1:-1]:
            self.assertLess(len(shown), 12)
        with unittest.mock.patch.dict(os.environ, TERM="dumb"):
            self.assertEqual(self.in_terminal("emit", "--batch", "events", stderr=True), b"queued 20\r\n")

    def test_json_on_a_terminal_is_escaped_and_the_same(self):
        evil = "\x1b]0;pwned\x07 \u009b2J \u202etxt\u2066 \u200b\x7f"
        self.replica.emit("t", "a/1", f"x={evil}")
        for arguments in (["state", "-o", "ndjson"], ["state", "-o", "json"], ["queue", "-o", "ndjson"],
                          ["queue", "export"], ["log", "--pending", "-o", "ndjson"],
                          ["emit", "t", "a/1", f"x={evil}", "--dry-run"]):
            written = self.in_terminal(*arguments).decode()
            for c in written.replace("\r\n", "\n"):
                self.assertTrue(c == "\n" or c.isprintable(), (arguments, hex(ord(c))))
        self.assertEqual(json.loads(self.in_terminal("state", "-o", "ndjson"))["fields"]["x"], evil)
        self.assertEqual(json.loads(self.replica.run("state"))["fields"]["x"], evil)
        text = self.in_terminal("state").decode()
        for c in ("\x07", "\u009b", "\u202e", "\u2066", "\x1b]"):
            self.assertNotIn(c, text)

    def test_sigint_ends_a_batch_that_never_waits(self):
        line = '{"type":"t","subject":"b/1","data":{"inc":{"n":1}}}'
        yes = subprocess.Popen(["yes", line], stdout=subprocess.PIPE)
        process = self.replica.start("emit", "--batch", "-", stdin=yes.stdout, stderr=subprocess.PIPE, text=True)
        yes.stdout.close()
        eventually(lambda: self.queued() > 0, "it has queued some")
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        yes.wait(timeout=60)
        self.assertEqual(process.returncode, 130, said)
        self.assertEqual(said, f"queued {self.queued()}, interrupted\n")

    def test_sigint_that_was_ignored_at_the_start_stays_ignored(self):
        """As a shell starts what is to run in the background."""
        line = b'{"type":"t","subject":"b/1","data":{"inc":{"n":1}}}\n'
        given, give = os.pipe()
        process = self.replica.start("emit", "--batch", "-", stdin=given, stderr=subprocess.PIPE, text=True,
                                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        os.close(given)
        os.write(give, line)
        eventually(lambda: self.queued() == 1, "the first is queued")
        process.send_signal(signal.SIGINT)
        os.write(give, line)
        os.close(give)
        said = process.communicate(timeout=60)[1]
        self.assertEqual((process.returncode, said), (0, "queued 2\n"))

    def in_a_line_without_end(self):
        """An emit that reads one; it would refuse it at its 64 MiB."""
        process = self.replica.start("emit", "--batch", "-", stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def feed():
            with contextlib.suppress(OSError, ValueError):
                while True:
                    os.write(process.stdin.fileno(), bytes(500_000))
                    time.sleep(0.05)

        threading.Thread(target=feed, daemon=True).start()
        eventually(lambda: bytes_read(process.pid) > 5_000_000, "it reads")
        return process

    def test_sigint_ends_a_line_that_never_ends(self):
        process = self.in_a_line_without_end()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        self.assertEqual((process.returncode, said), (130, "queued 0, interrupted\n"))

    def test_two_signals_at_once_are_one_wish(self):
        """timeout(1) signals its child and then the child's group: nothing was said, 4 of 8 times."""
        process = self.in_a_line_without_end()
        for how in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):  # so that it gets both together
            process.send_signal(how)
        said = process.communicate(timeout=60)[1]
        self.assertEqual((process.returncode, said), (130, "queued 0, interrupted\n"))

    def test_a_batch_of_unusual_bytes(self):
        event = b'{"type":"t","subject":"b/%d","data":{"set":{"a":1}}}'
        given = b"\xef\xbb\xbf" + event % 1 + b"\r\n\n" + event % 2 + b"\n" + event[:-1] % 3 + b"\n\0\n" + event % 4 + b"\n\0\n"
        done = subprocess.run([OFFSYNC, "emit", "--batch", "-"], input=given, cwd=self.replica.folder,
                              env=clean_environment(), capture_output=True, timeout=60)
        said = done.stderr.decode().splitlines()
        self.assertEqual(done.returncode, 65)
        self.assertIn("line 4, byte 109: the JSON object does not end; is the line cut off?", said[0])
        self.assertIn("line 7, ", said[1])
        self.assertEqual(said[2], "queued 3, 2 refused")


if __name__ == "__main__":
    main()
