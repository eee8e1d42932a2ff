#!/usr/bin/env python3
"""The memory of replay grows with the entities, not with the events: 20 times the events, no more."""
import os
import subprocess
import threading

from harness import OFFSYNC, Case, clean_environment, main

ENTITIES = 1_000
FEW, MANY = 10_000, 200_000
LINE = (
    '{"specversion":"1.0","id":"e%d","source":"/clients/till-%d","type":"todo.changed","subject":"todo/%d",'
    '"stamp":"%012x-0000-7f3a9c01b2d4%04x","data":{"set":{"note":"%d of the events, and a text that takes room"}}}\n'
)


def write_log(pipe, events):
    with pipe:
        for start in range(0, events, 1000):
            block = range(start, start + 1000)
            pipe.write("".join(LINE % (n, n % 7, n % ENTITIES, n + 1, n % 7 + 1, n) for n in block))


class ReplayMemory(Case):
    def peak_kib(self, events):
        # What ASan keeps of freed memory, to find its use, would grow.
        env = clean_environment() | {"ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}
        with subprocess.Popen(
            [OFFSYNC, "replay", "-", "-o", "ndjson"], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as replay:
            writer = threading.Thread(target=write_log, args=(replay.stdin, events))
            writer.start()
            state = replay.stdout.read()
            writer.join()
            _, status, usage = os.wait4(replay.pid, 0)
            replay.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(replay.returncode, 0)
        self.assertEqual(state.count("\n"), ENTITIES)
        self.assertIn(f'"note":"{events - 1} of', state)
        return usage.ru_maxrss

    def test_memory(self):
        few, many = self.peak_kib(FEW), self.peak_kib(MANY)
        print(f"{FEW} events: {few} KiB, {MANY}: {many} KiB", flush=True)
        # A log of 200,000 such events is 42 MB.
        self.assertLess(many, few + 8 * 1024)


if __name__ == "__main__":
    main()
