#!/usr/bin/env python3
"""The programs themselves: what they load, what they cost, how they end."""
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from harness import Case, OFFSYNC, PROXY, Replica, clean_environment, eventually, free_port, main


def libraries_of(program):
    """The libraries that it names (not those that these name)."""
    done = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True)
    return [line.rsplit("[", 1)[1].rstrip("]") for line in done.stdout.splitlines() if "(NEEDED)" in line]


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Loaded(Case):
    def test_offsync_links_no_network_code(self):
        """libcurl costs a process 5 ms, Poco 9 ms; `emit` as a whole takes 4."""
        self.assertIsNotNone(shutil.which("readelf"), "install it: apt-get install binutils")
        net = Path(OFFSYNC).with_name("offsync-net")
        self.assertIn("curl", " ".join(libraries_of(net)))
        self.assertIn("Poco", " ".join(libraries_of(PROXY)))
        for program, foreign in ((OFFSYNC, ("curl", "Poco", "ssl", "crypto")), (net, ("Poco",)),
                                 (PROXY, ("curl",))):
            for library in libraries_of(program):
                for name in foreign:
                    self.assertNotIn(name, library, program)


class Idle(Case):
    def test_streams_that_hung_up_cost_no_time(self):
        """Poco's PollSet spun for ever once a peer had hung up; so may any loop that asks wrongly."""
        proxy = self.proxy("--heartbeat", "5")
        request = b"GET /v1/spaces/test/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
        streams = []
        for i in range(30):
            stream = socket.create_connection(("127.0.0.1", proxy.port), timeout=20)
            self.addCleanup(stream.close)
            stream.sendall(request)
            seen = b""
            while b"event: hello" not in seen:
                block = stream.recv(4096)
                self.assertTrue(block, seen)
                seen += block
            if i % 3 == 0:
                stream.shutdown(socket.SHUT_WR)  # hangs up its half, and stays
            elif i % 3 == 1:
                stream.close()
            streams.append(stream)

        def rests():
            before = cpu_seconds(proxy.process.pid)
            time.sleep(2)
            return cpu_seconds(proxy.process.pid) - before < 0.1

        eventually(rests, "it rests")
        self.assertEqual(proxy.info()["head"], 0)


class ExitCodes(Case):
    def ends(self, replica, code, *arguments, says="", **kwargs):
        done = replica.finish(*arguments, **kwargs)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stderr}")
        self.assertIn(says, done.stderr)
        if code:
            self.assertTrue(done.stderr.startswith("offsync: "), done.stderr)
            self.assertEqual(done.stdout, "")

    def test_exit_codes_of_a_wrong_command_line(self):
        anna = self.replica("anna")
        for wrong in (["no-such-command"], ["--no-such-option"], ["emit"], ["emit", "t"],
                      ["emit", "t", "k/1", "--no-such-option"], ["log", "-n", "many"],
                      ["log", "-o", "xml"], ["watch", "--from", "tomorrow"], ["watch", "--timeout", "0"],
                      ["queue", "retry"], ["resolve"], ["log", "--since", "x"], ["emit", "t", "k/1", "v"]):
            self.ends(anna, 2, *wrong)

    def test_exit_codes_of_what_can_go_wrong(self):
        url = f"http://127.0.0.1:{free_port()}/v1/spaces/test"
        anna = self.replica("anna", url)
        self.ends(anna, 0, "emit", "t", "k/1", "v:=1")
        self.ends(anna, 65, "emit", "t", "k/1", "v:=milk", says="for plain text write v=milk")
        self.ends(anna, 65, "emit", "t", "no-slash", "v=1", says="kind/id")
        self.ends(anna, 66, "replay", "no-such-file", says="no-such-file")
        self.ends(anna, 69, "sync", says="nothing is lost")
        self.ends(anna, 69, "state", "--require-proxy")
        self.ends(anna, 78, "sync", env={"OFFSYNC_REMOTE": "gopher://x"})
        self.ends(anna, 78, "status", env={"OFFSYNC_RETRY_WAIT": "soon"}, says="OFFSYNC_RETRY_WAIT")
        anna.configure(no_such_setting=1)
        self.ends(anna, 78, "status", says="config.toml:1: unknown setting 'no_such_setting'")
        nobody = Replica.__new__(Replica)
        nobody.folder = self.folder
        self.ends(nobody, 66, "state", says="offsync init")

    def test_the_proxy_that_answers_is_no_offsync_proxy(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        port = server.getsockname()[1]
        anna = self.replica("anna", f"http://127.0.0.1:{port}/v1/spaces/test")
        anna.emit("t", "k/1", "v:=1")
        epoch = b"\r\nOffsync-Epoch: abc"
        for command in (["sync"], ["state", "--require-proxy"], ["conflicts", "--require-proxy"]):
            for status, code in ((b"200 OK", 76), (b"200 OK" + epoch, 76), (b"401 Unauthorized", 77),
                                 (b"503 Service Unavailable", 69)):
                asked = anna.start(*command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
                connection, _ = server.accept()
                with connection:
                    seen = b""
                    while b"\r\n\r\n" not in seen:
                        seen += connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html\r\n"
                                       b"Content-Length: 5\r\nConnection: close\r\n\r\nhello")
                    out, err = asked.communicate(timeout=60)
                self.assertEqual(asked.returncode, code, (command, status, err))
                self.assertEqual(out, "", (command, status))
                self.assertIn(f"127.0.0.1:{port}/v1/spaces/test", err, (command, status))
        self.assertEqual([e["state"] for e in anna.queue()], ["queued"])

    def test_output_that_cannot_be_written_and_a_reader_that_went_away(self):
        anna = self.replica("anna")
        anna.run("emit", "--batch", "-", input="".join(
            f'{{"type":"t","subject":"k/{i}","data":{{"set":{{"v":"{"x" * 200}"}}}}}}\n' for i in range(1000)))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([OFFSYNC, "state", "--offline"], cwd=anna.folder, env=clean_environment(),
                                  stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 74)
        state = anna.start("state", "--offline", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
        state.stdout.readline()
        state.stdout.close()
        self.assertEqual(state.stderr.read(), b"")
        state.stderr.close()
        self.assertEqual(state.wait(timeout=60), 0)

    def test_an_interrupted_sync_ends_with_130_and_loses_nothing(self):
        proxy = self.proxy()
        net = self.relay(proxy.port)
        net.default.stall_down = 0
        anna = self.replica("anna", proxy.url(port=net.port))
        anna.emit("t", "k/1", "v:=1")
        sync = anna.start("sync", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
        eventually(net.stalled, "sync waits for an answer")
        sync.send_signal(2)
        self.assertEqual(sync.wait(timeout=60), 130)
        net.default.stall_down = None
        anna.sync()
        self.assertEqual(anna.queue(), [])
        self.assert_same_state(proxy, anna)


if __name__ == "__main__":
    main()
