#!/usr/bin/env python3
"""Switches on each planted bug and sees whether it is caught, by the simulator or by the tests.

usage: hunt.py BUILD [--seeds N] [--jobs J] [--at-least PERCENT] [NAME ...]

BUILD is the build folder of the tree that plant.py made. A bug of mutants.py is caught where the
simulator sees a promise broken within N seeds (default 1000); one of test_mutants.py where one of the
tests that it names fails, which all pass without it.

Exit: 0 where at least PERCENT of the mutants of either kind (default 95) are caught; 1 otherwise.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from plant import FOR_SIM, MUTANTS

HANGS_AFTER = 600  # seconds


def run(command, bug):
    """(exit code, standard output); (None, "") where it hung."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               start_new_session=True, env={**os.environ, "PLANTED_BUG": str(bug)})
    try:
        out, _ = process.communicate(timeout=HANGS_AFTER)
        return process.returncode, out
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with all that it has begun
        process.wait()
        return None, ""


def hunt_by_simulator(build, number, seeds):
    """What broke, or None."""
    code, out = run([build / "tests/sim/offsync-sim", "--count", str(seeds), "--jobs", "1", "--no-shrink"], number)
    if code is None:
        return "hung"
    if code == 0:
        return None
    broken = re.search(r"^FAILED (P\d+) at", out, re.M)
    first = re.search(r"^(\d+) seeds", out, re.M)
    return f"{broken.group(1) if broken else 'crash':6} after {int(first.group(1)) if first else 0:4} seeds"


def run_tests(build, names, number):
    """The tests of `names` (as ctest -R takes each) that failed; ["hung"] where that is so."""
    pattern = "^(" + "|".join(names.split()) + ")$"
    stop = ["--stop-on-failure"] if number else []
    code, out = run(["ctest", "--test-dir", build, "--no-tests=error", *stop,
                     "-R", pattern], number)
    if code is None:
        return ["hung"]
    failed = re.findall(r"^\s*\d+ - (\S+) \(", out, re.M)
    if code != 0 and not failed:
        sys.exit(f"hunt.py: ctest -R '{pattern}' ended with {code}; is there such a test?")
    return failed


def hunt(build, number, mutant, seeds):
    if number <= len(FOR_SIM):
        return hunt_by_simulator(build, number, seeds)
    failed = run_tests(build, mutant[1], number)
    return "by " + ", ".join(failed) if failed else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--at-least", type=float, default=95)
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    known = [mutant[0] for mutant in MUTANTS]
    for name in options.names:
        if name not in known:
            parser.error(f"there is no mutant {name}")
    chosen = [(i, m) for i, m in enumerate(MUTANTS, start=1) if not options.names or m[0] in options.names]
    tests = sorted({name for number, m in chosen if number > len(FOR_SIM) for name in m[1].split()})
    if tests:
        broken = run_tests(options.build, " ".join(tests), 0)
        if broken:
            sys.exit(f"hunt.py: without any bug there failed: {', '.join(broken)}")
    counts = {"simulator": [0, 0], "tests": [0, 0]}
    with ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda im: hunt(options.build, *im, options.seeds), chosen)
        for (number, mutant), result in zip(chosen, results):
            by_sim = number <= len(FOR_SIM)
            count = counts["simulator" if by_sim else "tests"]
            count[0] += result is not None
            count[1] += 1
            what = f"breaks {mutant[1]:4} " if by_sim else ""
            print(f"{number:3} {mutant[0]:32} {what}{result or 'NOT CAUGHT'}", flush=True)
    good = True
    for who, (caught, of) in counts.items():
        if of:
            print(f"{who}: {caught} of {of} mutants caught, {100 * caught / of:.0f} %")
            good = good and 100 * caught / of >= options.at_least
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
