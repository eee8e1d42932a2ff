#!/usr/bin/env python3
"""Checks that ARCHITECTURE.md prints the tables that the code makes.

usage: schema_test.py SOURCE
"""
import re
import sqlite3
import sys
from pathlib import Path

root = Path(sys.argv[1])
problems = []


def tables_of_code(file):
    database = sqlite3.connect(":memory:")
    for script in re.findall(r'R"sql\((.*?)\)sql"', (root / file).read_text("utf-8"), re.S):
        database.executescript(script)
    names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {
        name: [column[1] for column in database.execute(f'PRAGMA table_info("{name}")')]
        for (name,) in names
    }


def tables_of_document(text):
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", text, re.M)
    return {name: columns.split(", ") for name, columns in rows}


document = (root / "ARCHITECTURE.md").read_text("utf-8")
for file in ("lib/replica/schema.cc", "proxy/store/sqlite/schema.cc"):
    start = document.find(f"(`{file}`)")
    if start < 0:
        problems.append(f"ARCHITECTURE.md has no section on {file}")
        continue
    section = re.split(r"^#", document[start:], flags=re.M)[0]
    code, written = tables_of_code(file), tables_of_document(section)
    if not code:
        problems.append(f"{file}: no tables found")
    for name in code.keys() | written.keys():
        if code.get(name) != written.get(name):
            problems.append(f"{file}: {name}: code {code.get(name)}, ARCHITECTURE.md {written.get(name)}")

print("\n".join(problems) or "both schemas are printed as they are")
sys.exit(1 if problems else 0)
