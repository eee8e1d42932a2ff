#!/usr/bin/env python3
"""Gives what differs from run to run a name: the filter of the golden tests.

usage: normalise.py FOLDER < output > output

Ids, stamps, nodes, epochs and ports are numbered in order of appearance, so that the same one
has the same name in the whole of a test. Only what was made now is replaced: a time, stamp or
UUIDv7 that a test itself gave (more than a day away from the clock) stays as it is.
"""
import re
import sys
import time
from datetime import datetime, timezone

folder = sys.argv[1]
names = {}
counts = {}
nodes = set()


def named(kind, text):
    if (kind, text) not in names:
        counts[kind] = counts.get(kind, 0) + 1
        names[kind, text] = f"<{kind}{counts[kind]}>"
    return names[kind, text]


def is_now(ms):
    return abs(ms / 1000 - time.time()) < 86_400


def uuid(match):
    text = match[0]
    if text[14] == "7" and not is_now(int(text[:8] + text[9:13], 16)):
        return text
    return named("id", text)


def stamp(match):
    if not is_now(int(match[1], 16)):
        return match[0]
    nodes.add(match[2])
    return named("stamp", match[0])


def instant(match):
    when = datetime.strptime(match[0][:19].replace("T", " "), "%Y-%m-%d %H:%M:%S")
    if not is_now(when.replace(tzinfo=timezone.utc).timestamp() * 1000):
        return match[0]
    return "<TIME>" if "T" in match[0] else "<time>"


RULES = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b"), uuid),
    (re.compile(r"\b([0-9a-f]{12})-[0-9a-f]{4}-([0-9a-f]{16})\b"), stamp),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z"), instant),
    (re.compile(r"(?<=/clients/)[0-9a-f]{16}\b|(?<=\"node\":\")[0-9a-f]{16}\b"), lambda m: named("node", m[0])),
    (re.compile(r"(?<![\w-])[a-z0-9]{20}(?=-\d+\b(?!-))|(?<=\"epoch\":\")[a-z0-9]{20}\b"), lambda m: named("epoch", m[0])),
    (re.compile(r"(?<=\"log\":\")[a-z0-9]{20}\b|(?<=, log )[a-z0-9]{20}\b|(?<=^log        )[a-z0-9]{20}$|(?<=, epoch )[a-z0-9]{20}\b", re.M), lambda m: named("epoch", m[0])),
    (re.compile(r"(?<=127\.0\.0\.1[ :])\d{5}\b|(?<=port )\d{5}\b"), lambda m: named("port", m[0])),
    (re.compile(r"(?<=,\"line\":\")[0-9a-f]{16}(?=\"[,}])", re.M), lambda m: named("mark", m[0])),
    (re.compile(r"(?<=\"clock_offset_ms\":)-?\d+"), lambda m: "<ms>"),
    (re.compile(r"the proxy is \d+ ms (?:behind|ahead)|the same as the proxy's"), lambda m: "<offset>"),
    (re.compile(r"(?<=<time>, )(?:just now|\d+ (?:min|h|days) ago)"), lambda m: "<age>"),
    (re.compile(r"(?<=\bpid=)\d+|(?<=as process )\d+"), lambda m: "<pid>"),
]

for raw in sys.stdin.buffer:
    line = raw.decode("utf-8", "surrogateescape")
    if re.match(r"asking http.* …$", line):  # the machine is busy
        continue
    if "CRAM" not in line:  # a line of cram's own
        line = line.replace(folder, "<folder>")
        for pattern, by in RULES:
            line = pattern.sub(by, line)
    sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()
