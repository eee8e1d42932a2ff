Anna and Ben write the title, neither has seen the other; Ben's write is the later one.

  $ proxy_start
  $ two_people
  $ offsync conflicts -C a -o text
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  there is no conflict
  $ offsync conflicts -C a --exit-code
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  $ make_conflict
  $ offsync conflicts -C a -o text
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  <id1>  todo/1 title  "Buy rice milk" by /people/ben over "Buy oat milk" by /people/anna  open
  $ offsync conflicts list -C b
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  {"id":"<id1>","subject":"todo/1","field":"title","current":{"stamp":"<stamp1>","id":"<id2>","source":"/people/anna","value":"Buy oat milk"},"incoming":{"stamp":"<stamp2>","id":"<id3>","source":"/people/ben","value":"Buy rice milk"},"winner":"incoming","rule":"last-write","base":"<stamp3>","sequence":"4","recordedtime":"<TIME>"}
  $ offsync conflicts -C a -o json | jq -c '.[] | [.subject, .field, .winner, .current.value, .incoming.value]'
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  ["todo/1","title","incoming","Buy oat milk","Buy rice milk"]
  $ offsync conflicts -C a --exit-code -o text
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  <id1>  todo/1 title  "Buy rice milk" by /people/ben over "Buy oat milk" by /people/anna  open
  [1]
  $ offsync conflicts -C a --offline --exit-code -o text
  <id1>  todo/1 title  "Buy rice milk" by /people/ben over "Buy oat milk" by /people/anna  open
  [1]
  $ offsync log -C a --type 'offsync.*' -o text
         4  <time>  /proxy  offsync.conflict  todo/1  title: "Buy rice milk" over "Buy oat milk" (last-write)

  $ id=$(offsync conflicts -C a 2> /dev/null | first id)
  $ offsync conflicts show -C a "$id" -o text
  conflict  <id1>
  entity    todo/1
  field     title
  current   "Buy oat milk"  by /people/anna  at <time>  (loser)
            event <id2>
  incoming  "Buy rice milk"  by /people/ben  at <time>  (winner)
            event <id3>
  base      <stamp3>
  rule      last-write
  recorded  <TIME> at sequence 4
  state     open
  $ offsync conflicts show -C a "${id:0:8}"
  {"id":"<id1>","subject":"todo/1","field":"title","current":{"stamp":"<stamp1>","id":"<id2>","source":"/people/anna","value":"Buy oat milk"},"incoming":{"stamp":"<stamp2>","id":"<id3>","source":"/people/ben","value":"Buy rice milk"},"winner":"incoming","rule":"last-write","base":"<stamp3>","sequence":"4","recordedtime":"<TIME>"}
  $ offsync conflicts show -C a "$id" --exit-code -o text | head -n 1
  conflict  <id1>

What cannot be.

  $ offsync conflicts frob -C a
  offsync: conflicts has no action 'frob'; see: offsync conflicts --help
  [2]
  $ offsync conflicts show -C a
  offsync: conflicts show needs an ID; see: offsync conflicts --help
  [2]
  $ offsync conflicts list -C a "$id"
  offsync: conflicts list takes no ID; see: offsync conflicts --help
  [2]
  $ offsync conflicts show -C a nothing
  offsync: there is no conflict nothing; see what is there with: offsync conflicts
  [66]
  $ offsync conflicts -C a --offline --require-proxy
  offsync: --offline and --require-proxy contradict each other; see: offsync conflicts --help
  [2]
  $ offsync resolve -C a
  offsync: resolve needs the ID of a conflict; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id"
  offsync: resolve needs one of --ours, --theirs and --value; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id" --ours --theirs
  offsync: resolve needs one of --ours, --theirs and --value; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id" --ours --value 1
  offsync: resolve needs one of --ours, --theirs and --value; see: offsync resolve --help
  [2]
  $ offsync resolve -C a nothing --ours
  offsync: there is no conflict nothing; see what is there with: offsync conflicts
  [66]
  $ offsync resolve -C a "$id" --value 'Buy beer'
  offsync: --value: it is not well-formed JSON; text is written in quotes: --value '"Buy milk"'
  [65]
  $ offsync queue -C a

Ours is Anna's. It is no longer open here, and after the sync nowhere.

  $ offsync resolve -C a "${id:0:8}" --ours -o text
  queued conflict.resolved todo/1: title="Buy oat milk"
  $ offsync conflicts -C a -o text
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  there is no conflict
  $ offsync conflicts -C b -o text
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  <id1>  todo/1 title  "Buy rice milk" by /people/ben over "Buy oat milk" by /people/anna  open
  $ offsync conflicts -C a --all --offline -o text
  <id1>  todo/1 title  "Buy rice milk" by /people/ben over "Buy oat milk" by /people/anna  resolved
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync sync -C b
  pushed 0, pulled 1, 0 conflicts, 0 rejected
  $ offsync conflicts -C b -o text
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  there is no conflict
  $ offsync conflicts -C b --exit-code
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  $ offsync conflicts show -C b "$id" -o text | tail -n 1
  state     resolved by <id4>
  $ offsync conflicts -C b --all --offline | jq -r .resolved_by
  <id4>
  $ offsync state -C b -o text
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  todo/1
    title  "Buy oat milk"
  $ offsync resolve -C b "$id" --theirs
  offsync: conflict <id1> is resolved already, by event <id4>; change the field with: offsync emit
  [2]

Theirs, and a value of one's own.

  $ make_conflict
  $ id=$(offsync conflicts -C a -q | first id)
  $ offsync resolve -C b "$id" --theirs | jq -c '[.type, .subject, .causationid == "'"$id"'", .data.set]'
  ["conflict.resolved","todo/1",true,{"title":"Buy oat milk"}]
  $ offsync sync -q -C b
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ make_conflict
  $ id=$(offsync conflicts -C a -q | first id)
  $ offsync resolve -C b "$id" --value '"Buy no milk"' -o text
  queued conflict.resolved todo/1: title="Buy no milk"
  $ offsync sync -q -C b
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync sync -q -C a
  pushed 0, pulled 1, 0 conflicts, 0 rejected
  $ offsync state -C a --offline
  {"subject":"todo/1","fields":{"title":"Buy no milk"}}

Without the proxy the replica answers, and says so; who insists on the proxy gets 69.

  $ proxy_stop
  $ offsync conflicts -C a
  conflicts as the replica knows them: GET http://127.0.0.1:<port1>/v1/spaces/shop/conflicts failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused
  {"id":"<id5>","subject":"todo/1","field":"title","current":{"stamp":"<stamp4>","id":"<id6>","source":"/people/anna","value":"Buy oat milk"},"incoming":{"stamp":"<stamp5>","id":"<id7>","source":"/people/ben","value":"Buy rice milk"},"winner":"incoming","rule":"last-write","base":"<stamp6>","sequence":"15","recordedtime":"<TIME>"}
  $ offsync conflicts -C a --require-proxy
  offsync: GET http://127.0.0.1:<port1>/v1/spaces/shop/conflicts failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  [69]
