  $ proxy_start
  $ two_people
  $ offsync emit -q -C a todo.created todo/1 title="Buy milk" --create > event
  $ offsync emit -q -C a todo.renamed todo/1 title="Buy oat milk" > event
  $ offsync emit -q -C a note.written note/1 text=Hello > event
  $ offsync sync -q -C a

The whole log, or what this replica has not received yet, or what is new; it ends where it is told to.

  $ offsync watch -C b --from beginning -n 2 -o text
  1  <time>  /people/anna  todo.created  todo/1  created, title="Buy milk"
  2  <time>  /people/anna  todo.renamed  todo/1  title="Buy oat milk"
  ended at <epoch1>-2; to go on behind it: offsync watch -C b -n 2 -o text --after <epoch1>-2
  $ offsync watch -C b --from beginning -n 3 | jq -c '[.sequence, .subject, .data.set]'
  ["1","todo/1",{"title":"Buy milk"}]
  ["2","todo/1",{"title":"Buy oat milk"}]
  ["3","note/1",{"text":"Hello"}]
  $ offsync watch -C a -q -n 1 --timeout 20
  [1]
  $ offsync watch -C a -q --from now --timeout 20
  $ offsync watch -C a -q --after 1 -n 1 | jq -r .sequence
  2
  $ offsync watch -C a -q --from beginning --type 'note.*' -n 1 | jq -r .subject
  note/1

It sends what is queued, and prints it as the log has it.

  $ offsync emit -q -C a todo.done todo/1 done:=true > event
  $ offsync watch -C a -q -n 1 | jq -c '[.sequence, .type]'
  ["4","todo.done"]
  $ offsync status -C a | tail -n 1
  verdict    synced

A command for each event.

  $ offsync watch -C b -q --from beginning -n 2 --exec 'echo "$OFFSYNC_EVENT_SEQUENCE $OFFSYNC_EVENT_TYPE $OFFSYNC_EVENT_SUBJECT $(jq -c .data.set)"'
  1 todo.created todo/1 {"title":"Buy milk"}
  2 todo.renamed todo/1 {"title":"Buy oat milk"}
  $ offsync watch -C b -q --from beginning -n 2 --exec 'exit 3'
  offsync: event 1 (todo.created todo/1): the command ended with exit code 3
  offsync: event 2 (todo.renamed todo/1): the command ended with exit code 3
  [75]
  $ offsync watch -C b -q --from beginning -n 2 --exec 'exit 3' --exec-fail stop
  offsync: event 1 (todo.created todo/1): the command ended with exit code 3
  offsync: ended at <epoch1>-1, whose command failed; to go on with it: offsync watch -C b -q -n 2 --exec "exit 3" --exec-fail stop --after <epoch1>-0
  [75]

What cannot be.

  $ offsync watch -C a --from yesterday
  offsync: --from: 'yesterday' is not one of stored, now, beginning; see: offsync watch --help
  [2]
  $ offsync watch -C a --timeout soon
  offsync: --timeout: 'soon' is not a time above 0, in seconds or as 90s, 5m or 2h; see: offsync watch --help
  [2]
  $ offsync watch -C a --timeout 0
  offsync: --timeout: '0' is not a time above 0, in seconds or as 90s, 5m or 2h; see: offsync watch --help
  [2]
  $ offsync watch -C a --exec true --exec-fail never
  offsync: --exec-fail: 'never' is not one of continue, stop; see: offsync watch --help
  [2]
  $ offsync watch -C a -n some
  offsync: -n: 'some' is not a whole number from 0 to 18446744073709551615; see: offsync watch --help
  [2]
  $ offsync watch -C a --from now --after 1
  offsync: --after and --from contradict each other
  [2]
  $ offsync watch -C a --after nothing
  offsync: --after: 'nothing' is not a cursor (epoch-sequence) or a sequence
  [2]
  $ offsync init -q -C c
  $ offsync watch -C c
  offsync: this replica has no remote; give it one with: offsync remote set URL (or --remote URL, for one command)
  [78]

Without the proxy it tries again, until its time is over.

  $ proxy_stop
  $ offsync watch -C a --timeout 15 2>&1 | sed -E 's/in [0-9.]+ s/in <s>/' | head -n 1
  the stream after <epoch1>-4 did not come through: GET http://127.0.0.1:<port1>/v1/spaces/shop/events failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; trying again in <s>
