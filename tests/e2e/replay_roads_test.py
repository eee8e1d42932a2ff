#!/usr/bin/env python3
"""Each option of replay, log and watch does the same on every road that the events come by."""
import json

from harness import Case, main, ndjson

EPOCH = "$EPOCH"  # of the log, in the table below

# What chooses events, and the sequences of those that it takes. The log: f/1 to f/6, each set at 1 s, 2 s, … of a minute.
TABLE = [
    ((), "123456"),
    (("-n", "0"), ""), (("-n", "1"), "1"), (("-n", "2"), "12"), (("-n", "7"), "123456"),
    (("--type", "odd"), "135"), (("--type", "odd", "-n", "2"), "13"), (("--type", "o*", "--type", "even"), "123456"),
    (("--subject", "f/4"), "4"), (("--subject", "f/*", "-n", "2"), "12"), (("--source", "/c/2"), "36"),
    (("--source", "/c/2", "-n", "1"), "3"), (("--where", "x=3"), "3"), (("--where", "x:=3"), "3"), (("--where", "x:=3", "-n", "0"), ""),
    (("--since", "4"), "456"), (("--until", "4"), "1234"), (("--since", "2", "--until", "5"), "2345"),
    (("--since", "2", "--until", "5", "-n", "2"), "23"),
    (("--since", "2026-11-23T12:00:05Z"), "56"), (("--until", "2026-11-23T12:00:02Z"), "12"),
    (("--until", "2026-11-23T12:00:02Z", "-n", "1"), "1"), (("--since", "4", "-n", "2"), "45"),
    (("--since", "2099-01-01"), ""), (("--until", "2020-01-01"), ""), (("--until", "0"), ""),
    (("--after", "4"), "56"), (("--after", "2", "-n", "2"), "34"), (("--after", "2", "--until", "4"), "34"),
    (("--after", EPOCH + "-4"), "56"), (("--after", "6"), ""),
]


def event(n):
    return json.dumps({"specversion": "1.0", "id": f"e{n}", "source": "/c/2" if n % 3 == 0 else "/c/1",
                       "type": "odd" if n % 2 else "even", "subject": f"f/{n}", "time": f"2026-11-23T12:00:0{n}Z",
                       "data": {"set": {"x": n}}})


class Roads(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy()
        self.anna = self.replica("anna", self.server.url())
        self.anna.run("emit", "-q", "--batch", "-", input="\n".join(event(n) for n in range(1, 7)))
        self.anna.run("sync", "-q")
        self.log = self.anna.run("log")
        (self.anna.folder / "log").write_text(self.log)
        self.epoch = self.server.info()["epoch"]

    def roads(self):
        yield "url", [self.server.url()], ""
        yield "file", ["log"], ""
        yield "stdin", ["-"], self.log
        yield "replica", [], ""

    def options(self, given):
        return [option.replace(EPOCH, self.epoch) for option in given]

    def test_replay(self):
        for given, taken in TABLE:
            for road, words, text in self.roads():
                with self.subTest(options=given, road=road):
                    shown = ndjson(self.anna.run("replay", *words, *self.options(given), input=text))
                    self.assertEqual("".join(entity["subject"][2:] for entity in shown), taken)

    def test_replay_prints_the_same_bytes(self):
        for given in (["--stamps"], ["--strict"], ["-o", "json"], ["-o", "text"], ["--stamps", "-o", "text", "-n", "3"]):
            printed = {road: self.anna.run("replay", *words, *given, input=text) for road, words, text in self.roads()}
            with self.subTest(options=given):
                self.assertEqual(set(printed.values()), {printed["file"]})
                self.assertNotEqual(printed["file"], "")

    def test_log_and_watch(self):
        for given, taken in TABLE:
            for command in (["log"], ["watch", "--timeout", "60"]):
                newest = command == ["log"] and "-n" in given and "--after" not in given
                few = "-n" in given and len(taken) < int(given[given.index("-n") + 1])
                if command != ["log"] and ("-n" not in given or few):
                    continue  # it would only wait
                with self.subTest(options=given, command=command):
                    if command != ["log"] and "--after" not in given:
                        command = [*command, "--from", "beginning"]
                    wanted = taken
                    if newest:
                        every = dict(TABLE).get(given[:given.index("-n")], "123456")
                        wanted = every[max(0, len(every) - int(given[given.index("-n") + 1])):]
                    lines = ndjson(self.anna.run(*command, *self.options(given)))
                    self.assertEqual("".join(line["subject"][2:] for line in lines), wanted)

    def test_a_cursor_of_another_log_is_refused_where_the_log_is_known(self):
        for words in (["replay"], ["replay", self.server.url()], ["log"], ["watch", "--timeout", "20"]):
            with self.subTest(words=words):
                done = self.anna.finish(*words, "--after", "another-3")
                self.assertEqual(done.returncode, 65, done)
                self.assertIn("another-3", done.stderr)


if __name__ == "__main__":
    main()
