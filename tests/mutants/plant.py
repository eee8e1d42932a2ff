#!/usr/bin/env python3
"""Copies the source tree and plants all mutants in the copy, each behind a switch.

usage: plant.py SOURCE COPY
       plant.py --check SOURCE   only looks whether they still fit

The mutants are those of mutants.py, for the simulator, and of test_mutants.py, for the tests. Every
program and test of the copy reads from PLANTED_BUG which one is on; without it, none is. Each text
must stand in its file exactly once; one that does not is an error, so that a mutant cannot quietly
get lost. A file of the copy is written only where it changes, for the build's sake.
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from mutants import MUTANTS as FOR_SIM
from test_mutants import MUTANTS as FOR_TESTS

# (name, promise or ctest's names, file, text, text with the bug); a mutant's number is its place.
MUTANTS = FOR_SIM + FOR_TESTS
LEAVE = (".git", "build", "node_modules", "__pycache__")
SWITCH = "extern int offsync_mutant;  // which of the planted bugs is on\n"
SWITCH_FILE = "lib/base/planted_bug.cc"
SWITCH_CODE = """#include <cstdlib>
static int planted_bug() {
  const char* number = std::getenv("PLANTED_BUG");
  return number != nullptr ? std::atoi(number) : 0;
}
extern int offsync_mutant;
int offsync_mutant = planted_bug();
"""


def plant(source):
    """The changed files, by path."""
    changed = {}
    problems = []
    names = [mutant[0] for mutant in MUTANTS]
    problems += [f"{name}: there are two of this name" for name in set(names) if names.count(name) > 1]
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


def files_of(source):
    for part in source.iterdir():
        if part.name in LEAVE:
            continue
        for file in [part] if part.is_file() else part.rglob("*"):
            if file.is_file() and not set(LEAVE) & set(file.relative_to(source).parts):
                yield file


def write(to, data, mode=None):
    if not (to.exists() and to.read_bytes() == data):
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(data)
    if mode is not None:
        to.chmod(mode)


def copy(source, target, changed):
    wanted = {Path(SWITCH_FILE)}
    for file in files_of(source):
        relative = file.relative_to(source)
        wanted.add(relative)
        content = changed.get(str(relative), None)
        write(target / relative, content.encode() if content is not None else file.read_bytes(), file.stat().st_mode)
    write(target / SWITCH_FILE, SWITCH_CODE.encode())
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
