#!/usr/bin/env python3
"""A conflict of two values that one record cannot hold together."""
import json

from harness import Case, main


class LongConflict(Case):
    def test_the_longer_value_is_left_out_and_never_taken_for_nothing(self):
        proxy = self.proxy()
        anna, ben = self.replica("anna", proxy.url()), self.replica("ben", proxy.url())
        anna.sync()
        ben.sync()
        anna.emit("note.made", "note/1", "--data", json.dumps({"set": {"text": "a" * 50_000}}))
        ben.emit("note.made", "note/1", "--data", json.dumps({"set": {"text": "b" * 40_000}}))
        anna.sync()
        self.assertEqual(ben.sync()["conflicts"], 1)
        anna.sync()

        conflict, = anna.conflicts()
        sides = [conflict["current"], conflict["incoming"]]
        omitted, = [side for side in sides if side.get("omitted")]
        kept, = [side for side in sides if not side.get("omitted")]
        self.assertNotIn("value", omitted)
        self.assertEqual(kept["value"], "b" * 40_000)
        self.assertIn(omitted["id"], anna.run("conflicts", "-o", "text"))

        # Not by a value that the record lacks ...
        anna.run("resolve", conflict["id"], "--ours", code=2)
        self.assertEqual(len(anna.fields("note/1")["text"]), 40_000)
        # ... but by one that it has.
        ben.run("resolve", conflict["id"], "--ours")
        ben.sync()
        anna.sync()
        self.assertEqual(anna.conflicts(), [])
        self.assertEqual(anna.fields("note/1"), {"text": "b" * 40_000})
        self.assert_same_state(proxy, anna, ben)


if __name__ == "__main__":
    main()
