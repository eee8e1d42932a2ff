JSON objects may go over lines, or stand in one; a file of them is a file of events.

  $ offsync init -q --source /people/anna
  $ cat > compact <<'END'
  > {"specversion":"1.0","id":"a","source":"/s","type":"t","subject":"todo/1","time":"2020-01-01T00:00:00Z","data":{"set":{"title":"One"}}}
  > {"specversion":"1.0","id":"b","source":"/s","type":"t","subject":"todo/2","time":"2020-01-02T00:00:00Z","data":{"set":{"title":"{Two}"}}}
  > {"specversion":"1.0","id":"c","source":"/s","type":"t","subject":"todo/3","time":"2020-01-03T00:00:00Z","data":{"set":{"title":"Three"}}}
  > END
  $ jq . compact > pretty
  $ tr -d '\n' < compact > one_line
  $ { printf '\357\273\277'; sed 's/$/\r/' pretty; } > windows
  $ for file in compact pretty one_line windows; do offsync replay $file | md5sum; done | uniq | wc -l | tr -d ' '
  1
  $ offsync replay pretty
  {"subject":"todo/1","fields":{"title":"One"}}
  {"subject":"todo/2","fields":{"title":"{Two}"}}
  {"subject":"todo/3","fields":{"title":"Three"}}
  $ offsync emit --batch pretty
  queued 3
  $ offsync emit --batch - < one_line
  queued 0, 3 already there
  $ offsync emit --batch windows
  queued 0, 3 already there

One that is bad is told once, where it begins, and takes nothing along.

  $ jq . compact | sed -e '/"title": "{Two}"/s/"{/{/' -e '1,2s/,$/,,/' > bad
  $ offsync replay bad
  offsync: bad: line 1, byte 0: it is not well-formed JSON (malformed)
  offsync: bad: line 14, byte 188: a string is not closed (malformed)
  {"subject":"todo/3","fields":{"title":"Three"}}
  [65]
  $ { head -n 7 pretty; cat compact; } | offsync replay - 2>&1 | head -n 2
  offsync: stdin: line 1, byte 0: the JSON object does not end; is the line cut off? (malformed)
  {"subject":"todo/1","fields":{"title":"One"}}

What stands behind an event is called that, however it comes.

  $ for behind in ' garbage' , //x ' x' }; do
  >   echo '{"type":"a","subject":"k/1"}'"$behind" | offsync emit --dry-run -q --batch -
  >   echo '{"specversion":"1.0","id":"1","source":"/s","type":"a","subject":"k/1"}'"$behind" | offsync replay -
  > done
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  offsync: stdin: line 1, byte 0: there is text behind the event's closing brace (malformed)
  [65]
  $ echo '{"type":"a","subject":"k/1"' | offsync emit --dry-run -q --batch -
  offsync: stdin: line 1, byte 0: the JSON object does not end; is the line cut off? (malformed)
  [65]

A byte order mark in front of --data, too.

  $ printf '\357\273\277{"set":{"x":1}}\r\n' > data.json
  $ offsync emit a.b c/1 --data @data.json -o text
  queued a.b c/1: x=1
  $ offsync emit a.b c/1 --data - -o text < data.json
  queued a.b c/1: x=1

An event that changes something and of which nobody knows when is told, and no other.

  $ cat > timeless <<'END'
  > {"specversion":"1.0","id":"a","source":"/s","type":"t","subject":"todo/1","data":{"set":{"title":"One"}}}
  > {"specversion":"1.0","id":"b","source":"/s","type":"t","subject":"todo/1","data":{}}
  > {"specversion":"1.0","id":"c","source":"/s","type":"t","subject":"todo/1","stamp":"01700557b900-0000-367ee1dd0a8eb204","data":{"set":{"title":"Two"}}}
  > END
  $ offsync replay - < timeless
  offsync: stdin: line 1, byte 0: the event has neither time nor stamp, so nobody knows what it comes before; give it a time, or take it into a replica with: offsync emit --batch (missing)
  {"subject":"todo/1","fields":{"title":"Two"}}
  [65]
  $ offsync replay timeless -n 1
  offsync: timeless: line 1, byte 0: the event has neither time nor stamp, so nobody knows what it comes before; give it a time, or take it into a replica with: offsync emit --batch (missing)
  [65]
  $ offsync init -q -C fresh --source /people/ben
  $ offsync emit -C fresh --batch timeless
  queued 3
