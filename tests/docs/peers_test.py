#!/usr/bin/env python3
"""Every test that tests/README.md names exists.

usage: peers_test.py SOURCE
"""
import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
NAMED = re.compile(r"\| `(tests/[\w/]+\.(?:cc|py))`: (.+?) \|$", re.M)


def names_in(path):
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return set(re.findall(r"^    def (test_\w+)\(", text, re.M))
    return {name.replace('\\"', '"') for name in re.findall(r'TEST_CASE(?:_METHOD\(\w+, |\()\s*"((?:[^"\\]|\\.)+)"', text)}


text = (root / "tests/README.md").read_text("utf-8")
named = NAMED.findall(text)
rows = [line for line in text.splitlines() if line.startswith("| ") and "`tests/" in line]
problems = []
if len(named) != len(rows) or len(rows) < 50:
    problems.append(f"README.md: {len(rows)} rows, {len(named)} of them name a test as `file`: name")
for file, name in named:
    path = root / file
    if not path.exists():
        problems.append(f"{file} does not exist")
    elif name not in names_in(path):
        problems.append(f"{file} has no test \"{name}\"")

print("\n".join(problems) or f"all {len(named)} tests named are there")
sys.exit(1 if problems else 0)
