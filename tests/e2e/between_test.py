#!/usr/bin/env python3
"""Something between client and proxy that refuses one request, refuses all, or holds a stream back."""
import json

from harness import Case, main, ndjson
from scripted import Server, answer, event, of_log, silent

FORBIDDEN = answer(403, [("Content-Type", "text/html")], "<h1>Forbidden</h1>")


class Between(Case):
    def setUp(self):
        super().setUp()
        self.server = self.proxy()
        self.net = Server(self.server.port)
        self.addCleanup(self.net.close)
        self.anna = self.replica("anna", self.net.url())
        self.ben = self.replica("ben", self.server.url())
        self.anna.sync()
        self.anna.emit("t", "a/1", "n:=1")

    def others_write(self):
        self.ben.emit("t", "b/1", "n:=2")
        self.ben.sync()

    def test_an_event_that_is_refused_on_the_way_waits_alone(self):
        self.others_write()
        self.net.on("push", FORBIDDEN)
        done = self.anna.finish("sync")
        self.assertEqual(done.returncode, 75, done.stderr)
        parked = self.anna.queue()[0]
        self.assertEqual(parked["code"], "refused_on_the_way", parked)
        self.assertIn(f"refused event {parked['event']['id']} of a/1 with status 403", done.stderr)
        self.assertEqual(self.anna.fields("b/1"), {"n": 2})
        self.anna.run("queue", "retry", parked["event"]["id"])
        self.anna.sync()
        self.assertEqual(self.anna.fields("a/1"), {"n": 1})

    def test_a_gate_for_all_parks_nothing(self):
        self.others_write()
        self.net.on("push", FORBIDDEN, always=True)
        done = self.anna.finish("sync")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("check the credentials", done.stderr)
        self.assertEqual([item["state"] for item in self.anna.queue()], ["queued"])
        self.assertEqual(self.anna.fields("b/1"), {"n": 2})

    def test_a_stream_that_is_held_back_is_told_and_pages_bring_what_there_is(self):
        self.net.on("stream", silent, always=True)
        done = self.anna.finish("watch", "--timeout", "5", "--from", "now")
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn("answers, but nothing of its stream came within 5 s", done.stderr)
        self.others_write()
        self.anna.configure(stream_timeout=1, retry_wait=1)
        done = self.anna.finish("watch", "--timeout", "60", "-n", "1", "--subject", "b/*", "-o", "ndjson")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(ndjson(done.stdout)[0]["subject"], "b/1")
        self.assertIn("something in between holds the stream back", done.stderr)

    def test_a_silent_proxy_is_waited_for_by_a_check_as_long_as_by_status(self):
        self.net.on("info", silent, always=True)
        self.anna.configure(request_timeout=20)
        for arguments, seconds in (("--check",), 1), (("--check", "--require-proxy"), 20), (("--require-proxy",), 20):
            done = self.anna.finish("status", *arguments, env={"OFFSYNC_ASK_TIMEOUT": "1"})
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn(f"sent nothing for {seconds} s", done.stderr)

    def test_a_wrong_name_that_was_said_once_is_not_kept_and_one_that_was_kept_is_replaced(self):
        for times in 1, 2:
            with self.subTest(times=times):
                server = self.proxy(name=f"proxy-{times}")
                net = Server(server.port)
                self.addCleanup(net.close)
                epoch = server.info()["epoch"]
                wrong = [("Offsync-Log", "zzzz")]
                net.on("state", of_log(f'{{"cursor":"{epoch}-0","entities":0,"conflicts":0}}\n', epoch=epoch, more=wrong))
                if times == 2:
                    net.on("page", of_log(epoch=epoch, more=wrong))
                carl = self.replica(f"carl-{times}", net.url())
                carl.emit("t", "c/1", "n:=1")
                carl.sync("--pull")
                name = json.loads(carl.run("remote", "--json"))["log"]
                if times == 2:
                    self.assertEqual(name, "zzzz")
                    done = carl.finish("sync")
                    self.assertEqual(done.returncode, 76, done.stderr)
                    self.assertIn(f"take the name that it says: offsync remote set {net.url()}", done.stderr)
                    done = carl.finish("remote", "set", server.url())
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn("and not zzzz", done.stderr)
                # The push may have been answered, too, before another answer told of the name.
                summary = carl.sync()
                self.assertEqual(summary["pushed"] + summary["duplicate"], 1)
                self.assertEqual(json.loads(carl.run("remote", "--json"))["log"], server.info()["log"])

    def test_what_useless_streams_do_not_bring_comes_by_pages_and_the_reason_is_told(self):
        self.others_write()
        epoch, head = (self.server.info()[name] for name in ("epoch", "head"))
        hello = f'event: hello\ndata: {{"epoch":"{epoch}","head":{head + 50}}}\n\n'.encode()
        again = json.dumps({"type": "about:blank", "status": 410, "code": "cursor_expired", "detail": "it is gone"})
        gone = [("Offsync-Epoch", epoch), ("Content-Type", "application/problem+json")]

        def stream(body):
            return answer(200, [("Offsync-Epoch", epoch), ("Content-Type", "text/event-stream")], body)

        def message(name, data):
            return hello + f"id: {name}\ndata: {data}\n\n".encode()

        kinds = ((stream(b""), "the stream ended before its first message"),
                 (stream(b"retry: 1000\n\n"), "the stream ended before its first message"),
                 (stream(message(f"{epoch}-{head + 50}", event(head + 50))), "is next"),
                 (stream(message(f"{epoch}-{head + 50}", "?")), "that is no event"),
                 (stream(hello + b"event: reset\ndata: " + again.encode() + b"\n\n"), "it is gone"),
                 (answer(410, gone, again), "it is gone"))
        readers = [self.replica(f"reader-{number}", self.net.url()) for number in range(len(kinds))]
        for reader in readers:
            reader.configure(retry_wait=1)
            reader.sync()
        self.others_write()
        for reader, (act, why) in zip(readers, kinds):
            with self.subTest(why, reader=reader.folder.name):
                self.net.forget()
                self.net.on("stream", act, always=True)
                done = reader.finish("watch", "--timeout", "8", "-o", "ndjson")
                self.assertEqual(done.returncode, 69, done.stderr)
                self.assertEqual([e["sequence"] for e in ndjson(done.stdout)], [str(head + 1)], done.stderr)
                self.assertIn(why, done.stderr.splitlines()[-1])
                self.assertNotIn("hold it back", done.stderr)


if __name__ == "__main__":
    main()
