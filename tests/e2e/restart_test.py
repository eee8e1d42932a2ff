#!/usr/bin/env python3
"""The proxy dies (kill -9) and comes back, during sync and during watch."""
import json
import subprocess
import threading
import time

from harness import Case, eventually, main


def batch(count, prefix="n"):
    return "".join(
        json.dumps({"type": "n.set", "subject": f"{prefix}/{i % 50}", "data": {"set": {"v": i}}}) + "\n"
        for i in range(count))


class Restart(Case):
    def test_killed_while_clients_sync(self):
        proxy = self.proxy()
        clients = [self.replica(f"client-{i}", proxy.url()) for i in range(3)]
        for i, client in enumerate(clients):
            client.run("emit", "--batch", "-", input=batch(3000, f"c{i}"))
        codes = []

        def sync_until_done(client):
            while True:
                done = client.finish("sync", "--json")
                codes.append(done.returncode)
                if done.returncode == 0:
                    return
                self.assert_unreachable(done)
                time.sleep(0.05)

        threads = [threading.Thread(target=sync_until_done, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for _ in range(4):
            time.sleep(0.25)
            proxy.kill()
            proxy.start()
        for thread in threads:
            thread.join()
        for client in clients:
            client.sync()
            self.assertEqual(client.queue(), [])
        lines = [json.loads(line) for line in proxy.log_lines()]
        own = [line for line in lines if line["type"] == "n.set"]
        self.assertEqual(len(own), 9000)  # nothing lost, nothing twice
        self.assertEqual(len({line["id"] for line in own}), 9000)
        self.assertEqual([int(line["sequence"]) for line in lines], list(range(1, len(lines) + 1)))
        for i in range(3):  # each in its author's order
            order = [int(line["clientseq"]) for line in own if line["source"] == f"/clients/client-{i}"]
            self.assertEqual(order, sorted(order))
        self.assert_same_state(proxy, *clients)

    def test_watch_prints_each_event_once_across_restarts(self):
        proxy = self.proxy()
        writer, reader = self.replica("writer", proxy.url()), self.replica("reader", proxy.url())
        watch = self.watch(reader)
        watch.wait_connected()
        for round_ in range(4):
            for i in range(5):
                writer.emit("n.set", f"n/{i}", f"v:={round_ * 10 + i}")
            writer.sync()
            watch.wait_lines((round_ + 1) * 5 - 2)
            proxy.kill()
            writer.emit("n.set", "n/0", f"v:={round_}")  # while it is away
            proxy.start()
            writer.sync()
        head = proxy.info()["head"]
        watch.wait_lines(head)
        self.assertEqual(watch.sequences(), list(range(1, head + 1)))
        self.assertEqual(watch.end(), 130)
        self.assertEqual(watch.lines, proxy.log_lines())
        self.assert_same_state(proxy, writer, reader)

    def test_watch_starts_before_the_proxy_does(self):
        proxy = self.proxy()
        url = proxy.url()
        proxy.kill()
        reader = self.replica("reader", url)
        watch = self.watch(reader, "--from", "beginning", "-n", "1")
        eventually(lambda: any("trying again" in line for line in watch.errors), "watch tells its trouble")
        proxy.start()
        writer = self.replica("writer", url)
        writer.emit("n.set", "n/1", "v:=1")
        writer.sync()
        self.assertEqual(watch.join(), 0)
        self.assertEqual(watch.sequences(), [1])

    def test_watch_pushes_what_was_emitted_while_the_proxy_was_away(self):
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        by_anna, by_ben = self.watch(anna), self.watch(ben)
        by_anna.wait_connected()
        by_ben.wait_connected()
        proxy.kill()
        for i in range(5):
            anna.emit("n.set", f"n/{i}", f"v:={i}")
        proxy.start()
        by_ben.wait_lines(5)
        by_anna.wait_lines(5)
        self.assertEqual(by_ben.lines, by_anna.lines)
        eventually(lambda: anna.queue() == [], "the queue is empty")
        self.assert_same_state(proxy, anna, ben)

    def test_a_clean_stop_loses_nothing_and_is_quick(self):
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        watch = self.watch(ben)
        watch.wait_connected()
        anna.run("emit", "--batch", "-", input=batch(500))
        anna.sync()
        self.assertEqual(proxy.stop(), 0)
        proxy.start()
        self.assertEqual(proxy.info()["head"], 500)
        watch.wait_lines(500)
        self.assertEqual(watch.sequences(), list(range(1, 501)))

    def test_a_killed_client_has_its_events_once(self):
        """kill -9 of sync itself, again and again."""
        proxy = self.proxy()
        anna = self.replica("anna", proxy.url())
        anna.run("emit", "--batch", "-", input=batch(4000))
        for pause in (0.05, 0.1, 0.15, 0.2, 0.3, 0.4):
            sync = anna.start("sync", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
            time.sleep(pause)
            sync.kill()
            sync.wait()
        anna.sync()
        ids = [json.loads(line)["id"] for line in proxy.log_lines()]
        self.assertEqual((len(ids), len(set(ids))), (4000, 4000))
        self.assert_same_state(proxy, anna)


if __name__ == "__main__":
    main()
