#!/usr/bin/env python3
"""Checks the repository itself against the rules of ARCHITECTURE.md.

usage: house_test.py SOURCE

Third-party headers stand in their adapters only, includes follow the arrows between the layers,
logic has no clock, thread or socket of its own, no file grows out of hand.
"""
import re
import sys
from pathlib import Path

# Header (prefix) -> the files that may include it.
ADAPTERS = {
    "malloc.h": "proxy/ops/memory",
    "sqlite3.h": r"lib/sqlite/|tests/",
    "Poco/": r"proxy/server\.cc$",
    "openssl/": r"proxy/tls/|tests/proxy/tls/",
    "curl/": r"cli/net/",
    "simdjson.h": r"(.*\.cc|lib/event/(canonical|operations)\.h)$",
    "nlohmann/": r".*\.cc$",
    "CLI/": r"(cli|proxy|tests)/",
    "toml++/": r"lib/base/toml\.cc$",
    "zlib.h": r"lib/(wire/(compress(or)?|unpacker)|base/crc32)\.cc$",
    "zstd.h": r"lib/wire/(compress(or)?|unpacker)\.cc$",
    "zstd_errors.h": r"lib/wire/unpacker\.cc$",
    "sha256.h": r"lib/base/sha256\.cc$",
    "catch2/": r"tests/support/",
    "rapidcheck": r"tests/",
    "fmt/": r".*",
}

# Layer -> the layers that it may include from, besides itself.
ARROWS = {
    "lib/base": set(),
    "lib/event": {"base"},
    "lib/state": {"base", "event"},
    "lib/sqlite": {"base"},
    "lib/wire": {"base", "event", "state"},
    "lib/replica": {"base", "event", "state", "wire", "sqlite"},
    "lib/sync": {"base", "event", "state", "wire", "sqlite", "replica"},
    "cli/net": {"base", "event", "state", "wire", "sqlite", "replica", "sync", "cli"},
    "cli": {"base", "event", "state", "wire", "sqlite", "replica", "sync"},
    "proxy": {"base", "event", "state", "wire", "sqlite"},
}

# Room of a program -> the rooms that it may include from, besides itself. An options.h is plain data, for all.
ROOMS = {
    "cli/settings": set(),
    "cli/text": {"cli/settings"},
    "cli/input": {"cli", "cli/settings", "cli/text"},
    "cli/remote": {"cli", "cli/settings", "cli/text", "cli/input"},
    "cli/commands": {"cli", "cli/settings", "cli/text", "cli/input", "cli/remote"},
    "cli/net": {"cli"},
    "cli": {"cli/settings", "cli/text"},
    "proxy/http": set(),
    "proxy/ops": set(),
    "proxy/tls": {"proxy/http"},
    "proxy/store": {"proxy/ops"},
    "proxy/store/sqlite": {"proxy/store"},
    "proxy/ingest": {"proxy/store"},
    "proxy/hub": {"proxy/http", "proxy/ops", "proxy/store"},
    "proxy/api": {"proxy/http", "proxy/hub", "proxy/ingest", "proxy/ops", "proxy/store"},
    "proxy": {"proxy/api", "proxy/http", "proxy/hub", "proxy/ingest", "proxy/ops", "proxy/store", "proxy/store/sqlite",
              "proxy/tls"},
}

# What logic must be given as a port, and the few places that are such ports.
WORLD_HEADERS = {
    "thread", "mutex", "shared_mutex", "condition_variable", "future", "random", "ctime",
    "time.h", "poll.h", "netdb.h", "iostream", "fstream", "filesystem",
}
WORLD_CALLS = re.compile(
    r"\b(usleep|sleep|nanosleep|sleep_for|sleep_until|gettimeofday|clock_gettime|getenv|srand|std::rand"
    r"|std::time|getrandom|socket|accept|fork)\s*\(|\b(std::chrono::\w+_clock)\b"
)
WORLD_PORTS = r"lib/(base/(ports|descriptor|spool)\.cc|sqlite/)"

POSIX_HEADERS = re.compile(r"^(sys|netinet|arpa|linux)/|^(unistd|fcntl|signal|poll|pthread|netdb|pwd|spawn|termios)\.h$")
MAX_LINES = {"tests": 600}  # elsewhere 400

problems = []


def complain(path, number, text):
    problems.append(f"{path}:{number}: {text}")


def layer_of(path):
    return max((layer for layer in ARROWS if path.startswith(layer + "/")), key=len, default=None)


def check_system_include(path, number, header):
    for prefix, where in ADAPTERS.items():
        if header.startswith(prefix):
            if not re.match(where, path):
                complain(path, number, f"<{header}> belongs into {where}")
            return
    standard = re.fullmatch(r"[a-z_0-9]+", header)
    if not standard and not POSIX_HEADERS.match(header):
        complain(path, number, f"<{header}>: no adapter is known for it (tests/docs/house_test.py)")


def check_own_include(path, number, header):
    layer = layer_of(path)
    if layer is None:
        return
    first = header.split("/")[0]
    if header.startswith("cli/net/"):
        first = "cli/net"
    allowed = ARROWS[layer] | {layer.removeprefix("lib/")}
    if first not in allowed:
        complain(path, number, f'"{header}": {layer} may include only {sorted(allowed)}')
    room, other = path.rpartition("/")[0], header.rpartition("/")[0]
    if other not in ROOMS or header.endswith("/options.h"):
        return
    if room not in ROOMS:
        complain(path, number, f"{room} is no room that is known (tests/docs/house_test.py)")
    elif other != room and other not in ROOMS[room]:
        complain(path, number, f'"{header}": {room} may include only {sorted(ROOMS[room])}')


def check_world(path, number, line, header):
    if not path.startswith("lib/") or re.match(WORLD_PORTS, path):
        return
    if header in WORLD_HEADERS or (header or "").startswith(("sys/socket", "sys/epoll", "netinet/", "arpa/")):
        complain(path, number, f"<{header}>: logic is given ports, it does not reach out itself")
    call = WORLD_CALLS.search(line.split("//")[0])
    if call:
        complain(path, number, f"{call[1] or call[2]}: logic is given ports, it does not reach out itself")


def check_file(path, text):
    lines = text.splitlines()
    most = MAX_LINES.get(path.split("/")[0], 400)
    if len(lines) > most:
        complain(path, len(lines), f"over {most} lines: it does more than one thing")
    for number, line in enumerate(lines, 1):
        system = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
        own = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if system:
            check_system_include(path, number, system[1])
        if own:
            check_own_include(path, number, own[1])
        check_world(path, number, line, system[1] if system else None)
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            complain(path, number, "unfinished work is an issue, not a comment")


def main():
    root = Path(sys.argv[1])
    files = [
        file
        for top in ("lib", "cli", "proxy", "tests")
        for file in sorted((root / top).rglob("*"))
        if file.suffix in (".h", ".cc") and "node_modules" not in file.parts
    ]
    if len(files) < 50:
        sys.exit(f"house_test: only {len(files)} sources under {root}: is that the repository?")
    for file in files:
        check_file(str(file.relative_to(root)), file.read_text(encoding="utf-8"))
    for problem in problems:
        print(problem)
    print(f"{len(files)} files, {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
