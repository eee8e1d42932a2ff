#!/usr/bin/env python3
"""ca_file, token_file and their variables: what they let through, and what comes with each request."""
import json
import ssl
import subprocess

from harness import Case, eventually, main
from scripted import Server, answer


class Listening(Server):
    """Notes the Authorization of each request; with a certificate it speaks TLS."""

    def __init__(self, upstream, certificate=None, key=None):
        self.authorizations = []
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate, key)
        super().__init__(upstream)

    def _serve(self, connection):
        if self.context:
            try:
                connection = self.context.wrap_socket(connection, server_side=True)
            except OSError:  # the other side does not trust us
                connection.close()
                return
        super()._serve(connection)

    def _answer(self, connection, method, target, headers, body):
        self.authorizations.append(headers.get("Authorization"))
        super()._answer(connection, method, target, headers, body)

    def taken(self):
        seen, self.authorizations = self.authorizations, []
        return seen


class Credentials(Case):
    def server(self, *tls):
        server = Listening(self.proxy().port, *tls)
        self.addCleanup(server.close)
        return server

    def certificate(self, name):
        """A certificate for 127.0.0.1 that nobody but itself vouches for, and its key."""
        made, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
        return str(made), str(key)

    def test_ca_file(self):
        ours, others = self.certificate("ours"), self.certificate("others")
        server = self.server(*ours)
        url = server.url().replace("http:", "https:")
        anna = self.replica("anna", url)
        anna.emit("t", "k/1", "v=1")
        for env in ({}, {"OFFSYNC_CA_FILE": others[0]}):
            done = anna.finish("sync", env=env)
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn("name its CA: --cacert FILE, ca_file or OFFSYNC_CA_FILE", done.stderr)
            self.assertEqual(server.taken(), [])
        self.assertEqual(len(anna.queue()), 1)
        done = anna.finish("sync", env={"OFFSYNC_CA_FILE": str(self.folder / "none.pem")})
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn(f"cannot read {self.folder}/none.pem", done.stderr)
        anna.run("sync", env={"OFFSYNC_CA_FILE": ours[0]})
        self.assertEqual(anna.queue(), [])
        anna.configure(ca_file=ours[0])
        anna.emit("t", "k/1", "v=2")
        anna.sync()
        self.assertEqual(anna.run("state", "--require-proxy", "k/1"), '{"subject":"k/1","fields":{"v":"2"}}\n')

    def test_tokens(self):
        server = self.server()
        anna = self.replica("anna", server.url())
        token = self.folder / "token"
        token.write_text("from a file\n")
        anna.sync()
        self.assertEqual(set(server.taken()), {None})
        for env, expected in (({"OFFSYNC_TOKEN": "of-the-environment"}, "Bearer of-the-environment"),
                              ({"OFFSYNC_TOKEN_FILE": str(token)}, "Bearer from a file"),
                              ({"OFFSYNC_TOKEN_FILE": str(token), "OFFSYNC_TOKEN": "first"}, "Bearer first")):
            anna.emit("t", "k/1", "n+=1")
            anna.run("sync", env=env)
            seen = server.taken()
            self.assertGreaterEqual(len(seen), 2)
            self.assertEqual(set(seen), {expected})
        for words in (["state"], ["status"], ["conflicts"]):
            anna.run(*words, "--require-proxy", env=env)
            self.assertEqual(set(server.taken()), {expected}, words)
        anna.configure(token_file=str(token))
        watch = self.watch(anna)
        eventually(lambda: "stream" in server.seen, "the stream is asked for")
        self.assertEqual(set(server.taken()), {"Bearer from a file"})
        watch.end()
        # A token that is not taken is said as such, and printed nowhere.
        server.on("push", answer(401, [("Content-Type", "application/problem+json")],
                                 json.dumps({"code": "unauthorized", "status": 401})))
        anna.emit("t", "k/1", "n+=1")
        done = anna.finish("sync")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertNotIn("from a file", done.stdout + done.stderr)
        eventually(lambda: set(server.taken()) == {"Bearer from a file"}, "the refused push bore it, and the pull behind it")

    def test_a_token_file_that_cannot_be_is_said_before_anything_is_sent(self):
        server = self.server()
        anna = self.replica("anna", server.url())
        for content in ("", "\n", "one\ntwo\n", "x" * 9000):
            (self.folder / "token").write_text(content)
            done = anna.finish("sync", env={"OFFSYNC_TOKEN_FILE": str(self.folder / "token")})
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn("does not hold one line with a token", done.stderr)
        done = anna.finish("sync", env={"OFFSYNC_TOKEN_FILE": str(self.folder / "none")})
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertEqual(server.taken(), [])


if __name__ == "__main__":
    main()
