#!/usr/bin/env python3
"""What is printed where somebody sits before it: pager, short ids, local times, columns, cut values."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import time

from harness import Case, clean_environment, main, OFFSYNC


class Terminal(Case):
    def setUp(self):
        super().setUp()
        self.anna = self.replica("anna")

    def on_terminal(self, *arguments, replica=None, code=0, **env):
        """Runs a command whose standard output is a terminal; the lines that it shows there."""
        primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = subprocess.Popen(
            [OFFSYNC, *arguments], cwd=(replica or self.anna).folder, stdin=subprocess.DEVNULL, stdout=secondary,
            stderr=subprocess.PIPE, env={**clean_environment(), "TERM": "xterm", "NO_COLOR": "1", **env})
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
        self.talk = process.stderr.read().decode()
        process.stderr.close()
        self.assertEqual(process.wait(timeout=60), code, self.talk)
        return written.decode().replace("\r\n", "\n").splitlines()

    def emit(self, replica, *arguments):
        return json.loads(replica.run("emit", *arguments))

    def test_queue_ids_are_short_and_are_taken_back(self):
        ids = [self.emit(self.anna, "todo.created", f"todo/{i}", f"n:={i}")["id"] for i in range(3)]
        rows = self.on_terminal("queue")
        shown = [row.split()[0] for row in rows]
        self.assertEqual(shown, [i[-12:] for i in ids])
        self.assertEqual(json.loads(self.anna.run("queue", "show", shown[1]))["event"]["id"], ids[1])
        self.anna.run("queue", "drop", shown[2])
        self.assertEqual([e["event"]["id"] for e in self.anna.queue()], ids[:2])
        # Where nobody sits, they are whole.
        text = self.anna.run("queue", "-o", "text")
        self.assertEqual([row.split()[0] for row in text.splitlines()], ids[:2])

    def test_a_pager_that_is_not_there_costs_no_output(self):
        self.emit(self.anna, "todo.created", "todo/1", "n:=1")
        for pager in ("nosuch", "nosuch -R", "/nosuch/less"):
            self.assertEqual(len(self.on_terminal("log", "--pending", PAGER=pager)), 1, pager)
            self.assertIn("printing without it", self.talk)

    def test_a_pager_that_only_the_shell_misses_is_told(self):
        self.emit(self.anna, "todo.created", "todo/1", "n:=1")
        for pager, code in (("{ nosuch; }", 127), ("(exec /dev/null)", 126)):
            self.on_terminal("log", "--pending", PAGER=pager)
            self.assertIn(f"the pager '{pager}' ended with exit code {code}: the output may not have been shown; "
                          "use --no-pager", self.talk)

    def test_ids_from_elsewhere_stay_whole(self):
        self.anna.run("emit", "--batch", "-", input=json.dumps(
            {"specversion": "1.0", "id": "order-4711", "source": "/till", "type": "t", "subject": "a/1", "data": {}}))
        self.assertEqual(self.on_terminal("queue")[0].split()[0], "order-4711")

    def test_times_are_local_and_without_a_zone(self):
        self.anna.run("emit", "--batch", "-", input=json.dumps(
            {"specversion": "1.0", "id": "1", "source": "/till", "type": "t", "subject": "a/1",
             "time": "2026-11-23T12:43:05Z", "data": {"set": {"x": 1}}}))
        there = {"TZ": "Asia/Tokyo"}
        self.assertIn("  2026-11-23 21:43:05  ", self.on_terminal("log", "--pending", **there)[0])
        text = self.anna.run("log", "--pending", "-o", "text", env=there)
        self.assertIn("  2026-11-23 12:43:05Z  ", text)
        # What is shown can be asked for.
        for since, found in (("2026-11-23 21:43:05", 1), ("2026-11-23 21:43:06", 0), ("2026-11-23 21:43", 1),
                             ("2026-11-23T21:44", 0), ("2026-11-23", 1), ("2026-11-24", 0),
                             ("2026-11-23T12:43:05Z", 1)):
            lines = self.anna.run("log", "--pending", "--since", since, env=there).splitlines()
            self.assertEqual(len(lines), found, since)

    def test_columns_stand_below_each_other(self):
        for subject, kind in (("a/1", "t"), ("todo/a-longer-one", "todo.renamed"), ("b/22", "x.y")):
            self.anna.emit(kind, subject, "field=value")
        for command in (("log", "--pending"), ("queue",)):
            for rows in (self.on_terminal(*command), self.anna.run(*command, "-o", "text").splitlines()):
                self.assertEqual(len({row.index("field=") for row in rows}), 1, rows)
                self.assertEqual([row for row in rows if row != row.rstrip()], [])

    def test_long_values_are_cut_with_their_size(self):
        self.anna.emit("t", "a/1", "x=" + "long " * 5000)
        self.assertIn("… (25.0 kB)", self.on_terminal("log", "--pending")[0])
        self.assertTrue(any(line.endswith("… (25.0 kB)") for line in self.on_terminal("state", "--offline")))
        whole = " ".join(self.on_terminal("state", "--offline", "a/1"))
        self.assertNotIn("…", whole)
        self.assertEqual(whole.count("long"), 5000)
        self.assertEqual(self.anna.run("state", "--offline", "-o", "text").count("long"), 5000)

    def test_lists_go_through_the_pager(self):
        for i in range(3):
            self.anna.emit("t", f"a/{i}", "x=1")
        for command in (("log", "--pending"), ("queue",), ("state", "--offline"), ("replay",),
                        ("state", "--offline", "-o", "ndjson")):
            plain = self.on_terminal(*command, "--no-pager", PAGER="sed s/^/P:/")
            paged = self.on_terminal(*command, PAGER="sed s/^/P:/")
            self.assertEqual(paged, ["P:" + line for line in plain], command)
            self.assertTrue(plain or command == ("replay",))
            self.assertEqual(self.on_terminal(*command, PAGER="false", OFFSYNC_PAGER="sed s/^/P:/"), paged)
            for none in ({"PAGER": "cat"}, {"PAGER": ""}, {"PAGER": "sed s/^/P:/", "TERM": "dumb"}):
                self.assertEqual(self.on_terminal(*command, **none), plain, none)
            self.assertFalse("P:" in self.anna.run(*command, env={"PAGER": "sed s/^/P:/"}))
        # What is talk, or one report, does not.
        self.assertFalse(self.on_terminal("status", PAGER="sed s/^/P:/")[0].startswith("P:"))

    def test_a_pager_that_is_left_early_ends_the_list_quietly(self):
        self.anna.run("emit", "--batch", "-", input="".join(
            json.dumps({"type": "t", "subject": f"a/{i}", "data": {"set": {"x": "y" * 100}}}) + "\n"
            for i in range(5000)))
        self.assertEqual(len(self.on_terminal("queue", PAGER="head -n 2")), 2)
        self.assertEqual(self.talk, "")
        # It is waited for: what it prints at its end is there.
        self.assertEqual(self.on_terminal("queue", PAGER="cat > rows; wc -l < rows"), ["5000"])

    def test_less_gets_settings_that_show_colours(self):
        self.anna.emit("t", "a/1", "x=1")
        self.assertEqual(self.on_terminal("queue", PAGER="cat > rows; echo $LESS"), ["FRX"])
        self.assertEqual(self.on_terminal("queue", PAGER="cat > rows; echo $LESS", LESS="S"), ["S"])

    def conflict(self):
        url = self.proxy().url()
        anna, ben, cleo = (self.replica(name, url) for name in ("anna2", "ben", "cleo"))
        anna.emit("todo.created", "todo/1", "title=Milk", "done:=false", "--create")
        for replica in (anna, ben):
            replica.sync()
        anna.emit("todo.renamed", "todo/1", "title=Oats")
        time.sleep(0.01)
        ben.emit("todo.renamed", "todo/1", "title=Rice")
        for replica in (anna, ben, anna, cleo):
            replica.sync()
        return anna, ben, cleo

    def test_conflicts_go_through_the_pager(self):
        anna = self.conflict()[0]
        short = self.on_terminal("conflicts", replica=anna)[0].split()[0]
        for command in (("conflicts",), ("conflicts", "--offline"), ("conflicts", "--all"), ("conflicts", "show", short)):
            plain = self.on_terminal(*command, "--no-pager", PAGER="sed s/^/P:/", replica=anna)
            paged = self.on_terminal(*command, PAGER="sed s/^/P:/", replica=anna)
            self.assertTrue(plain)
            self.assertEqual(paged, ["P:" + line for line in plain], command)
        # Its exit code is that of the command, and not the pager's.
        self.on_terminal("conflicts", "--exit-code", PAGER="sed s/^/P:/; false", replica=anna, code=1)
        self.on_terminal("conflicts", PAGER="cat > /dev/null; false", replica=anna)

    def test_what_is_lost_is_listed_as_the_log_is(self):
        proxy = self.proxy()
        anna, ben = (self.replica(name, proxy.url()) for name in ("anna2", "ben"))
        anna.sync()
        ids = [self.emit(ben, kind, subject, "field=value")["id"] for subject, kind in
               (("a/1", "t"), ("todo/a-longer-one", "todo.renamed"), ("b/22", "x.y"))]
        ben.sync()
        anna.sync()
        proxy.stop()
        for file in proxy.folder.glob("proxy.db*"):
            file.unlink()
        proxy.start()
        anna.sync()
        rows = self.on_terminal("recover", replica=anna, TZ="Asia/Tokyo")
        shown = [row.split()[0] for row in rows]
        self.assertEqual(shown, [i[-12:] for i in ids])
        logged = self.on_terminal("log", replica=ben, TZ="Asia/Tokyo")
        self.assertEqual([row.split(None, 1)[1] for row in rows], [row.strip() for row in logged])
        for lines in (rows, anna.run("recover", "-o", "text").splitlines()):
            self.assertEqual(len({line.index("field=") for line in lines}), 1, lines)
        self.assertEqual([line.split()[0] for line in anna.run("recover", "-o", "text").splitlines()], ids)
        self.assertEqual(self.on_terminal("recover", PAGER="sed s/^/P:/", replica=anna, TZ="Asia/Tokyo"),
                         ["P:" + row for row in rows])
        self.assertEqual(self.on_terminal("recover", "--no-pager", PAGER="sed s/^/P:/", replica=anna,
                                          TZ="Asia/Tokyo"), rows)
        anna.run("recover", "drop", shown[1])
        self.assertEqual([row.split()[0] for row in self.on_terminal("recover", replica=anna)], [shown[0], shown[2]])

    def test_a_conflict_is_listed_shown_and_decided_by_its_short_id(self):
        anna, ben, cleo = self.conflict()
        row = self.on_terminal("conflicts", replica=anna)[0]
        short = row.split()[0]
        self.assertRegex(short, "^[0-9a-f]{8}$")
        self.assertRegex(row, r'^\w+  todo/1  title  "Rice"  by /clients/ben  over  "Oats"  by /clients/anna2  open$')
        shown = self.on_terminal("conflicts", "show", short, replica=anna)
        self.assertTrue(any(line.startswith("current") and "(ours, loser)" in line for line in shown), shown)
        self.assertTrue(any(line.startswith("incoming") and "(theirs, winner)" in line for line in shown), shown)
        commands = [re.search("offsync (.*?)  +makes (.*)", line) for line in shown[-3:-1]]
        self.assertEqual([c[2] for c in commands],
                         ['title="Oats" (by /clients/anna2)', 'title="Rice" (by /clients/ben)'])
        # Who wrote neither is told by which side is which.
        for_cleo = self.on_terminal("conflicts", "show", short, replica=cleo)
        self.assertFalse(any("ours" in line for line in for_cleo), for_cleo)
        self.assertIn("--current", for_cleo[-3])
        self.assertIn("--incoming", for_cleo[-2])
        self.assertEqual(commands[0][1], f"resolve {short} --ours")
        anna.run(*commands[0][1].split())
        anna.sync()
        ben.sync()
        self.assertEqual(ben.fields("todo/1")["title"], "Oats")
        resolved = self.on_terminal("conflicts", "--all", replica=ben)[0]
        self.assertTrue(resolved.endswith('resolved to "Oats" by /clients/anna2'), resolved)


if __name__ == "__main__":
    main()
