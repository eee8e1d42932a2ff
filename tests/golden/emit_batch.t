  $ offsync init -q --source /people/anna
  $ cat > good <<'END'
  > {"type":"todo.created","subject":"todo/1","data":{"create":true,"set":{"title":"One"}}}
  > {"type":"todo.created","subject":"todo/2","data":{"create":true,"set":{"title":"Two"}}}
  > END
  $ offsync emit --batch good
  queued 2
  $ offsync emit --batch - < good
  queued 2
  $ offsync emit -q --batch good
  $ offsync status --offline | grep queue
  queue      6 queued, 0 accepted, 0 rejected, 0 held

CloudEvents from elsewhere keep their id, source and time, and are stamped from them.

  $ cat > foreign <<'END'
  > {"specversion":"1.0","id":"A-1","source":"/warehouse","type":"stock.set","subject":"item/7","time":"2020-02-02T10:00:00Z","data":{"set":{"count":3}}}
  > END
  $ offsync emit --batch foreign -o json
  [
  {"specversion":"1.0","id":"A-1","source":"/warehouse","type":"stock.set","subject":"item/7","time":"2020-02-02T10:00:00Z","stamp":"01700557b900-0000-367ee1dd0a8eb204","data":{"set":{"count":3}}}
  ]
  queued 1
  $ offsync emit --batch foreign
  queued 0, 1 already there
  $ offsync queue list -o ndjson | tail -n 1
  {"n":7,"state":"queued","event":{"specversion":"1.0","id":"A-1","source":"/warehouse","type":"stock.set","subject":"item/7","time":"2020-02-02T10:00:00Z","stamp":"01700557b900-0000-367ee1dd0a8eb204","data":{"set":{"count":3}}}}
  $ offsync state item/7 --stamps
  {"subject":"item/7","fields":{"count":3},"by":{"count":{"stamp":"01700557b900-0000-367ee1dd0a8eb204","time":"2020-02-02T10:00:00.000Z","source":"/warehouse","id":"A-1"}}}

Bad lines are told with number and byte and left out; the others are kept.

  $ cat > mixed <<'END'
  > {"type":"todo.created","subject":"todo/3","data":{"set":{"title":"Three"}}}
  > {"type":"todo.created","subject":"todo/4","data":{"set":{"title":}}}
  > 
  > {"type":"todo.created","subject":"nobody","data":{}}
  > {"type":"todo.created","subject":"todo/5","data":{"set":{"title":"Five"}}}
  > not JSON
  > END
  $ offsync emit --batch mixed
  offsync: mixed: line 2, byte 76: it is not well-formed JSON (malformed)
  offsync: mixed: line 4, byte 146: the subject "nobody" is not kind/id, such as todo/1 (bad_attribute)
  offsync: mixed: line 6, byte 274: an event is a JSON object, and this is none (malformed)
  queued 2, 3 refused
  [65]
  $ offsync state --offline 'todo/*' | grep todo
  {"subject":"todo/1","fields":{"title":"One"}}
  {"subject":"todo/2","fields":{"title":"Two"}}
  {"subject":"todo/3","fields":{"title":"Three"}}
  {"subject":"todo/5","fields":{"title":"Five"}}

Lines may end as they do elsewhere; white space before the end is no part of them, and no line by itself.

  $ offsync init -q -C ends --source /people/ben
  $ printf '\357\273\277{"type":"t","subject":"a/1","data":{}}\r\n\r\n{"type":"t","subject":"a/2","data":{}} \r\r\n \t\n\r\r\nbad\r\n' | offsync emit -C ends --batch -
  offsync: stdin: line 6, byte 93: an event is a JSON object, and this is none (malformed)
  queued 2, 1 refused
  [65]

--strict stops at the first; what came before it is kept.

  $ offsync init -q -C strict --source /people/ben
  $ offsync emit -C strict --batch mixed --strict
  offsync: mixed: line 2, byte 76: it is not well-formed JSON (malformed)
  queued 1, 1 refused
  [65]
  $ offsync state -C strict --offline -o ndjson
  {"subject":"todo/3","fields":{"title":"Three"}}

A dry run prints what would be queued and keeps nothing, not even good lines.

  $ offsync init -q -C dry --source /people/ben
  $ offsync emit -C dry --batch mixed --dry-run
  offsync: mixed: line 2, byte 76: it is not well-formed JSON (malformed)
  offsync: mixed: line 4, byte 146: the subject "nobody" is not kind/id, such as todo/1 (bad_attribute)
  offsync: mixed: line 6, byte 274: an event is a JSON object, and this is none (malformed)
  {"specversion":"1.0","id":"<id1>","source":"/people/ben","type":"todo.created","subject":"todo/3","time":"<TIME>","stamp":"<stamp1>","clientseq":"1","data":{"base":{},"set":{"title":"Three"}}}
  {"specversion":"1.0","id":"<id2>","source":"/people/ben","type":"todo.created","subject":"todo/5","time":"<TIME>","stamp":"<stamp2>","clientseq":"2","data":{"base":{},"set":{"title":"Five"}}}
  would queue 2, 3 refused
  [65]
  $ offsync queue -C dry

Files.

  $ offsync emit --batch nothing
  offsync: cannot open nothing: No such file or directory
  [66]
  $ offsync emit --batch .
  offsync: . is a folder; give a file, or - for stdin
  [66]
  $ : > empty; offsync emit --batch empty
  queued 0

  $ offsync init -q -C output --source /people/anna
  $ echo '{"type":"t","subject":"a/1","data":{"set":{"n":1}}}' | OFFSYNC_OUTPUT=ndjson offsync emit -C output --batch -
  queued 1
  $ echo '{"type":"t","subject":"a/2","data":{"set":{"n":1}}}' | offsync emit -C output -q --batch - -o ndjson | jq -r .subject
  a/2

Own events count as written now, whatever they say of themselves.

  $ offsync init -q -C anew --source /me
  $ cat > old <<'END'
  > {"type":"t","subject":"a/1","time":"2020-01-01T00:00:00Z","data":{"set":{"n":1}}}
  > {"type":"t","subject":"a/1","stamp":"016f5e66e800-0000-0000000000000001","data":{"set":{"n":2}}}
  > {"type":"t","subject":"a/1","source":"/me","id":"x","clientseq":"99","data":{"set":{"n":3}}}
  > {"type":"t","subject":"a/1","source":"/other","id":"x","time":"2020-01-01T00:00:00Z","data":{"set":{"n":4}}}
  > END
  $ offsync emit -C anew --batch old
  old: line 1, byte 0: its time 2020-01-01T00:00:00Z is kept, but it counts as written now; what is to count from then has an id and a source of its own
  old: line 2, byte 82: its stamp is not kept: an event of this replica's own is written now; what is to count from then has an id and a source of its own
  old: line 3, byte 179: its clientseq is not kept: an event of this replica's own is written now; what is to count from then has an id and a source of its own
  queued 4, 3 that count as written now
  $ offsync state -C anew --offline
  {"subject":"a/1","fields":{"n":3}}
  $ offsync queue export -C anew > own && offsync emit -C anew --batch own
  queued 0, 4 already there
  $ offsync init -q -C strict2 --source /me
  $ offsync emit -C strict2 --batch old --strict
  old: line 1, byte 0: its time 2020-01-01T00:00:00Z is kept, but it counts as written now; what is to count from then has an id and a source of its own
  offsync: old: line 2, byte 82: its stamp is not kept: an event of this replica's own is written now; what is to count from then has an id and a source of its own (own_stamp)
  queued 1, 1 refused, 1 that count as written now
  [65]
