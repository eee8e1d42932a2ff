#!/usr/bin/env python3
"""Copies the source tree and plants all mutants of mutants.py in the copy, each behind a switch.

usage: plant.py SOURCE COPY
       plant.py --check SOURCE   only looks whether they still fit

Each text must stand in its file exactly once; one that does not is an error, so that a mutant
cannot quietly get lost. A file of the copy is written only where it changes, for the build's sake.
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from mutants import MUTANTS

KEEP = ("CMakeLists.txt", "cmake", "lib", "proxy", "cli", "man", "completions", "README.md",
        "CMakePresets.json", "tests")
SWITCH = "extern int offsync_mutant;  // which of the planted bugs is on\n"


def plant(source):
    """The changed files, by path."""
    changed = {}
    problems = []
    for number, (name, _, path, old, new) in enumerate(MUTANTS, start=1):
        original = (source / path).read_text()
        if original.count(old) != 1:
            problems.append(f"{name}: its text stands {original.count(old)} times in {path}")
            continue
        text = changed.get(path, original)
        new = new.replace("MUTANT", f"(::offsync_mutant == {number})")
        if text.count(old) != 1:
            problems.append(f"{name}: another mutant of {path} is in the way")
            continue
        changed[path] = text.replace(old, new)
    for path, text in changed.items():
        first = text.index("#include")
        changed[path] = text[:first] + SWITCH + text[first:]
    if problems:
        sys.exit("\n".join(["plant.py: mutants that do not fit the source:"] + problems))
    return changed


def copy(source, target, changed):
    wanted = set()
    for part in KEEP:
        root = source / part
        files = [root] if root.is_file() else [f for f in root.rglob("*") if f.is_file()]
        for file in files:
            relative = file.relative_to(source)
            if "node_modules" in relative.parts or "__pycache__" in relative.parts:
                continue
            wanted.add(relative)
            content = changed.get(str(relative), None)
            data = content.encode() if content is not None else file.read_bytes()
            to = target / relative
            if to.exists() and to.read_bytes() == data:
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)
    for file in list(target.rglob("*")):
        relative = file.relative_to(target)
        if relative.parts[0] != "build" and file.is_file() and relative not in wanted:
            file.unlink()


def main():
    if sys.argv[1] == "--check":
        print(f"{len(plant(Path(sys.argv[2])))} files would be changed by {len(MUTANTS)} mutants")
        return
    source, target = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    copy(source, target, plant(source))


if __name__ == "__main__":
    main()
