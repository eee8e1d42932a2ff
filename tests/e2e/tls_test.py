#!/usr/bin/env python3
"""The proxy speaks TLS: with curl and with Python's ssl, whole and in pieces, slowly, cut, and with streams."""
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

from certificates import Ca, Client, TlsProxy, context_of, curl, openssl
from harness import PATIENCE, PROXY, Case, clean_environment, eventually, main
from keep_alive_test import answers, get, post

STREAM = b"GET /v1/spaces/test/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
LAST = b"Connection: close\r\n"


class Tls(Case):
    def setUp(self):
        super().setUp()
        self.ca = Ca(self.folder / "certificates")
        self.files = self.ca.issue("proxy")
        self.context = context_of(self.ca)

    def tls_proxy(self, *arguments, files=None):
        proxy = TlsProxy(self.folder / "proxy", files or self.files, *arguments)
        self.addCleanup(proxy.close)
        return proxy.start()

    def client(self, proxy, context=None, **how):
        client = Client(proxy.port, context or self.context, **how)
        self.addCleanup(client.close)
        return client

    def stream(self, proxy):
        client = self.client(proxy)
        client.send(STREAM)
        client.receive(b"event: hello")
        return client

    def fill(self, proxy, count, pad=300):
        """Posts so many events with curl."""
        body = self.folder / "body"
        for first in range(1, count + 1, 1000):
            numbers = range(first, min(first + 1000, count + 1))
            body.write_text("".join(json.dumps(
                {"specversion": "1.0", "id": f"f{i}", "source": "/fill", "type": "t", "subject": f"k/{i}",
                 "time": "2026-11-23T12:00:00Z", "data": {"set": {"v": "x" * pad}}}) + "\n" for i in numbers))
            told = curl("--cacert", self.ca.file, "--fail-with-body", "-H", "Content-Type: application/x-ndjson",
                        "--data-binary", f"@{body}", proxy.url() + "/events")
            self.assertEqual(told.count('"accepted"'), len(numbers))

    def hello(self):
        """The first flight of a client."""
        out = ssl.MemoryBIO()
        with self.assertRaises(ssl.SSLWantReadError):
            self.context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="127.0.0.1").do_handshake()
        return out.read()

    def certificate_of(self, proxy):
        """The serial number of the certificate that new connections get."""
        return self.client(proxy).socket.getpeercert()["serialNumber"]


class Peers(Tls):
    def test_curl_and_python(self):
        proxy = self.tls_proxy()
        self.assertEqual(proxy.ready.read_text(), proxy.base() + "\n")
        self.assertIn("url=" + proxy.base(), proxy.talk())
        for more in ([], ["--tlsv1.2", "--tls-max", "1.2"], ["--http2"], ["--no-alpn"]):
            self.assertEqual(curl("--cacert", self.ca.file, *more, proxy.base() + "/healthz"), "ok\n", more)
        self.assertRegex(curl("--cacert", self.ca.file, proxy.base() + "/metrics"),
                         r"offsync_tls_certificate_expires_seconds \d{10}\n")
        client = self.client(proxy)
        client.send(get() + get(LAST))
        # The end is meant, and said: Python would raise SSLEOFError.
        self.assertEqual([status for status, _, _ in answers(client.receive())], [200, 200])

    def test_who_is_refused(self):
        proxy = self.tls_proxy("--log-level", "debug")
        others = Ca(self.folder / "others")
        with self.assertRaisesRegex(ssl.SSLError, "unable to get local issuer"):
            self.client(proxy, context_of(others))
        only_h2 = context_of(self.ca)
        only_h2.set_alpn_protocols(["h2"])
        with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
            self.client(proxy, only_h2)
        eventually(lambda: "event=handshake_failed" in proxy.talk(), "the log tells of a handshake")
        only_h1 = context_of(self.ca)
        only_h1.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.client(proxy, only_h1).socket.selected_alpn_protocol(), "http/1.1")

    def test_old_protocols_by_a_client_that_has_them(self):
        # Python's own policy may keep TLS 1.1 from being sent at all; openssl is told to.
        proxy = self.tls_proxy()
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}", "-tls1_1", "-cipher",
                               "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "alert protocol version")

    def test_plain_http_is_told_so(self):
        proxy = self.tls_proxy()
        for request in (get(), b"DELETE / HTTP/1.1\r\n\r\n", b"GET /" + b"x" * 100000):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
                plain.sendall(request)
                plain.shutdown(socket.SHUT_WR)
                (status, headers, body), = answers(b"".join(iter(lambda: plain.recv(65536), b"")))
            self.assertEqual((status, headers["connection"]), (400, "close"))
            self.assertIn("https://", json.loads(body)["detail"])
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
            plain.sendall(b"\x80\x2e\x01\x00\x02 nothing that there is")
            plain.shutdown(socket.SHUT_WR)
            self.assertNotIn(b"HTTP", b"".join(iter(lambda: plain.recv(65536), b"")))
        self.assertEqual(curl("--cacert", self.ca.file, proxy.base() + "/healthz"), "ok\n")

    def test_a_hello_on_a_plain_port_is_a_bad_request(self):
        proxy = self.proxy()
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as raw:
            raw.sendall(self.hello())
            raw.shutdown(socket.SHUT_WR)
            (status, _, _), = answers(b"".join(iter(lambda: raw.recv(65536), b"")))
        self.assertEqual(status, 400)

    def test_clients_with_certificates(self):
        clients = Ca(self.folder / "clients", "of-clients")
        anna, mallory = clients.issue("anna"), self.ca.issue("mallory")
        late = clients.issue("late", days=-1)
        proxy = self.tls_proxy("--tls-client-ca", clients.file, "--log-level", "debug")
        known = ("--cacert", self.ca.file)
        self.assertEqual(curl(*known, "--cert", anna[0], "--key", anna[1], proxy.base() + "/healthz"), "ok\n")
        for highest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            for files, what in ((None, "(?i)certificate required|handshake failure"), (mallory, "(?i)unknown ca"),
                                (late, "(?i)certificate.expired")):
                with self.assertRaisesRegex(ssl.SSLError, what.replace(" ", ".")):
                    client = self.client(proxy, context_of(self.ca, files, highest=highest))
                    client.send(get())  # with TLS 1.3 it learns of it behind its handshake
                    client.receive()
        # A session that is taken up again is the same client's.
        context = context_of(self.ca, anna)
        first = self.client(proxy, context)
        first.send(get(LAST))
        first.receive()
        again = context.wrap_socket(socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE),
                                    server_hostname="127.0.0.1", session=first.socket.session)
        with again:
            again.sendall(get(LAST))
            self.assertIn(b"200 OK", again.recv(65536))
            self.assertTrue(again.session_reused)


class Pieces(Tls):
    def test_a_byte_a_record_and_all_in_one(self):
        proxy = self.tls_proxy()
        client = self.client(proxy)
        for byte in post("1") + get():
            client.send(bytes([byte]))
        self.assertEqual([a[0] for a in self.two(client)], [200, 200])
        client.send(b"".join(post(str(i)) for i in range(2, 22)) + get(LAST))
        told = answers(client.receive())
        self.assertEqual([status for status, _, _ in told], [200] * 21)
        self.assertEqual(json.loads(told[-1][2])["head"], 21)

    @staticmethod
    def two(client):
        got = b""
        while True:
            got += client.socket.recv(65536)
            try:
                if len(answers(got)) == 2:
                    return answers(got)
            except AssertionError:
                pass

    def test_a_great_answer_and_a_slow_reader(self):
        proxy = self.tls_proxy("--stall-timeout", "600")
        self.fill(proxy, 20000)
        whole = curl("--cacert", self.ca.file, proxy.url() + "/state")
        self.assertGreater(len(whole), 7_000_000)
        client = self.client(proxy, room=4096)
        client.send(b"GET /v1/spaces/test/state HTTP/1.1\r\nHost: x\r\n" + LAST + b"\r\n")
        got = b""
        for _ in range(20):  # takes a little now and then, and others are served meanwhile
            time.sleep(0.1)
            got += client.socket.recv(1000)
            self.assertEqual(curl("--cacert", self.ca.file, proxy.base() + "/healthz"), "ok\n")
        got += client.receive()
        head, _, body = got.partition(b"\r\n\r\n")
        self.assertIn(b"200 OK", head)
        if b"chunked" in head.lower():
            body = b"".join(self.chunks(body))
        self.assertEqual(len(body.splitlines()), len(whole.splitlines()))
        self.assertEqual(body.splitlines()[1:], whole.encode().splitlines()[1:])  # the first has the time

    @staticmethod
    def chunks(data):
        while True:
            size, _, data = data.partition(b"\r\n")
            if size == b"0":
                return
            yield data[:int(size, 16)]
            data = data[int(size, 16) + 2:]

    def test_a_reader_that_takes_nothing_is_cut_and_can_tell(self):
        proxy = self.tls_proxy("--stall-timeout", "1")
        self.fill(proxy, 20000)
        client = self.client(proxy, room=4096)
        open_now = self.sockets(proxy)
        client.send(b"GET /v1/spaces/test/state HTTP/1.1\r\nHost: x\r\n" + LAST + b"\r\n")
        eventually(lambda: self.sockets(proxy) < open_now, "the connection is cut")
        with self.assertRaises((ssl.SSLEOFError, ConnectionResetError)):
            client.receive()

    @staticmethod
    def sockets(proxy):
        count = 0
        for file in Path(f"/proc/{proxy.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # it was closed meanwhile
                count += os.readlink(file).startswith("socket:")
        return count

    def test_handshakes_that_never_end(self):
        proxy = self.tls_proxy("--header-timeout", "5", "--idle-timeout", "600", "--threads", "1")
        hello = self.hello()
        begun = time.monotonic()
        slow = [socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) for _ in range(100)]
        for i, one in enumerate(slow):
            self.addCleanup(one.close)
            one.sendall(hello[:i % 40 + 1] if i % 4 else hello)
        self.assertEqual(curl("--cacert", self.ca.file, proxy.base() + "/healthz"), "ok\n")
        for one in slow:
            try:
                while one.recv(65536):
                    pass
            except ConnectionResetError:
                pass
        self.assertGreater(time.monotonic() - begun, 5)
        # Whole handshakes without a request have the time of an idle connection.
        idle = self.client(proxy)
        time.sleep(6)
        idle.send(get(LAST))
        self.assertIn(b"200 OK", idle.receive())

    def test_handshakes_that_are_cut_and_garbled(self):
        proxy = self.tls_proxy()
        hello = self.hello()
        for size in range(0, len(hello), 7):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as cut:
                cut.sendall(hello[:size])
        for at in range(0, len(hello), 11):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as bad:
                bad.sendall(hello[:at] + bytes([hello[at] ^ 0xff]) + hello[at + 1:])
        # Records that do not decrypt, in the midst of a request.
        client = self.client(proxy)
        client.send(get()[:10])
        with socket.socket(fileno=os.dup(client.socket.fileno())) as raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        self.assertNotIn(b"200", self.to_the_end(client))
        self.assertIsNone(proxy.process.poll(), proxy.talk())
        self.assertEqual(curl("--cacert", self.ca.file, proxy.base() + "/healthz"), "ok\n")

    @staticmethod
    def to_the_end(client):
        try:
            return client.receive()
        except (ssl.SSLError, ConnectionError):
            return b""

    @staticmethod
    def hang_up(client):
        """Ends the sending side without a close_notify."""
        with socket.socket(fileno=os.dup(client.socket.fileno())) as raw:
            raw.shutdown(socket.SHUT_WR)

    def test_a_half_closed_client_gets_its_answer(self):
        proxy = self.tls_proxy()
        client = self.client(proxy)
        client.send(get())
        self.hang_up(client)
        self.assertEqual([a[0] for a in answers(client.receive())], [200])
        # Half a request, and then the end: refused, and nothing of it is kept.
        client = self.client(proxy)
        client.send(post("x")[:-5])
        self.hang_up(client)
        self.assertEqual([a[0] for a in answers(client.receive())], [400])
        self.assertIn('"head":0', curl("--cacert", self.ca.file, proxy.url()))


class Streams(Tls):
    def test_many_streams(self):
        proxy = self.tls_proxy("--heartbeat", "1")
        streams = [self.stream(proxy) for _ in range(200)]
        self.fill(proxy, 500)
        wanted = b"-500\n"
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda stream: stream.receive(wanted), streams))
        self.assertIn("offsync_streams 200\n", curl("--cacert", self.ca.file, proxy.base() + "/metrics"))
        self.assertEqual(proxy.stop(), 0)  # within 5 s, or it would be 70
        for stream in streams:
            stream.receive()  # ends as it should: no SSLEOFError

    def test_a_slow_stream_gets_each_event_once_in_order(self):
        proxy = self.tls_proxy("--heartbeat", "0.1", "--stall-timeout", "30")
        client = self.client(proxy, room=4096)
        client.send(STREAM.replace(b"/events", b"/events?after=0"))
        client.receive(b"event: hello")
        self.fill(proxy, 20000, 1000)  # far more than the kernel holds for it
        got = b""
        while b"-20000\n" not in got[-4000:]:
            if len(got) < 300_000:
                time.sleep(0.01)  # heartbeats are due while a record is half way
            got += client.socket.recv(16384)
        seen = [int(n) for n in re.findall(rb"(?m)^id: \w+-(\d+)$", got)]
        self.assertEqual(seen[-20000:], list(range(1, 20001)))
        self.assertLessEqual(len(seen), 20001)
        for line in re.findall(rb"(?m)^data: (\{\"specversion.*)$", got):
            json.loads(line)

    def test_a_stream_that_takes_nothing_is_cut_without_a_close_notify(self):
        proxy = self.tls_proxy("--heartbeat", "0.2", "--stall-timeout", "1")
        client = self.client(proxy, room=4096)
        client.send(STREAM)
        client.receive(b"event: hello")
        self.fill(proxy, 20000, 1000)
        eventually(lambda: "event=stream_cut" in proxy.talk(), "the stream is cut")
        with self.assertRaises((ssl.SSLEOFError, ConnectionResetError)):
            client.receive()


class Files(Tls):
    def refused(self, *arguments, code=78, env=None):
        done = subprocess.run([PROXY, "--listen", "127.0.0.1:0", "--store", f"sqlite:{self.folder}/none.db", *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=PATIENCE,
                              env={**clean_environment(), **(env or {})})
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertFalse((self.folder / "none.db").exists())
        return done.stderr

    def test_bad_files(self):
        cert, key = self.files
        other = self.ca.issue("other")
        bad, locked, none = self.folder / "bad", self.folder / "locked", self.folder / "no-such-file"
        bad.write_text(cert.read_text().replace("M", "?", 5))
        openssl("pkey", "-in", key, "-aes256", "-passout", "pass:abcd", "-out", locked)
        weak = self.folder / "weak"
        openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=w", "-keyout", weak, "-out", f"{weak}.pem")
        for files, told in (((none, key), f"{none}"), ((cert, none), f"{none}"), ((self.folder, key), "folder"),
                            ((bad, key), "damaged"), ((key, key), "no certificate"), ((cert, cert), "no private key"),
                            ((cert, other[1]), "not the key of the certificate"), ((cert, locked), "passphrase"),
                            ((f"{weak}.pem", weak), "too small")):
            said = self.refused("--tls-cert", files[0], "--tls-key", files[1])
            self.assertIn(told, said)
            self.assertIn(str(files[0] if files[0] != cert else files[1]), said)
            self.assertNotIn("PRIVATE KEY-----\n", said)
        self.assertIn(str(none), self.refused("--tls-cert", cert, "--tls-key", key, "--tls-client-ca", none))
        self.assertIn("no certificate", self.refused("--tls-cert", cert, "--tls-key", key, "--tls-client-ca", key))
        for alone in ("--tls-cert", "--tls-key", "--tls-client-ca"):
            self.assertIn("is set and", self.refused(alone, cert))
        self.assertIn("tls_key is not", self.refused(env={"OFFSYNC_PROXY_TLS_CERT": str(cert)}))
        self.assertIn("same file", self.refused("--tls-cert", cert, "--tls-key", key, "--log-file", key))

    def test_a_certificate_and_its_key_in_one_file(self):
        both = self.folder / "both.pem"
        both.write_text(self.files[1].read_text() + self.files[0].read_text())
        proxy = self.tls_proxy(files=(both, both))
        self.assertEqual(curl("--cacert", self.ca.file, proxy.base() + "/healthz"), "ok\n")

    def test_what_is_warned_of(self):
        for files, told in ((self.ca.issue("late", days=-1), "certificate_expired"),
                            (self.ca.issue("soon", days=13), "certificate_expires_soon"),
                            (self.ca.issue("early", ahead=10), "certificate_not_yet_valid")):
            proxy = self.tls_proxy(files=files)
            self.assertIn(f"event={told} file={files[0]}", proxy.talk())
            self.assertEqual(curl("-k", proxy.base() + "/healthz"), "ok\n")
            proxy.stop()
            proxy.log.unlink()
        self.files[1].chmod(0o604)
        proxy = self.tls_proxy()
        self.assertIn(f"event=key_exposed file={self.files[1]}", proxy.talk())
        proxy.stop()
        proxy.log.unlink()
        self.files[1].chmod(0o640)
        self.assertNotIn("level=warn", self.tls_proxy().talk())

    def test_new_files(self):
        proxy = self.tls_proxy("--heartbeat", "0.2")
        stream, first = self.stream(proxy), self.certificate_of(proxy)
        self.ca.issue("proxy")  # the same files
        self.assertEqual(self.certificate_of(proxy), first)
        proxy.process.send_signal(signal.SIGHUP)
        eventually(lambda: "event=certificate_loaded" in proxy.talk(), "the new certificate is taken")
        second = self.certificate_of(proxy)
        self.assertNotEqual(second, first)
        for spoil in (lambda: self.files[0].write_text("nothing"), self.files[1].unlink,
                      lambda: self.files[0].write_bytes(self.ca.issue("another")[0].read_bytes())):
            spoil()
            told = proxy.talk().count("event=certificate_not_loaded")
            proxy.process.send_signal(signal.SIGHUP)
            eventually(lambda: proxy.talk().count("event=certificate_not_loaded") > told, "the error is logged")
            self.assertEqual(self.certificate_of(proxy), second)
        self.fill(proxy, 3)
        stream.receive(b"-3\n")
        self.ca.issue("proxy")
        proxy.process.send_signal(signal.SIGHUP)
        eventually(lambda: proxy.talk().count("event=certificate_loaded") == 2, "the next certificate is taken")
        self.assertNotIn(self.certificate_of(proxy), (first, second))

    def test_new_clients(self):
        clients = Ca(self.folder / "clients", "of-clients")
        anna = clients.issue("anna")
        proxy = self.tls_proxy("--tls-client-ca", clients.file)
        words = ("--cacert", self.ca.file, "--cert", anna[0], "--key", anna[1], proxy.base() + "/healthz")
        self.assertEqual(curl(*words), "ok\n")
        Ca(self.folder / "clients", "of-clients")  # the same file
        proxy.process.send_signal(signal.SIGHUP)
        eventually(lambda: "event=certificate_loaded" in proxy.talk(), "the new CA is taken")
        with self.assertRaisesRegex(AssertionError, "(?i)unknown ca|decrypt error|bad certificate"):
            curl(*words)


if __name__ == "__main__":
    main()
