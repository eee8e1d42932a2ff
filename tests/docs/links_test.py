#!/usr/bin/env python3
"""Checks that what the documents refer to is there.

usage: links_test.py SOURCE

Relative links and paths in `code` of the Markdown files, and .Xr of the manual pages.
"""
import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
problems = []

TOP = r"(?:lib|cli|proxy|tests|man|completions|cmake|\.ci)"

for document in sorted(root.glob("*.md")):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        if not (root / target).exists():
            problems.append(f"{document.name}: link to {target}")
    for path in re.findall(rf"`({TOP}/[A-Za-z0-9_./-]+)`", text):
        if not (root / path).exists():
            problems.append(f"{document.name}: {path} is not there")

pages = {page.name for page in (root / "man").iterdir()}
for page in sorted((root / "man").iterdir()):
    for name, section in re.findall(r"^\.Xr (\S+) (\d)", page.read_text(encoding="utf-8"), re.M):
        if name.startswith("offsync") and f"{name}.{section}" not in pages:
            problems.append(f"{page.name}: {name}({section}) is not there")
if len(pages) < 5:
    problems.append(f"only {len(pages)} manual pages")

print("\n".join(problems) or "all links lead somewhere")
sys.exit(1 if problems else 0)
