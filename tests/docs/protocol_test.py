#!/usr/bin/env python3
"""Every problem that the proxy answers, and every code with which it rejects an event, is in
offsync-protocol(7) or offsync-event(5), and no other.

usage: protocol_test.py SOURCE
"""
import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
sources = "\n".join(file.read_text("utf-8") for file in sorted((root / "proxy").rglob("*.cc")))
known = (root / "proxy/http/problems.h").read_text("utf-8")
expired = re.search(r'kCursorExpired = "(\w+)"', (root / "lib/wire/problem.h").read_text("utf-8"))[1]
protocol = (root / "man/offsync-protocol.7").read_text("utf-8")
event = (root / "man/offsync-event.5").read_text("utf-8")
problems = []

table_of_code = re.findall(r"KnownProblem (k\w+)\{(\d+), (?:\"(\w+)\"|kCursorExpired)\}", known)
answered = {(code or expired, status) for _, status, code in table_of_code}
for name, status, code in table_of_code:
    if not re.search(rf"\b{name}\b", sources):
        problems.append(f"proxy/http/problems.h has {name}, which nothing answers")
for status, code in re.findall(r'\b(4\d\d|5\d\d), "([a-z_]+)"', sources):
    problems.append(f"{status} {code} is written outside of proxy/http/problems.h")
table = re.search(r"^\.Sh PROBLEMS$(.*?)^\.Sh", protocol, re.M | re.S)[1]
written = {
    (code, status)
    for code, statuses in re.findall(r"^\.It Cm (\w+) Ta ([\d, ]+) Ta", table, re.M)
    for status in statuses.split(", ")
}
if len(answered) < 10:
    problems.append("no problems found in proxy/: has their form changed?")
for code, status in sorted(answered - written):
    problems.append(f"offsync-protocol.7 lacks the problem {status} {code}")
for code, status in sorted(written - answered):
    problems.append(f"offsync-protocol.7 has the problem {status} {code}, which nothing answers")

gate = "\n".join(
    (root / file).read_text("utf-8")
    for file in ("proxy/ingest/decider.cc", "lib/state/decision.cc", "lib/event/decoder.h")
)
codes = set(re.findall(r'(?:reject\(\*?event|bad_data\(), *"([a-z_]+)"', gate))
codes |= set(re.findall(r'bad_data\("([a-z_]+)"', gate))
codes |= set(re.findall(r"^//   ([a-z_]+)  +\S", gate, re.M))
if len(codes) < 10:
    problems.append("no codes found: has their form changed?")
for code in sorted(codes):
    if f".It Cm {code}\n" not in event and not re.search(rf"\.Ql {code}\b", protocol):
        problems.append(f"the code {code} is in neither page")

print("\n".join(problems) or f"{len(answered)} problems and {len(codes)} codes are written down")
sys.exit(1 if problems else 0)
