  $ proxy_start
  $ two_people

What is to be done, then done.

  $ offsync emit -q -C a todo.created todo/1 title="Buy milk" --create > event
  $ offsync emit -q -C a todo.created todo/2 title="Call Ben" --create > event
  $ offsync sync -C a --dry-run
  would push 2, pull 0
  $ offsync sync -C a --dry-run --json
  {"would_push":2,"would_pull":0,"would_take_snapshot":false,"head":0}
  $ offsync sync -C a
  pushed 2, pulled 2, 0 conflicts, 0 rejected
  $ offsync sync -C b
  pushed 0, pulled the whole state, 0 conflicts, 0 rejected
  $ offsync sync -C b
  pushed 0, pulled 0, 0 conflicts, 0 rejected

Where nobody can be told, it is done all the same.

  $ offsync sync -C b > /dev/full
  offsync: cannot write to the output: No space left on device
  offsync: the sync is done all the same: pushed 0, pulled 0, 0 conflicts, 0 rejected
  [74]
  $ offsync sync -C b >&-
  offsync: cannot write to the output: Bad file descriptor
  offsync: the sync is done all the same: pushed 0, pulled 0, 0 conflicts, 0 rejected
  [74]

One way only.

  $ offsync emit -q -C a todo.done todo/1 done:=true > event
  $ offsync emit -q -C b todo.done todo/2 done:=true > event
  $ offsync sync -C a --pull
  pushed 0, pulled 0, 0 conflicts, 0 rejected
  $ offsync sync -C a --push
  pushed 1, pulled 0, 0 conflicts, 0 rejected
  $ offsync status -C a | grep -E 'lag|queue|verdict'
  lag        1
  queue      0 queued, 1 accepted, 0 rejected, 0 held
  verdict    not synced: 1 to pull, 1 to come back
  $ offsync sync -C b --push --json
  {"pushed":1,"duplicate":0,"rejected":0,"held":0,"pulled":0,"conflicts":0,"snapshots":0,"again":0,"lost":0,"cursor":"<epoch1>-2","head":2,"queue":{"queued":0,"accepted":1,"rejected":0,"held":0}}
  $ offsync sync -C b --pull --json
  {"pushed":0,"duplicate":0,"rejected":0,"held":0,"pulled":2,"conflicts":0,"snapshots":0,"again":0,"lost":0,"cursor":"<epoch1>-4","head":4,"queue":{"queued":0,"accepted":0,"rejected":0,"held":0}}
  $ offsync sync -C a -o json
  {"pushed":0,"duplicate":0,"rejected":0,"held":0,"pulled":2,"conflicts":0,"snapshots":0,"again":0,"lost":0,"cursor":"<epoch1>-4","head":4,"queue":{"queued":0,"accepted":0,"rejected":0,"held":0}}

Both wrote the title: a conflict.

  $ offsync emit -q -C a todo.renamed todo/1 title=Oats > event
  $ sleep 0.01; offsync emit -q -C b todo.renamed todo/1 title=Rice > event
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync sync -C b
  pushed 1, pulled 3, 1 conflict, 0 rejected
  see who won, and decide: offsync conflicts
  $ offsync sync -C a -q

Without the proxy: exit code 69, nothing lost.

  $ proxy_stop
  $ offsync emit -q -C a todo.done todo/1 done:=true > event
  $ offsync queue export -C a > before
  $ offsync sync -C a
  offsync: the push of 1 event did not come through: POST http://127.0.0.1:<port1>/v1/spaces/shop/events failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  nothing is lost; 1 event stays queued
  [69]
  $ offsync sync -C a --pull
  offsync: the pull after <epoch1>-7 did not come through: GET http://127.0.0.1:<port1>/v1/spaces/shop/events failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  nothing is lost; 1 event stays queued
  [69]
  $ offsync sync -C a --json
  {"pushed":0,"duplicate":0,"rejected":0,"held":0,"pulled":0,"conflicts":0,"snapshots":0,"again":null,"lost":null,"cursor":"<epoch1>-7","head":7,"queue":{"queued":1,"accepted":0,"rejected":0,"held":0},"error":{"code":"connect","detail":"the push of 1 event did not come through: POST http://127.0.0.1:<port1>/v1/spaces/shop/events failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused","hint":"is the proxy running there?"}}
  offsync: the push of 1 event did not come through: POST http://127.0.0.1:<port1>/v1/spaces/shop/events failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  nothing is lost; 1 event stays queued
  [69]
  $ offsync sync -C a --dry-run
  offsync: GET http://127.0.0.1:<port1>/v1/spaces/shop failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  [69]
  $ offsync queue export -C a | cmp - before
  $ proxy_start
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync status -C a
  replica    <folder>/a/.offsync
  source     /people/anna
  remote     http://127.0.0.1:<port1>/v1/spaces/shop
  cursor     <epoch1>-8
  head       8
  lag        0
  queue      0 queued, 0 accepted, 0 rejected, 0 held
  conflicts  1 open
  clock      <offset>
  last sync  <time>, <age>
  answer     from the proxy
  verdict    synced

Settings.

  $ offsync init -q -C c
  $ offsync sync -C c
  offsync: this replica has no remote; give it one with: offsync remote set URL (or --remote URL, for one command)
  [78]
  $ offsync sync -C c --remote "$url"
  pushed 0, pulled the whole state, 1 conflict, 0 rejected
  see who won, and decide: offsync conflicts
  $ offsync sync -C c --remote shop
  offsync: the remote 'shop' cannot be used: no http or https URL; it looks like http://127.0.0.1:8080/v1/spaces/NAME
  [78]
  $ OFFSYNC_REMOTE=${url%shop}other offsync sync -C c
  offsync: http://127.0.0.1:<port1>/v1/spaces/other has another log than that of this replica: there is the space other, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/other --switch
  nothing is lost; nothing is queued
  [78]

What the proxy has accepted is not queued any more, and nothing is lost of it either.

  $ offsync emit -q -C a todo.done todo/1 done:=false > event
  $ offsync sync -q -C a --push
  $ proxy_stop
  $ offsync sync -C a 2>&1 | tail -n 1
  nothing is lost; nothing is queued, 1 accepted one has yet to come back
  $ offsync emit -q -C a todo.done todo/1 done:=true > event
  $ offsync sync -C a 2>&1 | tail -n 1
  nothing is lost; 1 event stays queued, 1 accepted one has yet to come back

The log lines of the proxy, both runs.

  $ cat proxy.log
  time=<TIME> level=info event=listening url=http://127.0.0.1:<port1> store=sqlite:<folder>/proxy.db version=0.1.0 pid=<pid>
  time=<TIME> level=info event=stopping signal=SIGTERM
  time=<TIME> level=info event=stopped
  time=<TIME> level=info event=listening url=http://127.0.0.1:<port1> store=sqlite:<folder>/proxy.db version=0.1.0 pid=<pid>
  time=<TIME> level=info event=stopping signal=SIGTERM
  time=<TIME> level=info event=stopped

A conflict that comes together with what resolves it is nobody's to decide.

  $ proxy_stop; proxy_start; url=${url%shop}fresh
  $ for who in d e f; do offsync init -q -C $who --remote "$url" --source /people/$who; done
  $ offsync emit -q -C d todo.created todo/1 title=Oats > event; offsync sync -q -C d
  $ offsync sync -q -C e; offsync sync -q -C f
  $ offsync emit -q -C d todo.renamed todo/1 title=Spelt > event
  $ sleep 0.01; offsync emit -q -C e todo.renamed todo/1 title=Rye > event
  $ offsync sync -q -C d; offsync sync -q -C e; offsync resolve -q -C e todo/1 --ours > event
  $ offsync sync -q -C e; offsync sync -C f
  pushed 0, pulled 4, 0 conflicts, 0 rejected
