#!/usr/bin/env python3
"""Every command and option of the programs is in its manual page and in each completion file, and
those name none that there is not.

usage: options_test.py SOURCE OPTION_WALK OFFSYNC_PROXY
"""
import re
import subprocess
import sys
from pathlib import Path

root, option_walk, proxy = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
completions = root / "completions"
problems = []


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def compare(where, expected, found):
    for missing in sorted(expected - found):
        problems.append(f"{where}: {missing} is missing")
    for extra in sorted(found - expected):
        problems.append(f"{where}: {extra} does not exist")


class Command:
    def __init__(self, program, name, own, common):
        self.program, self.name, self.own, self.common = program, name, own, common

    def options(self):
        return self.own | self.common

    def page(self):
        if self.program == "offsync-proxy":
            return root / "man/offsync-proxy.8"
        return root / "man" / (f"offsync-{self.name}.1" if self.name else "offsync.1")

    def words(self):
        return [self.program, self.name] if self.name else [self.program]


def commands_of_offsync():
    found = {"": Command("offsync", "", set(), set())}
    for line in output(option_walk).splitlines():
        path, *option = line.split("\t")
        command = found.setdefault(path, Command("offsync", path, set(), set()))
        if option:
            (command.common if option[1] == "common" else command.own).add(option[0])
    found[""].common |= {"-V", "--version"}
    return list(found.values())


def command_of_proxy():
    text = output(proxy, "--help") + output(proxy, "compact", "--help")
    options = re.findall(r"^\s+(?:(-\w), ?)?(--[a-z-]+)", text, re.M)
    return Command("offsync-proxy", "", {name for pair in options for name in pair if name}, set())


def options_in_page(page):
    text = page.read_text("utf-8").replace("\\-", "-")
    body = text[text.index(".Sh DESCRIPTION") :]
    options = set()
    for line in re.findall(r"^\.It (Fl .*)$", body, re.M):
        for macro in re.findall(r"Fl ((?:-*[\w-]+)(?: , -[\w-]+)*)", line):
            options |= {"-" + name for name in macro.split(" , ")}
    return options


def check_page(command):
    page = command.page()
    if not page.exists():
        problems.append(f"{page.name} is not there")
        return
    expected = command.own if command.name else command.options()
    compare(page.name, expected, options_in_page(page))


# Asks the shell itself what it offers.
def offered_by_bash(command):
    words = command.words() + ["-"]
    script = (
        f'source "{completions}/{command.program}.bash"; COMP_WORDS=({" ".join(words)}); '
        f'COMP_CWORD={len(words) - 1}; _{command.program.replace("-", "_")}; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return set(output("bash", "--norc", "-c", script).split())


def offered_by_fish(command):
    offered = set()
    for start in ("-", "--"):
        script = (
            f'source "{completions}/{command.program}.fish"; '
            f'complete -C "{" ".join(command.words())} {start}"'
        )
        lines = output("fish", "--no-config", "-c", script).splitlines()
        offered |= {line.split("\t")[0] for line in lines}
    return offered


# The specifications that the function of the command hands to _arguments.
def offered_by_zsh(command):
    text = (completions / f"_{command.program}").read_text("utf-8")

    def body(start, end):
        found = re.search(rf"^{start}(.*?)^{end}", text, re.M | re.S)
        return found[1] if found else ""

    if command.program == "offsync-proxy":
        specs = text
    else:
        specs = body(r"  common=\(", r"  \)")
        name = f"_offsync_{command.name}" if command.name else "_offsync"
        own = body(rf"{name}\(\) {{", "}")
        if command.name:
            specs += own
            for group in re.findall(r"\$(filters|tls)\b", own):
                specs += body(rf"  {group}=\(", r"  \)")
        else:
            specs += "".join(re.findall(r"^  _arguments .*$", own, re.M)).replace("-C -s", "")
    specs = re.sub(r"\[[^]]*\]|\(\( .*?\)\)|'\([^)]*\)", " ", specs)
    specs = re.sub(r"_arguments -s", " ", specs)
    specs = re.sub(r":[^']*'", " ", specs)
    return set(re.findall(r"(?<![\w-])(-\w(?![\w-])|--[a-z][a-z-]*)", specs))


commands = commands_of_offsync() + [command_of_proxy()]
if len(commands) < 13 or not all(command.options() for command in commands):
    sys.exit("options_test: the walk has found too little")
for command in commands:
    name = " ".join(command.words())
    if command.program == "offsync":  # what has a form has the short way to say which
        compare(name, {"-o", "--output", "--json"}, command.options() & {"-o", "--output", "--json"})
    check_page(command)
    compare(f"{name}, bash", command.options(), offered_by_bash(command))
    compare(f"{name}, fish", command.options(), offered_by_fish(command))
    compare(f"{name}, zsh", command.options(), offered_by_zsh(command))
names = {command.name for command in commands if command.program == "offsync" and command.name}
compare(
    "offsync.1, list of commands",
    names,
    set(re.findall(r"^\.Xr offsync-(\w+) 1$", (root / "man/offsync.1").read_text("utf-8"), re.M)),
)

# Settings files have the proxy's options under their names with underscores, and a list of their own
# for offsync.
config = (root / "man/offsync-config.5").read_text("utf-8")
not_settings = {"--config", "--daemon", "--check-config", "--new-epoch", "--version", "--help", "--space", "--keep",
                "--before", "--older-than", "--dry-run"}
settings = {name[2:].replace("-", "_") for name in commands[-1].own - not_settings if name[:2] == "--"}
compare("offsync-config.5, offsync-proxy", settings, set(re.findall(r"^\.It Cm (\w+) Ta", config, re.M)))
source = (root / "cli/settings/settings_file.cc").read_text("utf-8")
settings = set(re.findall(r'\{"(\w+)", &FileSettings::', source))
compare("offsync-config.5, offsync", settings, set(re.findall(r"^\.It Cm (\w+) No", config, re.M)))

print("\n".join(problems) or f"{len(commands)} commands, all options are where they belong")
sys.exit(1 if problems else 0)
