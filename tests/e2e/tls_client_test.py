#!/usr/bin/env python3
"""offsync over https: every command that talks to the proxy, whom it trusts, who it says it is, and what it says
where there is no trust."""
import json
import os
import pty
import shutil
import signal
import subprocess
from pathlib import Path

from certificates import Ca, TlsProxy, openssl
from harness import OFFSYNC, Case, clean_environment, eventually, main, ndjson


class TlsClient(Case):
    def setUp(self):
        super().setUp()
        self.ca = Ca(self.folder / "certificates")
        self.files = self.ca.issue("proxy")
        self.trust = ["--cacert", str(self.ca.file)]

    def tls_proxy(self, *arguments, files=None):
        proxy = TlsProxy(self.folder / "proxy", files or self.files, *arguments)
        self.addCleanup(proxy.close)
        return proxy.start()

    def refused(self, replica, *words, code=69, env=None):
        done = replica.finish("sync", *words, env=env)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr


class Commands(TlsClient):
    def test_all_that_talk(self):
        proxy = self.tls_proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        anna.emit("t", "k/1", "v=1")
        anna.run("sync", *self.trust)
        ben.configure(ca_file=str(self.ca.file))
        watch = self.watch(ben)
        watch.wait_connected()
        anna.emit("t", "k/1", "v=2")
        anna.run("sync", env={"OFFSYNC_CA_FILE": str(self.ca.file)})
        watch.wait_lines(1)
        wanted = '{"subject":"k/1","fields":{"v":"2"}}\n'
        self.assertEqual(anna.run("state", "--require-proxy", *self.trust), wanted)
        self.assertEqual(anna.run("replay", proxy.url(), *self.trust), wanted)
        self.assertEqual(json.loads(anna.run("status", "--json", "--require-proxy", *self.trust))["head"], 2)
        self.assertEqual(anna.run("conflicts", "--require-proxy", *self.trust), "")
        self.assertIn(proxy.url(), anna.run("remote", "show", *self.trust))
        anna.run("remote", "set", proxy.url("other"), "--switch", *self.trust)
        # The proxy goes and comes back: the watch goes on.
        proxy.stop()
        proxy.start()
        watch.wait_connected(2)
        ben.emit("t", "k/2", "v=3")
        watch.wait_lines(2)
        self.assertEqual(watch.end(), 130)

    def test_events_by_the_thousand(self):
        proxy = self.tls_proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        lines = "".join(json.dumps({"type": "t", "subject": f"k/{i}", "data": {"set": {"v": "x" * 500}}}) + "\n"
                        for i in range(5000))
        anna.run("emit", "--batch", "-", input=lines)
        self.assertEqual(anna.sync(*self.trust)["pushed"], 5000)
        ben.sync(*self.trust)
        self.assertEqual(len(ndjson(ben.state())), 5000)
        self.assertEqual(anna.state(), ben.state())


class Trust(TlsClient):
    def test_whom_it_does_not_trust(self):
        others = Ca(self.folder / "others")
        for name, files, words, reason, hint in (
                ("unknown", self.files, [], "unable to get local issuer certificate", "name its CA: --cacert FILE"),
                ("other", self.files, ["--cacert", str(others.file)], "unable to get local issuer", "--cacert FILE"),
                ("host", self.ca.issue("host", san="DNS:sync.example.org"), self.trust, "match", "a name in the URL that"),
                ("late", self.ca.issue("late", days=-1), self.trust, "expired", "to be renewed"),
                ("early", self.ca.issue("early", ahead=10), self.trust, "not yet valid", "clock behind?")):
            proxy = self.tls_proxy(files=files)
            anna = self.replica(name, proxy.url())
            anna.emit("t", "k/1", "v=1")
            said = self.refused(anna, *words)
            self.assertIn(reason, said)
            self.assertIn(hint, said)
            self.assertEqual(len(anna.queue()), 1)
            # The replica answers in its place, and says why.
            done = anna.finish("state", *words)
            self.assertEqual((done.returncode, done.stdout), (0, '{"subject":"k/1","fields":{"v":"1"}}\n'))
            self.assertIn(reason, done.stderr)
            self.assertEqual(anna.finish("state", "--require-proxy", *words).returncode, 69)
            proxy.stop()
            shutil.rmtree(self.folder / "proxy")

    def test_self_signed(self):
        cert, key = self.folder / "self.pem", self.folder / "self.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2,
                "-subj", "/CN=self", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert)
        proxy = self.tls_proxy(files=(cert, key))
        anna = self.replica("anna", proxy.url())
        said = self.refused(anna)
        self.assertIn("self-signed certificate", said)
        self.assertIn("--cacert FILE", said)
        anna.run("sync", "--cacert", cert)

    def test_a_ca_of_ones_own_is_the_only_one(self):
        proxy = self.tls_proxy()
        anna = self.replica("anna", proxy.url())
        others = Ca(self.folder / "others")
        for words, systems in (([], True), (["--cacert", str(others.file)], False)):
            seen = self.folder / "seen"
            done = subprocess.run(["strace", "-f", "-e", "trace=file", "-o", seen, OFFSYNC, "sync", *words], cwd=anna.folder,
                                  env={**clean_environment(), "ASAN_OPTIONS": "detect_leaks=0"}, capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 69, done.stderr)
            # The folder of certificates, or the one file that has them all.
            self.assertEqual("/ssl/certs/" in seen.read_text(), systems, words)

    def test_a_watch_that_is_helped(self):
        proxy = self.tls_proxy(files=self.ca.issue("late", days=-1))
        anna = self.replica("anna", proxy.url())
        anna.configure(ca_file=str(self.ca.file), retry_wait=0.2)
        watch = self.watch(anna)
        eventually(lambda: any("expired" in e and "renewed" in e for e in watch.errors), "it says what is wrong")
        self.ca.issue("late")  # the same files
        proxy.process.send_signal(signal.SIGHUP)
        watch.wait_connected()
        self.assertEqual(watch.end(), 130)

    def test_the_wrong_scheme(self):
        proxy = self.tls_proxy()
        anna = self.replica("anna", proxy.url().replace("https:", "http:"))
        said = self.refused(anna, code=76)
        self.assertIn("https://", said)
        plain = self.proxy(name="plain")
        ben = self.replica("ben", plain.url().replace("http:", "https:"))
        self.assertIn("does the port speak https?", self.refused(ben, code=76))

    def test_a_dead_line_is_no_distrust(self):
        proxy = self.tls_proxy()
        anna = self.replica("anna", proxy.url())
        proxy.stop()
        self.assertIn("is the proxy running there?", self.refused(anna, *self.trust))


class Clients(TlsClient):
    def test_a_proxy_that_asks(self):
        clients = Ca(self.folder / "clients", "of-clients")
        cert, key = map(str, clients.issue("anna"))
        stranger = [str(file) for file in self.ca.issue("stranger")]
        late = [str(file) for file in clients.issue("late", days=-1)]
        proxy = self.tls_proxy("--tls-client-ca", clients.file)
        anna = self.replica("anna", proxy.url())
        anna.run("emit", "--batch", "-", input="".join(
            json.dumps({"type": "t", "subject": f"k/{i}", "data": {"set": {"v": "x" * 900}}}) + "\n" for i in range(2000)))
        for _ in range(5):  # whatever comes first, the alert or the end
            said = self.refused(anna, *self.trust)
            self.assertIn("wants a certificate of this client", said)
            self.assertIn("--cert FILE --key FILE", said)
        said = self.refused(anna, *self.trust, "--cert", stranger[0], "--key", stranger[1])
        self.assertIn("does not know the CA", said)
        self.assertIn("expired", self.refused(anna, *self.trust, "--cert", late[0], "--key", late[1]))
        self.assertEqual(anna.sync(*self.trust, "--cert", cert, "--key", key)["pushed"], 2000)
        both = self.folder / "both.pem"
        both.write_text(Path(key).read_text() + Path(cert).read_text())
        anna.run("status", "--require-proxy", *self.trust, "--cert", both)
        anna.run("status", "--require-proxy", env={"OFFSYNC_CA_FILE": str(self.ca.file), "OFFSYNC_CERT_FILE": cert,
                                                  "OFFSYNC_KEY_FILE": key})
        anna.configure(ca_file=str(self.ca.file), cert_file=cert, key_file=key)
        anna.run("status", "--require-proxy")
        # An option counts more than the environment, and that more than the file.
        anna.run("status", "--require-proxy", "--cert", cert, "--key", key,
                 env={"OFFSYNC_CERT_FILE": stranger[0], "OFFSYNC_KEY_FILE": stranger[1]})
        self.assertIn("does not know the CA", self.refused(anna, env={"OFFSYNC_CERT_FILE": stranger[0],
                                                                      "OFFSYNC_KEY_FILE": stranger[1]}))

    def test_files_that_cannot_be(self):
        proxy = self.tls_proxy()
        anna = self.replica("anna", proxy.url())
        cert, key = map(str, self.ca.issue("anna"))
        none, locked = str(self.folder / "no-such-file"), str(self.folder / "locked")
        openssl("pkey", "-in", key, "-aes256", "-passout", "pass:abcd", "-out", locked)
        other = str(self.ca.issue("other")[1])
        for words, told in ((["--cacert", none], none), (self.trust + ["--cert", none], none),
                            (self.trust + ["--cert", cert, "--key", none], none), (["--cacert", str(self.folder)], "folder"),
                            (["--cacert", key], key), (self.trust + ["--key", key], "no certificate to it"),
                            (self.trust + ["--cert", cert, "--key", locked], "without a passphrase"),
                            (self.trust + ["--cert", cert, "--key", other], "of that certificate"),
                            (self.trust + ["--cert", key], "check --cert")):
            said = self.refused(anna, *words, code=78)
            self.assertIn(told, said)
            self.assertNotIn("PRIVATE", said)
        # Nor does a terminal get asked.
        master, slave = pty.openpty()
        done = subprocess.run([OFFSYNC, "sync", *self.trust, "--cert", cert, "--key", locked], cwd=anna.folder, stdin=slave,
                              stdout=slave, stderr=slave, env=clean_environment(), timeout=60, check=False,
                              start_new_session=True)
        os.close(slave)
        self.assertEqual(done.returncode, 78)
        self.assertNotIn(b"phrase:", os.read(master, 65536))
        os.close(master)


if __name__ == "__main__":
    main()
