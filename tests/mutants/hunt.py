#!/usr/bin/env python3
"""Runs the simulator on each planted bug until a promise is broken, and prints who was caught.

usage: hunt.py SIMULATOR [--seeds N] [--jobs J] [--at-least PERCENT] [NAME ...]

Exit: 0 where at least PERCENT of the mutants (default 95) are caught within N seeds (default 1000);
1 otherwise.
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
from mutants import MUTANTS


def hunt(simulator, number, seeds):
    """(seeds needed, what broke) or None."""
    command = [simulator, "--mutant", str(number), "--count", str(seeds), "--jobs", "1", "--no-shrink"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               start_new_session=True)
    try:
        out, _ = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with the crew that it has begun
        process.wait()
        return (seeds, "hung")
    if process.returncode == 0:
        return None
    broken = re.search(r"^FAILED (P\d+) at", out, re.M)
    first = re.search(r"^(\d+) seeds", out, re.M)
    what = broken.group(1) if broken else "crash"
    return (int(first.group(1)) if first else 0, what)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("simulator")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--at-least", type=float, default=95)
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    chosen = [(i, m) for i, m in enumerate(MUTANTS, start=1)
              if not options.names or m[0] in options.names]
    if not chosen:
        parser.error("there is no such mutant")
    caught = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda im: hunt(options.simulator, im[0], options.seeds), chosen)
        for (number, mutant), result in zip(chosen, results):
            caught += result is not None
            end = f"{result[1]:6} after {result[0]:4} seeds" if result else "NOT CAUGHT"
            print(f"{number:3} {mutant[0]:28} breaks {mutant[1]:4} {end}", flush=True)
    share = 100 * caught / len(chosen)
    print(f"{caught} of {len(chosen)} mutants caught, {share:.0f} %")
    sys.exit(0 if share >= options.at_least else 1)


if __name__ == "__main__":
    main()
