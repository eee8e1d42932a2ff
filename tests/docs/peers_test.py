#!/usr/bin/env python3
"""Every test that tests/README.md names exists, and it names every bug that is planted for the simulator.

usage: peers_test.py SOURCE
"""
import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
sys.path.insert(0, str(root / "tests/mutants"))
from mutants import MUTANTS  # noqa: E402

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

planted = text[text.index("## Planted bugs"):]
told = re.findall(r"([a-z][a-z-]+) (P\d+) \d+[,.]", planted)
told += [(name, "") for name in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", planted)]
bugs = {name for name, *_ in MUTANTS}
problems += [f"README.md tells nothing of the planted bug {name}" for name in sorted(bugs - {name for name, _ in told})]
problems += [f"README.md tells of {name}, which is no planted bug" for name, _ in told if name not in bugs]
problems += [f"README.md tells of {name} twice" for name in bugs if sum(name == one for one, _ in told) > 1]

print("\n".join(problems) or f"all {len(named)} tests named are there, and all {len(bugs)} planted bugs named")
sys.exit(1 if problems else 0)
