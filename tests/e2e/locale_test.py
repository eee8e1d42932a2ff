#!/usr/bin/env python3
"""The locale changes nothing: not where the decimal point is a comma, nor where the small I has no dot."""
import json
import os
import re
import subprocess
from pathlib import Path

from harness import PATIENCE, PROXY, Case, clean_environment, main

EVENTS = "".join(json.dumps({"type": "PRICE.Iİıi", "subject": f"ITEM/{i}ß", "data": {
    "set": {"price": i + 0.5, "title": "Größe İI ıi", "TITLE": True}, "inc": {"sum": i + 0.25}}}) + "\n" for i in range(1, 5))


class Locales(Case):
    def made(self):
        """Environments by the name of their locale; those that few machines have are made."""
        folder = self.folder / "locales"
        folder.mkdir()
        if not Path("/usr/share/i18n/locales").is_dir():
            raise AssertionError("the sources of locales are needed: apt-get install locales")
        for language in ("de_DE", "tr_TR"):
            subprocess.run(["localedef", "-i", language, "-f", "UTF-8", folder / f"{language}.UTF-8"], check=True)
        point = subprocess.run(["locale", "decimal_point"], check=True, capture_output=True, text=True,
                               env={**os.environ, "LC_ALL": "de_DE.UTF-8", "LOCPATH": str(folder)}).stdout
        self.assertEqual(point, ",\n")
        names = ("C.UTF-8", "C", "de_DE.UTF-8", "tr_TR.UTF-8")
        # With a LOCPATH the C library itself leaks.
        leaks = "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")
        return {name: {"LC_ALL": name, "LANG": name, "LOCPATH": str(folder), "ASAN_OPTIONS": leaks} for name in names}

    def outputs(self, name, env):
        """What all commands print in that locale, without what differs between two runs anyway."""
        proxy = self.proxy(name=f"proxy-{name}")
        anna, ben = self.replica(f"anna-{name}", proxy.url()), self.replica(f"ben-{name}", proxy.url())
        (anna.folder / ".offsync/config.toml").write_text("request_timeout = 30.5\n", encoding="utf-8")
        env = {**env, "OFFSYNC_RETRY_WAIT": "0.5"}
        told = []
        for who, words, code, given in (
                (anna, ["emit", "--batch", "-"], 0, EVENTS), (anna, ["emit", "T", "ITEM/1ß", "price:=2.75", "sum+=0.5"], 0, None),
                (anna, ["emit", "T", "ITEM/1ß", "price:=2,75"], 65, None), (anna, ["sync"], 0, None),
                (ben, ["sync"], 0, None), (anna, ["emit", "T", "ITEM/2ß", "price:=1.25"], 0, None),
                (ben, ["emit", "T", "ITEM/2ß", "price:=1.75"], 0, None), (anna, ["sync"], 0, None),
                (ben, ["sync"], 0, None), (ben, ["conflicts", "--offline", "-o", "text"], 0, None),
                (ben, ["state", "--offline", "-o", "text"], 0, None), (ben, ["state", "--offline", "-o", "json"], 0, None),
                (ben, ["log", "--type", "PRICE.*", "-o", "text"], 0, None),
                (ben, ["watch", "--from", "beginning", "-n", "3", "--timeout", "60.5", "-o", "text"], 0, None),
                (ben, ["replay"], 0, None), (ben, ["STATE"], 2, None)):
            done = who.finish(*words, env=env, input=given)
            self.assertEqual(done.returncode, code, (name, words, done.stderr))
            told.append((words[:1], done.stdout, done.stderr))
        text = json.dumps(told, ensure_ascii=False)
        for pattern, word in ((re.escape(name) + r"(?=[/. \\])", "LOCALE"), (r"127\.0\.0\.1:\d+", "ADDRESS"),
                              (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
                              (r"[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{16}", "STAMP"), (r"\d{4}-\d\d-\d\d[T ][0-9:.]+Z?", "TIME"),
                              (r"\d+(\.\d+)? (ms|s|bytes|B|KB|KiB|kB|MB|MiB)\b", "AMOUNT"), (r"\b[0-9a-z]{20}\b", "EPOCH"),
                              (r"/clients/(anna|ben)-[\w.-]+", r"/clients/\1"), (self.folder.name, "FOLDER"),
                              (r"(anna|ben)-[A-Za-z_.0-9-]*[A-Za-z0-9]", r"\1")):
            text = re.sub(pattern, word, text)
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)

    def test_commands_print_the_same(self):
        environments = self.made()
        first = self.outputs("C.UTF-8", environments.pop("C.UTF-8"))
        for name, env in environments.items():
            with self.subTest(name):
                self.assertEqual(self.outputs(name, env), first)

    def test_the_proxy_reads_and_says_the_same(self):
        expected = None
        for name, env in self.made().items():
            done = subprocess.run([PROXY, "--check-config", "--heartbeat", "1.5", "--store", "sqlite:/İ"], text=True,
                                  env={**clean_environment(), **env, "OFFSYNC_PROXY_BODY_TIMEOUT": "2.25"},
                                  capture_output=True, timeout=PATIENCE, check=True)
            self.assertIn("heartbeat = 1.5 ", done.stdout)
            expected = expected or done.stdout
            self.assertEqual(done.stdout, expected)


if __name__ == "__main__":
    main()
