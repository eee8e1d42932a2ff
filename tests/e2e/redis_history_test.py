#!/usr/bin/env python3
"""28,200 real events: emit offline, sync, a second replica, and everybody has the same state."""
import os
import subprocess
import time
from pathlib import Path

from harness import Case, main, ndjson

SHARED = Path(os.environ.get("OFFSYNC_SHARED", Path(__file__).resolve().parents[3] / "shared"))
HISTORY = SHARED / "data" / "redis-history.ndjson.zst"
EVENTS = 28_200


class RedisHistory(Case):
    def test_end_to_end(self):
        if not HISTORY.exists():
            # Never silently: without the data this test has tested nothing.
            self.skipTest(f"no test data: {HISTORY}")
        steps = []

        def timed(what, action):
            start = time.monotonic()
            result = action()
            steps.append(f"{what} {time.monotonic() - start:.1f} s")
            return result

        text = subprocess.run(["zstd", "-dc", str(HISTORY)], check=True, capture_output=True, text=True).stdout
        self.assertEqual(text.count("\n"), EVENTS)
        proxy = self.proxy()
        first = self.replica("first", proxy.url())
        timed("emit", lambda: first.run("emit", "--batch", "-", input=text))
        before = first.state()
        report = timed("sync", first.sync)
        self.assertEqual((report["pushed"], report["rejected"], report["held"]), (EVENTS, 0, 0))
        self.assertEqual(report["queue"], {"queued": 0, "accepted": 0, "rejected": 0, "held": 0})
        second = self.replica("second", proxy.url())
        report = timed("bootstrap", second.sync)
        self.assertEqual(report["snapshots"], 1)

        state = timed("compare", lambda: self.assert_same_state(proxy, first, second))
        self.assertEqual(state, before)  # nobody else wrote
        self.assertEqual(first.run("replay", "-", "-o", "ndjson", input=text), state)
        self.assertGreater(len(ndjson(state)), 1000)
        self.assertEqual(proxy.info()["head"], EVENTS + len(first.conflicts()))
        self.assertEqual(first.conflicts(), second.conflicts())
        # The same once more: everything is known.
        first.run("emit", "--batch", "-", input=text)
        self.assertEqual(first.sync()["pushed"], 0)
        self.assertEqual(first.state(), state)
        print(", ".join(steps), flush=True)


if __name__ == "__main__":
    main()
