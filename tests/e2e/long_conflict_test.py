#!/usr/bin/env python3
"""A conflict of two values that one record cannot hold together."""
import json

from harness import Case, main


class LongConflict(Case):
    def test_the_longer_value_is_left_out_and_taken_from_its_event(self):
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

        # It is in the event, which the replica has.
        self.assertIn("makes text=", anna.run("conflicts", "show", conflict["id"], "-o", "text"))
        anna.run("resolve", conflict["id"], "--ours")
        anna.sync()
        ben.sync()
        self.assertEqual(anna.conflicts(), [])
        self.assertEqual(ben.fields("note/1"), {"text": "a" * 50_000})
        self.assert_same_state(proxy, anna, ben)


if __name__ == "__main__":
    main()
