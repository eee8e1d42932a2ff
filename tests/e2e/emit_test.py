#!/usr/bin/env python3
"""What emit says of an event that is queued, or is not, where something around it is wrong."""
import glob
import json
import os
import subprocess

from harness import Case, OFFSYNC, PATIENCE, PROXY, clean_environment, main

GIANT = 100_000 * "x"


def at(seconds):
    """The environment of a program whose clock is wrong by so much."""
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        raise AssertionError("libfaketime is needed: apt-get install faketime")
    # A build with ASan need not have it first: it only has to be there.
    return {"LD_PRELOAD": found[0], "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}


class Emit(Case):
    def setUp(self):
        super().setUp()
        self.anna = self.replica("anna")

    def told(self, *arguments, code=0, env=None, input=None):
        done = self.anna.finish(*arguments, env=env, input=input)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def to_full(self, *arguments):
        with open("/dev/full", "wb") as full:
            return subprocess.run([OFFSYNC, "emit", *arguments], cwd=self.anna.folder, stdout=full, text=True,
                                  stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=clean_environment(),
                                  timeout=PATIENCE, check=False)

    def test_an_event_that_cannot_be_printed_is_queued_all_the_same(self):
        done = self.to_full("t.t", "k/1", "a=1")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("cannot write to the output: No space left on device", done.stderr)
        self.assertIn("the event is queued all the same", done.stderr)
        self.assertEqual(self.anna.fields("k/1"), {"a": "1"})
        self.assertEqual(len(self.anna.queue()), 1)

    def test_of_a_dry_run_that_cannot_be_printed_nothing_is_queued(self):
        done = self.to_full("t.t", "k/1", "a=1", "--dry-run")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertNotIn("queued", done.stderr)
        self.assertEqual(self.anna.queue(), [])

    def test_a_field_that_was_written_at_a_later_time_stays_and_that_is_told(self):
        later = {"specversion": "1.0", "id": "1", "source": "/other", "type": "t.t", "subject": "k/1",
                 "time": "2099-01-01T00:00:00Z", "data": {"set": {"a": "late"}}}
        self.told("emit", "--batch", "-", input=json.dumps(later) + "\n")
        why = "this changes nothing: a of k/1 was written by /other at 2099-01-01 00:00:00Z, which is later than this"
        self.assertIn(why, self.told("emit", "t.t", "k/1", "a=now"))
        self.assertIn(why, self.told("emit", "t.t", "k/1", "--unset", "a"))
        self.assertEqual(len(self.anna.queue()), 3)
        self.assertEqual(self.anna.fields("k/1"), {"a": "late"})
        refused = self.told("emit", "t.t", "k/1", "a=now", "--strict", code=65)
        self.assertIn(why, refused)
        self.assertEqual(len(self.anna.queue()), 3)
        self.assertEqual(self.told("emit", "t.t", "k/1", "b=now", "--strict"), "")

    def test_a_clock_outside_of_1970_to_9999_is_refused(self):
        for seconds in (-3_000_000_000, 260_000_000_000):
            refused = self.told("emit", "t.t", "k/1", "a=1", code=78, env=at(seconds))
            self.assertIn("the clock of this machine is outside of the years 1970 to 9999", refused)
            self.assertIn("nothing was changed", refused)
            self.assertEqual(self.anna.queue(), [])
        self.told("emit", "t.t", "k/1", "a=1")
        self.assertEqual(self.anna.fields("k/1"), {"a": "1"})

    def test_a_sync_by_a_clock_that_cannot_be_changes_nothing(self):
        ben = self.replica("ben", self.proxy().url())
        ben.emit("t.t", "k/1", "a=1")
        before = ben.status()
        for seconds in (-3_000_000_000, 260_000_000_000):
            for command in (("sync",), ("sync", "--pull"), ("watch", "--timeout", "5")):
                done = ben.finish(*command, env=at(seconds))
                self.assertEqual(done.returncode, 78, (command, done.stderr))
                self.assertIn("the clock of this machine is outside of the years 1970 to 9999", done.stderr)
                self.assertEqual(ben.status(), before)
        ben.sync()

    def test_a_byte_order_mark_in_front_of_data_is_passed_over(self):
        data = '\ufeff{"set":{"a":1}}'
        self.told("emit", "t.t", "k/1", "--data", data)
        file = self.folder / "data"
        file.write_text(data, encoding="utf-8")
        self.told("emit", "t.t", "k/2", "--data", f"@{file}")
        self.told("emit", "t.t", "k/3", "--data", "-", input=data)
        self.assertEqual([self.anna.fields(f"k/{n}") for n in (1, 2, 3)], 3 * [{"a": 1}])
        for event in self.anna.queue():
            self.assertNotIn("\ufeff", json.dumps(event, ensure_ascii=False))
        two = self.told("emit", "t.t", "k/1", "--data", "\ufeff" + data, code=65)
        self.assertIn("--data: ", two)

    def test_data_and_batches_that_are_not_utf_8_are_called_what_they_are(self):
        event = json.dumps({"type": "t.t", "subject": "k/1", "data": {"set": {"a": 1}}})
        file = self.folder / "file"
        for name in ("UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE"):
            file.write_bytes(event.encode(name))
            self.assertIn(f"--data is {name}; make it UTF-8 first, with iconv -f {name} -t UTF-8",
                          self.told("emit", "t.t", "k/1", "--data", f"@{file}", code=65))
            self.assertIn(f"file is {name}; make it UTF-8", self.told("emit", "--batch", file, code=65))
        self.assertEqual(self.anna.queue(), [])

    def test_a_giant_argument_is_not_said_in_full(self):
        for arguments, code in (((GIANT,), 2), (("emit", "t.t", "k/1", GIANT), 2), (("emit", GIANT, "k/1"), 65),
                                (("emit", "t.t", "k/" + GIANT), 65), (("emit", "t.t", "k/1", "--" + GIANT), 2),
                                (("emit", "t.t", "k/1", "--data", GIANT), 65),
                                (("emit", "t.t", "k/1", f"a:={GIANT}"), 65),
                                (("emit", "t.t", "k/1", "a=1", GIANT), 2),
                                (("conflicts", "show", GIANT), 66), (("remote", GIANT), 2)):
            done = self.anna.finish(*arguments)
            self.assertEqual(done.returncode, code, done.stderr[:2000])
            self.assertLess(len(done.stderr), 2000, arguments[:-1])
        for arguments, code in (((GIANT,), 2), (("--listen", GIANT), 2), (("--" + GIANT,), 2),
                                (("check", "--store", "sqlite:/" + GIANT), 66)):
            done = subprocess.run([PROXY, *arguments], env=clean_environment(), text=True, capture_output=True,
                                  stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, code, done.stderr[:2000])
            self.assertLess(len(done.stderr), 2000, arguments[:-1])

    def test_the_end_of_a_message_that_was_cut_says_what_to_do(self):
        self.assertTrue(self.told(GIANT, code=2).endswith("see: offsync --help\n"))


if __name__ == "__main__":
    main()
