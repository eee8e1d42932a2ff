Folds a log from anywhere, in any order.

  $ cat > events <<'END'
  > {"specversion":"1.0","id":"e1","source":"/till/1","type":"order.placed","subject":"order/1","time":"2024-01-01T10:00:00Z","data":{"set":{"what":"nails","n":7}}}
  > {"specversion":"1.0","id":"e2","source":"/till/2","type":"order.placed","subject":"order/2","time":"2024-01-02T10:00:00Z","data":{"set":{"what":"screws"}}}
  > {"specversion":"1.0","id":"e3","source":"/till/1","type":"order.paid","subject":"order/1","time":"2024-01-03T10:00:00Z","data":{"set":{"paid":true,"n":8},"inc":{"visits":1}}}
  > {"specversion":"1.0","id":"e4","source":"/office","type":"order.cancelled","subject":"order/2","time":"2024-01-04T10:00:00Z","data":{"delete":true}}
  > END
  $ offsync replay events
  {"subject":"order/1","fields":{"n":8,"paid":true,"visits":1,"what":"nails"}}
  $ tac events | offsync replay - -o text
  order/1
    n       8
    paid    true
    visits  1
    what    "nails"
  $ cat events events | offsync replay - -o json
  [
  {"subject":"order/1","fields":{"n":8,"paid":true,"visits":1,"what":"nails"}}
  ]
  $ offsync replay events --stamps -o text
  order/1
    n       8
            2024-01-03 10:00:00Z  /till/1  018ccec3fd00-0000-a07ae4cbda3b7bef
    paid    true
            2024-01-03 10:00:00Z  /till/1  018ccec3fd00-0000-a07ae4cbda3b7bef
    visits  1
            2024-01-03 10:00:00Z  /till/1  018ccec3fd00-0000-a07ae4cbda3b7bef
    what    "nails"
            2024-01-01 10:00:00Z  /till/1  018cc4774500-0000-a07ae4cbda3b7bef
  $ offsync replay events --stamps
  {"subject":"order/1","fields":{"n":8,"paid":true,"visits":1,"what":"nails"},"by":{"n":{"stamp":"018ccec3fd00-0000-a07ae4cbda3b7bef","time":"2024-01-03T10:00:00.000Z","source":"/till/1","id":"e3"},"paid":{"stamp":"018ccec3fd00-0000-a07ae4cbda3b7bef","time":"2024-01-03T10:00:00.000Z","source":"/till/1","id":"e3"},"visits":{"stamp":"018ccec3fd00-0000-a07ae4cbda3b7bef","time":"2024-01-03T10:00:00.000Z","source":"/till/1","id":"e3"},"what":{"stamp":"018cc4774500-0000-a07ae4cbda3b7bef","time":"2024-01-01T10:00:00.000Z","source":"/till/1","id":"e1"}}}

A part of it.

  $ offsync replay events --until 2024-01-02T10:00:00Z
  {"subject":"order/1","fields":{"n":7,"what":"nails"}}
  {"subject":"order/2","fields":{"what":"screws"}}
  $ offsync replay events --until 2024-01-02
  {"subject":"order/1","fields":{"n":7,"what":"nails"}}
  $ offsync replay events --subject order/1 --type order.placed
  {"subject":"order/1","fields":{"n":7,"what":"nails"}}
  $ offsync replay events -n 2
  {"subject":"order/1","fields":{"n":7,"what":"nails"}}
  {"subject":"order/2","fields":{"what":"screws"}}
  $ offsync replay events --until 018cc83a1200-0000-0000000000000000
  {"subject":"order/1","fields":{"n":7,"what":"nails"}}

Bad lines are told and left out; --strict stops and prints no state.

  $ { cat events; echo '{"specversion":"1.0"'; echo; } > bad
  $ offsync replay bad
  offsync: bad: line 5, byte 641: the JSON object does not end; is the line cut off? (malformed)
  {"subject":"order/1","fields":{"n":8,"paid":true,"visits":1,"what":"nails"}}
  [65]
  $ offsync replay bad --strict
  offsync: bad: line 5, byte 641: the JSON object does not end; is the line cut off? (malformed)
  [65]

What no writer may write is told, of an event that is in no log; what a log has is read.

  $ cat > unwritable <<'END'
  > {"specversion":"1.0","id":"e1","source":"/s","type":"t","subject":"a/1","time":"2026-11-28T12:00:60Z","data":{"set":{"v":1}}}
  > {"specversion":"1.0","id":"e2","source":"/s","type":"t","subject":"a/2","time":"2026-11-28T12:00:00Z","data":{"add":{"s":[1,1.0]}}}
  > {"specversion":"1.0","id":"e3","source":"/s","type":"offsync.x","subject":"a/3","time":"2026-11-28T12:00:00Z","data":{"set":{"v":1}}}
  > {"specversion":"1.0","id":"e4","source":"/proxy","type":"t","subject":"a/4","time":"2026-11-28T12:00:00Z","data":{"set":{"v":1}}}
  > END
  $ offsync replay unwritable 2>&1 | sed s/12:00:60Z/at-60/
  offsync: unwritable: line 1, byte 0: the time 2026-11-28Tat-60 has a second 60 where no leap second can be: these are at 23:59:60 UTC (bad_attribute)
  offsync: unwritable: line 2, byte 126: the value 1.0 of s is there twice, in two spellings (bad_operation)
  offsync: unwritable: line 3, byte 258: the type offsync.x is the proxy's own; choose a type that does not begin with "offsync." (reserved_type)
  offsync: unwritable: line 4, byte 392: the source /proxy is the proxy's own; give the event the source of who wrote it (reserved_source)
  $ offsync replay unwritable -n 3 2>&1 | grep -c line
  4
  $ offsync replay unwritable 2>/dev/null
  [65]
  $ sed 's/"data"/"sequence":"7","data"/' unwritable | offsync replay -
  {"subject":"a/1","fields":{"v":1}}
  {"subject":"a/2","fields":{"s":[1]}}
  {"subject":"a/3","fields":{"v":1}}
  {"subject":"a/4","fields":{"v":1}}

One event with two contents is told; the same event again is not, however it is written.

  $ cat > two <<'END'
  > {"specversion":"1.0","id":"e1","source":"/till/1","type":"t","subject":"order/1","time":"2024-01-01T10:00:00Z","data":{"set":{"n":7}}}
  > {"specversion":"1.0","id":"e1","source":"/till/2","type":"t","subject":"order/1","time":"2024-01-01T10:00:00Z","data":{"set":{"m":7}}}
  > {"specversion":"1.0","id":"e1","source":"/till/1","type":"t","subject":"order/1","time":"2024-01-01T10:00:00Z","data":{"set":{"n":8}}}
  > {"source":"/till/1","id":"e1","specversion":"1.0","type":"t","subject":"order/1","time":"2024-01-01T10:00:00Z","sequence":"9","data":{"set":{"n":7}}}
  > {"specversion":"1.0","id":"e1","source":"/till/1","type":"t","subject":"order/1","time":"2024-01-01T10:00:01Z","data":{"set":{"n":7}}}
  > END
  $ offsync replay two
  offsync: lines 1 and 3 have the same source and id but different contents; both are folded (id_conflict)
  offsync: lines 1 and 5 have the same source and id but different contents; both are folded (id_conflict)
  {"subject":"order/1","fields":{"m":7,"n":7}}
  [65]
  $ offsync replay two --strict
  offsync: lines 1 and 3 have the same source and id but different contents; both are folded (id_conflict)
  [65]
  $ offsync replay two -n 3
  offsync: lines 1 and 3 have the same source and id but different contents; both are folded (id_conflict)
  {"subject":"order/1","fields":{"m":7,"n":8}}
  [65]
  $ sed 3d two | offsync replay - --until 2024-01-01T10:00:00Z
  {"subject":"order/1","fields":{"m":7,"n":7}}
  $ offsync replay nothing
  offsync: cannot open nothing: No such file or directory
  [66]
  $ offsync replay events --until never
  offsync: --until: 'never' is not a time (2026-11-23T12:00:00Z, '2026-11-23 12:00', now, today, yesterday, 2h), a sequence or a stamp
  [2]
  $ : | offsync replay -
  $ { head -c 300000 /dev/zero | tr '\0' x; echo; head -n 1 events; } | offsync replay - --subject order/1
  offsync: stdin: line 1, byte 0: the line is over 262144 bytes (too_large)
  {"subject":"order/1","fields":{"n":7,"what":"nails"}}
  [65]

A field that is written in two kinds is told, whatever the order of the lines.

  $ echo '{"specversion":"1.0","id":"a","source":"/s","type":"t","subject":"f/1","time":"2024-01-01T10:00:00Z","data":{"inc":{"n":1}}}' > kinds
  $ echo '{"specversion":"1.0","id":"b","source":"/s","type":"t","subject":"f/1","time":"2024-01-01T10:00:01Z","data":{"set":{"n":5}}}' >> kinds
  $ offsync replay kinds
  offsync: f/1: the field 'n' is written as a register (event b of /s) and as a counter (event a of /s); only one is shown (kind_mismatch)
  {"subject":"f/1","fields":{"n":5}}
  [65]
  $ tac kinds | offsync replay - --strict
  offsync: f/1: the field 'n' is written as a register (event b of /s) and as a counter (event a of /s); only one is shown (kind_mismatch)
  [65]

What is no NDJSON at all is told once.

  $ gzip -k events; zstd -q events; jq -s . events > array; jq -sc . events > line; iconv -t UTF-16 events > wide
  $ for file in events.gz events.zst array line wide; do offsync replay $file; echo $?; done
  offsync: events.gz is compressed with gzip; unpack it first, with gzip -dc
  65
  offsync: events.zst is compressed with zstd; unpack it first, with zstd -dc
  65
  offsync: array is a JSON array; make it one event a line first, with jq -c '.[]'
  65
  offsync: line is a JSON array; make it one event a line first, with jq -c '.[]'
  65
  offsync: wide is UTF-16; make it UTF-8 first, with iconv -f UTF-16 -t UTF-8
  65

The replica's own log gives what state says; so do the proxy's pages and its snapshot.

  $ offsync replay
  offsync: there is no replica in this folder or above it, or in <folder>/data/offsync; make one with: offsync init
  [66]
  $ proxy_start
  $ offsync init -q --remote "$url" --source /people/anna
  $ offsync sync -q
  $ offsync emit -q --batch events
  $ offsync emit -q order.noted order/1 note=late > event
  $ offsync sync -q
  $ offsync state --offline > state
  $ cat state
  {"subject":"order/1","fields":{"n":8,"note":"late","paid":true,"visits":1,"what":"nails"}}
  $ offsync replay | cmp - state
  $ offsync log | offsync replay - | cmp - state
  $ curl -s "$url/events" | offsync replay - | cmp - state
  $ curl -s "$url/state" | offsync replay - | cmp - state
  $ offsync replay "$url" | cmp - state
  $ offsync replay "$url/events" | cmp - state
  $ offsync replay "$url" --until 1
  {"subject":"order/1","fields":{"n":7,"what":"nails"}}
  $ offsync replay "$url" --after 2 -n 1 --type order.noted
  {"subject":"order/1","fields":{"note":"late"}}
  $ offsync replay http://127.0.0.1:1/v1/spaces/shop
  offsync: GET http://127.0.0.1:1/v1/spaces/shop/events failed: Failed to connect to 127.0.0.1 port 1: Connection refused; is the proxy running there?
  [69]
  $ offsync replay http://127.0.0.1:1/events
  offsync: the remote 'http://127.0.0.1:1' cannot be used: it names no space; it looks like http://127.0.0.1:8080/v1/spaces/NAME
  [78]
  $ offsync replay --until 1
  {"subject":"order/1","fields":{"n":7,"what":"nails"}}

A log that was compacted: the state that the proxy has made of it, or what is left of the events.

  $ for n in 1 2; do offsync init -q -C r$n --remote "$url"; offsync sync -q -C r$n; done
  $ for n in 1 2; do offsync emit -q order.noted note/$n note=new > event; done; offsync sync -q
  $ offsync emit -q -C r1 order.noted note/3 note=more > event
  $ offsync state --offline > state
  $ proxy_stop; offsync-proxy compact --store sqlite:proxy.db --space shop --keep 1; proxy_start
  space shop: forgot events 1 to 6, 1 is left
  $ offsync replay "$url" | cmp - state
  the proxy keeps no events before 7 any more: this is its state, at <epoch1>-7
  $ offsync replay "$url" --subject note/2
  the proxy keeps no events before 7 any more: this is its state, at <epoch1>-7
  {"subject":"note/2","fields":{"note":"new"}}
  $ offsync replay "$url" --after 6
  {"subject":"note/2","fields":{"note":"new"}}
  $ offsync replay "$url" --since 7 --type order.noted
  {"subject":"note/2","fields":{"note":"new"}}
  $ offsync replay "$url" --after 9
  $ offsync replay "$url" --after 3
  offsync: the proxy keeps no events before 7 any more, but the state that they and the others make, at 7; take all that is left with --after 6, or the state, with no filter but --subject
  [65]
  $ offsync replay "$url" --until 4 > out 2>&1
  [65]
  $ offsync replay "$url" --type order.noted > out 2>&1
  [65]
  $ offsync replay "$url" --after otherepoch-4 2>&1 | sed "s/which is .*;/which is ID;/"
  offsync: the cursor otherepoch-4 is of another log than the proxy's, which is ID; run it again without --after

Who is behind that is told the same by sync.

  $ offsync sync -C r1 --dry-run
  would push 1 and take the whole state at 7; of the events in between the log keeps none before 7 any more
  $ offsync sync -C r1 --push
  offsync: the push of 1 event cannot go on: events right behind sequence 5 are not kept any more, the oldest is 7; fetch the state and go on from its cursor; what is queued stays queued; sync with a pull, so that the replica can follow the log
  nothing is lost; 1 event stays queued
  [75]
  $ offsync sync -C r1
  pushed 1, pulled the whole state and 1 event, 0 conflicts, 0 rejected

What a replica has behind its snapshot needs not the snapshot.

  $ offsync replay -C r1 --after 5 2>&1 | cut -d, -f 1
  offsync: the log begins with a snapshot at sequence 7
  $ offsync replay -C r1 --after 7
  {"subject":"note/3","fields":{"note":"more"}}
  $ offsync replay -C r1 --since 8 -n 1
  {"subject":"note/3","fields":{"note":"more"}}
