#!/usr/bin/env python3
"""Checks that the session in README.md is the one that tests/golden/readme.t runs.

usage: readme_test.py SOURCE
"""
import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
golden = (root / "tests/golden/readme.t").read_text(encoding="utf-8")
readme = (root / "README.md").read_text(encoding="utf-8")

START = "A replica, and work without a network."
session = golden[golden.index(START):].rstrip()
session = re.sub(r"^  ", "    ", session, flags=re.M)
if session not in readme:
    print("README.md does not show the session of tests/golden/readme.t; it is to hold:\n")
    print(session)
    sys.exit(1)
print("the README shows what the programs print")
