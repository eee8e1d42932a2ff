"""A CA and its certificates, made by openssl, for the tests of TLS; and a client of Python's that speaks it."""
import socket
import ssl
import subprocess
from pathlib import Path

from harness import PATIENCE, Proxy, clean_environment

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]


def openssl(*words, ahead=0):
    """`ahead`: days by which its clock is ahead."""
    clock = ["faketime", f"+{ahead} days"] if ahead else []
    return subprocess.run([*clock, "openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout


class Ca:
    """Signs certificates. `file`: its own one."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = Path(folder), name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file, self._key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", *CURVE, "-nodes", "-days", 30, "-subj", f"/CN={name}", "-keyout", self._key,
                "-out", self.file)

    def issue(self, name, san="IP:127.0.0.1,DNS:localhost", days=30, ahead=0, more=()):
        """The files of a certificate and its key. `days` below 0: it has expired; `ahead`: days until it is valid."""
        made, key, asked = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        openssl("req", "-new", *CURVE, "-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName={san}",
                "-keyout", key, "-out", asked, *more)
        openssl("x509", "-req", "-in", asked, "-CA", self.file, "-CAkey", self._key, "-days", days,
                "-copy_extensions", "copy", "-out", made, ahead=ahead)
        return made, key


class TlsProxy(Proxy):
    """Speaks https with the certificate and key that it is given."""

    def __init__(self, folder, files, *arguments):
        super().__init__(folder, "--tls-cert", files[0], "--tls-key", files[1], *arguments)

    def url(self, space="test", port=None):
        return f"https://127.0.0.1:{port or self.port}/v1/spaces/{space}"

    def base(self):
        return f"https://127.0.0.1:{self.port}"


def context_of(ca, client=None, lowest=None, highest=None):
    """Trusts the CA; `client`: the files of the client's own certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca.file)
    if client:
        context.load_cert_chain(*client)
    if lowest:
        context.minimum_version = lowest
    if highest:
        context.maximum_version = highest
    return context


class Client:
    """A connection of Python's ssl; with `room` it takes that many bytes at a time from the network."""

    def __init__(self, port, context, room=None):
        self.raw = socket.socket()
        if room:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.raw.settimeout(PATIENCE)
        self.raw.connect(("127.0.0.1", port))
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Then an end without a close_notify is an SSLEOFError.
        self.socket = context.wrap_socket(self.raw, server_hostname="127.0.0.1", suppress_ragged_eofs=False)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, until=None):
        """All that comes, up to the end or to `until`."""
        got = b""
        while until is None or until not in got:
            block = self.socket.recv(65536)
            if not block:
                return got
            got += block
        return got

    def close(self):
        self.socket.close()


def curl(*words, code=0):
    done = subprocess.run(["curl", "-sS", "-m", str(PATIENCE), *map(str, words)], env=clean_environment(),
                          capture_output=True, text=True, check=False)
    if done.returncode != code:
        raise AssertionError(f"curl {words}: exit code {done.returncode}, not {code}: {done.stderr}")
    return done.stdout
