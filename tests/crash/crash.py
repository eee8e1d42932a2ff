#!/usr/bin/env python3
"""Kills, cuts and fills the real programs, and checks the promises of ARCHITECTURE.md.

usage: crash.py [SCENARIO...] [--cycles N] [--seed S] [--full]

  kill    kill -9 over emit, batch emit, sync, watch and the proxy together (--cycles: kills)
  inject  strace: KILL, EIO, ENOSPC, EINTR at every system call of an emit and of a proxy's commit
  disk    a file system of every size from 64 KiB to 2 MiB, for a replica and for the proxy
  cut     a connection cut after every byte of a sync, of a first sync and of a stream
  clock   emit while the clock jumps

Without --full, inject, disk and cut take a sample, by the seed; --cycles: how many. The binaries are
named by OFFSYNC and OFFSYNC_PROXY. A violation ends the run with 1, keeps the folder and says where.
"""
import argparse
import collections
import importlib
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

SCENARIOS = ("kill", "inject", "disk", "cut", "clock")


def progress(text):
    print(f"   {text}", file=sys.stderr, flush=True)


def discard(folder):
    shutil.rmtree(folder)


def sample(options, items, most):
    """All of them with --full, else `most` (or --cycles) by the seed, in their order."""
    items = list(items)
    count = options.cycles or most
    if options.full or count >= len(items):
        return items
    chosen = sorted(random.Random(f"{options.seed}-{len(items)}").sample(range(len(items)), count))
    return [items[i] for i in chosen]


def run(name, options):
    folder = Path(tempfile.mkdtemp(prefix=f"offsync-crash-{name}-"))
    totals = collections.Counter()
    start = time.monotonic()
    try:
        importlib.import_module(name).run(options, folder, totals)
    except Exception:
        traceback.print_exc()
        print(f"crash {name}: FAILED, seed {options.seed}; its files are in {folder}", flush=True)
        return False
    seconds = time.monotonic() - start
    figures = ", ".join(f"{count} {what}" for what, count in totals.items())
    print(f"crash {name}: {figures}; 0 losses, seed {options.seed}, {seconds:.0f} s", flush=True)
    shutil.rmtree(folder)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage=argparse.SUPPRESS)
    parser.add_argument("scenarios", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO")
    parser.add_argument("--cycles", type=int, default=0)
    parser.add_argument("--seed", default=str(random.SystemRandom().getrandbits(32)))
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    options.progress, options.discard = progress, discard
    options.sample = lambda items, most: sample(options, items, most)
    failed = [name for name in options.scenarios or SCENARIOS if not run(name, options)]
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
