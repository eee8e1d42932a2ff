#!/usr/bin/env python3
"""A long history of producers that know nothing of offsync: by whatever road it comes, and in whatever
order, the state is the one that an oracle of another make, which never looks at that order, computes."""
import hashlib
import json
import random
import urllib.request
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal

from harness import Case, main, ndjson

EVENTS = 12_000
SOURCES = [f"/till/{i}" for i in range(7)] + ["/warehouse", "/läden/1"]
FIRST_MS = 1_600_000_000_000


def instant(ms):
    """In one of the forms that producers use."""
    text = datetime.fromtimestamp(ms // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}Z" if ms % 1000 == 0 else f"{text}.{ms % 1000:03}Z"


def make_history(seed):
    """Events as dictionaries. Many of a source are in one millisecond: the clocks of tills are coarse."""
    dice = random.Random(seed)
    events = []
    ms = FIRST_MS
    for n in range(EVENTS):
        if dice.random() < 0.3:
            ms += dice.choice((1, 7, 1000, 60_000))
        when = ms - dice.choice((0, 0, 0, 1, 5_000))  # some clocks are late
        data = defaultdict(dict)
        kind = dice.random()
        if kind < 0.06:
            data = {"delete": True}
        elif kind < 0.40:
            data["set"][dice.choice(("title", "note"))] = dice.choice(("milk", "Öl", 7, None, [1, {"a": 2}], 1.5))
            if kind < 0.12:
                data["create"] = True
        elif kind < 0.46:
            data = {"unset": [dice.choice(("title", "note"))]}
        elif kind < 0.75:
            data["inc"][dice.choice(("count", "sum"))] = dice.choice((1, -1, 2.5, 100, 0.125))
        else:
            data[dice.choice(("add", "add", "remove"))]["tags"] = dice.sample(("a", "b", "c", 3), dice.choice((1, 2)))
        events.append({
            "specversion": "1.0", "id": f"{n:06}", "source": dice.choice(SOURCES), "type": "stock.changed",
            "subject": f"item/{dice.randrange(400)}", "time": instant(when), "ms": when, "data": data})
    return events


def line_of(event):
    return json.dumps({k: v for k, v in event.items() if k != "ms"}, ensure_ascii=False) + "\n"


class Oracle:
    """What each entity shows, from the set of its events: who wrote last, and what was deleted before."""

    def __init__(self, events):
        self.by_subject = defaultdict(list)
        for event in events:
            node = hashlib.sha256(event["source"].encode()).hexdigest()[:16]
            stamp = (event["ms"], node)
            self.by_subject[event["subject"]].append((stamp, event["id"], event["data"]))

    def state(self):
        shown = {}
        for subject, writes in self.by_subject.items():
            none = (-1, "")
            deleted = max((stamp for stamp, _, data in writes if data.get("delete")), default=none)
            created = max((stamp for stamp, _, data in writes if data.get("create")), default=none)
            if deleted != none and created <= deleted:
                continue
            living = [write for write in writes if write[0] > deleted]
            shown[subject] = self.fields(living)
        return shown

    @staticmethod
    def fields(writes):
        latest, sums, elements = {}, {}, {}
        for stamp, event, data in sorted(writes, key=lambda write: write[:2]):
            for name, value in data.get("set", {}).items():
                latest[name] = (True, value)
            for name in data.get("unset", []):
                latest[name] = (False, None)
            for name, value in data.get("inc", {}).items():
                sums[name] = sums.get(name, Decimal(0)) + Decimal(str(value))
            for present, operation in ((True, "add"), (False, "remove")):
                for name, values in data.get(operation, {}).items():
                    for value in values:
                        elements.setdefault(name, {})[json.dumps(value)] = present
        fields = {name: value for name, (there, value) in latest.items() if there}
        fields.update((name, float(value)) for name, value in sums.items())
        for name, of in elements.items():
            present = sorted(element for element, there in of.items() if there)
            if present:
                fields[name] = [json.loads(element) for element in present]
        return fields


class ForeignHistory(Case):
    def post(self, url, lines):
        request = urllib.request.Request(url + "/events", "".join(lines).encode(),
                                         {"Content-Type": "application/x-ndjson"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=600) as answer:
            outcomes = ndjson(answer.read().decode())
        self.assertEqual({outcome["outcome"] for outcome in outcomes}, {"accepted"}, outcomes[:3])

    def assert_is(self, expected, text, what):
        got = {entity["subject"]: entity["fields"] for entity in ndjson(text)}
        self.assertEqual(sorted(got), sorted(expected), what)
        for subject, fields in expected.items():
            self.assertEqual(got[subject], fields, (what, subject))

    def test_by_every_road_it_is_the_oracles_state(self):
        history = make_history(seed=9)
        expected = Oracle(history).state()
        self.assertGreater(len(expected), 100)
        self.assertLess(len(expected), 400)  # some are deleted
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        # Every third event goes by a replica that was offline, all others to the proxy at once.
        anna.run("emit", "--batch", "-", input="".join(line_of(event) for event in history[::3]))
        direct = [line_of(event) for n, event in enumerate(history) if n % 3]
        for at in range(0, len(direct), 1000):
            self.post(proxy.url(), direct[at:at + 1000])
        self.assertEqual(anna.sync()["rejected"], 0)
        ben.sync()
        self.assert_is(expected, self.assert_same_state(proxy, anna, ben), "synced")
        random.Random(1).shuffle(history)
        lines = [line_of(event) for event in history]
        self.assert_is(expected, ben.run("replay", "-", "-o", "ndjson", input="".join(lines)), "in any order")
        twice = "".join(lines + lines[::2])
        self.assert_is(expected, ben.run("replay", "-", "-o", "ndjson", input=twice), "some of it twice")


if __name__ == "__main__":
    main()
