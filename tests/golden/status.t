  $ offsync init -q --source /people/anna
  $ offsync status
  replica    <folder>/.offsync
  source     /people/anna
  remote     none
  cursor     never pulled
  head       never heard of
  lag        0 or more
  queue      0 queued, 0 accepted, 0 rejected, 0 held
  conflicts  0 open
  clock      no offset to the proxy is known
  last sync  never
  answer     from the replica
  verdict    no remote: nothing leaves this machine
  $ offsync status --json
  {"replica":"<folder>/.offsync","source":"/people/anna","former_sources":[],"node":"<node1>","remote":null,"cursor":null,"head":0,"lag":0,"queue":{"queued":0,"accepted":0,"rejected":0,"held":0},"lost":0,"conflicts":0,"consumers":[],"clock_offset_ms":null,"last_sync":null,"answered_by":"replica","synced":false,"problem":null}
  $ offsync status --require-proxy
  offsync: this replica has no remote; give it one with: offsync remote set URL (or --remote URL, for one command)
  [78]
  $ proxy_start
  $ two_people
  $ offsync status -C a
  replica    <folder>/a/.offsync
  source     /people/anna
  remote     http://127.0.0.1:<port1>/v1/spaces/shop
  cursor     never pulled
  head       0
  lag        0
  queue      0 queued, 0 accepted, 0 rejected, 0 held
  conflicts  0 open
  clock      <offset>
  last sync  never
  answer     from the proxy
  verdict    not synced: never pulled
  $ offsync emit -q -C a todo.created todo/1 title="Buy milk" > event
  $ offsync status -C a --json
  {"replica":"<folder>/a/.offsync","source":"/people/anna","former_sources":[],"node":"<node2>","remote":"http://127.0.0.1:<port1>/v1/spaces/shop","cursor":null,"head":0,"lag":0,"queue":{"queued":1,"accepted":0,"rejected":0,"held":0},"lost":0,"conflicts":0,"consumers":[],"clock_offset_ms":<ms>,"last_sync":null,"answered_by":"proxy","synced":false,"problem":null}
  $ offsync sync -q -C a
  $ offsync status -C a
  replica    <folder>/a/.offsync
  source     /people/anna
  remote     http://127.0.0.1:<port1>/v1/spaces/shop
  cursor     <epoch1>-1
  head       1
  lag        0
  queue      0 queued, 0 accepted, 0 rejected, 0 held
  conflicts  0 open
  clock      <offset>
  last sync  <time>, <age>
  answer     from the proxy
  verdict    synced
  $ offsync status -C a -o json | jq -c '[.answered_by, .synced, .lag, .problem]'
  ["proxy",true,0,null]

Somebody else has written; asked alone, the replica cannot know.

  $ offsync emit -q -C b todo.done todo/1 done:=true > event
  $ offsync sync -q -C b
  $ offsync status -C a --offline | grep -E 'head|lag|answer|verdict'
  head       1 (when last heard of)
  lag        0 or more
  answer     from the replica
  verdict    not known to be synced: the proxy was not asked or did not answer
  $ offsync status -C a | grep -E 'head|lag|answer|verdict'
  head       2
  lag        1
  answer     from the proxy
  verdict    not synced: 1 to pull
  $ offsync status -C a --remote shop
  the remote 'shop' cannot be used: no http or https URL; it looks like http://127.0.0.1:8080/v1/spaces/NAME
  replica    <folder>/a/.offsync
  source     /people/anna
  remote     shop
  cursor     <epoch1>-1
  head       2 (when last heard of)
  lag        1 or more
  queue      0 queued, 0 accepted, 0 rejected, 0 held
  conflicts  0 open
  clock      <offset>
  last sync  <time>, <age>
  answer     from the replica
  verdict    not synced: the proxy was not asked or did not answer, 1 to pull

Another log has answered, and not ours.

  $ offsync status -C a --remote "${url%shop}shpo" 2> errors | grep -E '^(answer|verdict)'
  answer     from the replica
  verdict    not synced: the remote has another log than that of this replica, 1 to pull
  $ grep -c 'has another log than that of this replica' errors
  1
  $ offsync status -C a --remote "${url%shop}shpo" --check 2> errors
  [78]

For scripts: nothing is said where all is well.

  $ offsync status -C a --check
  offsync: not synced: 1 to pull
  [1]
  $ offsync sync -q -C a
  $ offsync status -C a --check
  $ offsync status -C a --check --json | jq .synced
  true
  $ offsync status -C a --check --offline
  offsync: --offline and --check contradict each other; see: offsync status --help
  [2]
  $ offsync status --check
  offsync: this replica has no remote; give it one with: offsync remote set URL (or --remote URL, for one command)
  [78]

Without the proxy nothing is called synced.

  $ offsync sync -q -C a
  $ proxy_stop
  $ offsync status -C a
  GET http://127.0.0.1:<port1>/v1/spaces/shop failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  replica    <folder>/a/.offsync
  source     /people/anna
  remote     http://127.0.0.1:<port1>/v1/spaces/shop
  cursor     <epoch1>-2
  head       2 (when last heard of)
  lag        0 or more
  queue      0 queued, 0 accepted, 0 rejected, 0 held
  conflicts  0 open
  clock      <offset>
  last sync  <time>, <age>
  answer     from the replica
  verdict    not known to be synced: the proxy was not asked or did not answer
  $ offsync status -C a --json -q
  {"replica":"<folder>/a/.offsync","source":"/people/anna","former_sources":[],"node":"<node2>","remote":"http://127.0.0.1:<port1>/v1/spaces/shop","cursor":"<epoch1>-2","head":2,"lag":0,"queue":{"queued":0,"accepted":0,"rejected":0,"held":0},"lost":0,"conflicts":0,"consumers":[],"clock_offset_ms":<ms>,"last_sync":"<TIME>","answered_by":"replica","synced":false,"problem":"GET http://127.0.0.1:<port1>/v1/spaces/shop failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?"}
  $ offsync status -C a --check
  offsync: GET http://127.0.0.1:<port1>/v1/spaces/shop failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  [69]
  $ offsync status -C a --require-proxy
  offsync: GET http://127.0.0.1:<port1>/v1/spaces/shop failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  [69]
  $ offsync status -C a --offline --require-proxy
  offsync: --offline and --require-proxy contradict each other; see: offsync status --help
  [2]

A copy of the file is another replica. Who opens it first says so, and whoever asks sees it.

  $ offsync init -q -C till --source /clients/till-3; cp -r till other
  $ offsync doctor -C other | sed 's/^pages .*/pages      N/'
  file       <folder>/other/.offsync/replica.db
  source     /clients/till-3
  pages      N
  log        0 events
  queue      0
  entities   0
  conflicts  0
  note       this file is a copy, or was moved: who uses it next goes on under another source
  verdict    sound
  $ offsync doctor -C other --json | jq -c '[.source, .former_sources, .moved]'
  ["/clients/till-3",[],true]
  $ offsync emit -C other -q todo.created todo/1 title=Milk | jq -r .source | sed 's,till-3/[0-9a-f]*,till-3/NODE,'
  /clients/till-3/NODE
  $ rm -r other; cp -r till other
  $ offsync emit -C other todo.created todo/1 title=Milk 2>&1 > event | sed 's,till-3/[0-9a-f]*,till-3/NODE,'
  the file of this replica is a copy, or was moved: it goes on as /clients/till-3/NODE, and not as /clients/till-3 any more
  $ offsync status -C other --offline | sed -n 2p | sed 's,till-3/[0-9a-f]*,till-3/NODE,'
  source     /clients/till-3/NODE, formerly /clients/till-3
  $ offsync status -C other --offline --json | jq -c '[.source, .former_sources]' | sed 's,till-3/[0-9a-f]*,till-3/NODE,'
  ["/clients/till-3/NODE",["/clients/till-3"]]
  $ offsync doctor -C other | sed -n '2p;/note/p' | sed 's,till-3/[0-9a-f]*,till-3/NODE,'
  source     /clients/till-3/NODE, formerly /clients/till-3
  $ offsync status -C till --offline --json | jq -c '[.source, .former_sources]'
  ["/clients/till-3",[]]

The object is printed, too, where nobody answers.

  $ offsync init -q -C far --remote http://127.0.0.1:1/v1/spaces/shop --source /people/far
  $ offsync status -C far --check --json 2> said | jq -c '[.answered_by, .synced, (.problem | length > 0)]'
  ["replica",false,true]
  $ wc -l < said | tr -d ' '
  1
  $ offsync status -C far --require-proxy --json > out 2> said
  [69]
  $ jq -r .answered_by out
  replica
  $ offsync status -C far --check > out 2> said
  [69]
  $ cat out
