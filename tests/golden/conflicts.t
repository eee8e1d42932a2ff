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
  <id1>  todo/1  title  "Buy rice milk"  by /people/ben  over  "Buy oat milk"  by /people/anna  open
  $ offsync conflicts list -C b
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  {"id":"<id1>","subject":"todo/1","field":"title","current":{"stamp":"<stamp1>","id":"<id2>","source":"/people/anna","value":"Buy oat milk"},"incoming":{"stamp":"<stamp2>","id":"<id3>","source":"/people/ben","value":"Buy rice milk"},"winner":"incoming","rule":"last-write","base":"<stamp3>","sequence":"4","recordedtime":"<TIME>"}
  $ offsync conflicts -C a -o json | jq -c '.[] | [.subject, .field, .winner, .current.value, .incoming.value]'
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  ["todo/1","title","incoming","Buy oat milk","Buy rice milk"]
  $ offsync conflicts -C a --exit-code -o text
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  <id1>  todo/1  title  "Buy rice milk"  by /people/ben  over  "Buy oat milk"  by /people/anna  open
  [1]
  $ offsync conflicts -C a --offline --exit-code -o text
  <id1>  todo/1  title  "Buy rice milk"  by /people/ben  over  "Buy oat milk"  by /people/anna  open
  [1]
  $ offsync log -C a --type 'offsync.*' -o text
  4  <time>  /proxy  offsync.conflict  todo/1  title: "Buy rice milk" over "Buy oat milk" (last-write)

  $ id=$(offsync conflicts -C a 2> /dev/null | first id)
  $ offsync conflicts show -C a "$id" -o text
  conflict  <id1>
  entity    todo/1
  field     title
  current   "Buy oat milk"  by /people/anna  at <time>  (ours, loser)
            event <id2>
  incoming  "Buy rice milk"  by /people/ben  at <time>  (theirs, winner)
            event <id3>
  base      <stamp3>
  rule      last-write
  recorded  <TIME> at sequence 4
  state     open
  now       title="Buy rice milk"  by /people/ben  at <time>
  decide    offsync resolve <id1> --ours      makes title="Buy oat milk" (by /people/anna)
            offsync resolve <id1> --theirs    makes title="Buy rice milk" (by /people/ben)
            offsync resolve <id1> --keep      leaves it as it is
  $ offsync conflicts show -C a --offline "${id:0:7}" 2>&1 | sed 's/conflict [0-9a-f]*;/conflict ID;/'
  offsync: there is no conflict ID; a part of an id has 8 characters or more; see what is there with: offsync conflicts
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
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  offsync: there is no conflict nothing; a part of an id has 8 characters or more; see what is there with: offsync conflicts
  [66]
  $ offsync conflicts -C a --offline --require-proxy
  offsync: --offline and --require-proxy contradict each other; see: offsync conflicts --help
  [2]
  $ offsync resolve -C a
  offsync: resolve needs the ID of a conflict, or --all; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id"
  offsync: resolve needs one of --ours, --theirs, --current, --incoming, --keep and --value; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id" --ours --theirs
  offsync: resolve needs one of --ours, --theirs, --current, --incoming, --keep and --value; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id" --ours --value 1
  offsync: resolve needs one of --ours, --theirs, --current, --incoming, --keep and --value; see: offsync resolve --help
  [2]
  $ offsync resolve -C a nothing --ours
  offsync: there is no conflict nothing; a part of an id has 8 characters or more; see what is there with: offsync conflicts
  [66]
  $ offsync resolve -C a "$id" --ours --current
  offsync: resolve needs one of --ours, --theirs, --current, --incoming, --keep and --value; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id" --all --ours
  offsync: resolve takes IDs or --all, not both; see: offsync resolve --help
  [2]
  $ offsync resolve -C a --all --value x
  offsync: --value is for one conflict; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id" other --value x
  offsync: --value is for one conflict; see: offsync resolve --help
  [2]
  $ offsync resolve -C a "$id" --value ':=Buy beer'
  offsync: --value :=Buy beer: it is not well-formed JSON; for plain text write: --value "Buy beer"
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
  <id1>  todo/1  title  "Buy rice milk"  by /people/ben  over  "Buy oat milk"  by /people/anna  open
  $ offsync conflicts -C a --all --offline -o text
  <id1>  todo/1  title  "Buy rice milk"  by /people/ben  over  "Buy oat milk"  by /people/anna  resolved to "Buy oat milk" by /people/anna
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
  state     resolved to "Buy oat milk" by /people/anna
  $ offsync conflicts -C b --all > out
  conflicts as of the last sync, <time>
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
  $ make_conflict
  $ id=$(offsync conflicts -C a -q | first id)
  $ offsync resolve -C b "$id" --value "Buy no milk" -o text
  queued conflict.resolved todo/1: title="Buy no milk"
  $ offsync sync -q -C b
  $ offsync sync -q -C a
  $ offsync state -C a --offline
  {"subject":"todo/1","fields":{"title":"Buy no milk"}}

JSON stands behind :=, and a SUBJECT for all conflicts of that entity.

  $ make_conflict
  $ offsync resolve -C a "$(offsync conflicts -C a -q | first id)" --value ':={"n":[1,2]}' -o text
  queued conflict.resolved todo/1: title={"n":[1,2]}
  $ make_conflict
  $ offsync resolve -C a todo/1 --theirs -o text
  queued conflict.resolved todo/1: title="Buy rice milk"
  queued conflict.resolved todo/1: title="Buy rice milk"
  $ offsync sync -q -C a

All at once. Who wrote neither side is told what each choice makes; what can be decided so is.

  $ offsync emit -q -C a todo.created todo/2 title=Two --create > event
  $ offsync emit -q -C a todo.created todo/3 title=Three --create > event
  $ offsync sync -q -C a > out; offsync sync -q -C b > out
  $ offsync init -q -C c --remote "$url" --source /people/cleo; offsync sync -q -C c > out
  $ for who in a b; do offsync emit -q -C $who todo.renamed todo/2 title="Of $who" > event; sleep 0.01; done
  $ for who in a c; do offsync emit -q -C $who todo.renamed todo/3 title="Of $who" > event; sleep 0.01; done
  $ for who in a b c a b; do offsync sync -q -C $who > out; done
  $ offsync conflicts -C b --offline -o text
  <id5>  todo/2  title  "Of b"  by /people/ben   over  "Of a"  by /people/anna  open
  <id6>  todo/3  title  "Of c"  by /people/cleo  over  "Of a"  by /people/anna  open
  $ offsync resolve -C b todo/3 --ours
  offsync: neither side of the conflict <id6> was written by this replica (/people/ben); --current makes title="Of a" (by /people/anna), --incoming makes title="Of c" (by /people/cleo)
  [2]
  $ offsync resolve -C b --all --theirs -o text
  queued conflict.resolved todo/2: title="Of a"
  offsync: neither side of the conflict <id6> was written by this replica (/people/ben); --current makes title="Of a" (by /people/anna), --incoming makes title="Of c" (by /people/cleo)
  [75]
  $ offsync conflicts -C b --offline -o text
  <id6>  todo/3  title  "Of c"  by /people/cleo  over  "Of a"  by /people/anna  open
  $ offsync resolve -C b --all --current -o text
  queued conflict.resolved todo/3: title="Of a"
  $ offsync resolve -C b --all --current -o text
  there is no open conflict
  $ offsync sync -q -C b > out
  $ offsync conflicts -C b --all --offline -o text | tail -n 2
  <id5>  todo/2  title  "Of b"           by /people/ben   over  "Of a"          by /people/anna  resolved to "Of a" by /people/ben
  <id6>  todo/3  title  "Of c"           by /people/cleo  over  "Of a"          by /people/anna  resolved to "Of a" by /people/ben

What the proxy lists can be shown and decided here, also where it was not pulled yet.

  $ offsync sync -q -C a > out; offsync sync -q -C c > out
  $ for who in a c; do offsync emit -q -C $who todo.renamed todo/3 title="Now of $who" > event; sleep 0.01; done
  $ offsync sync -q -C a > out; offsync sync -q -C c > out
  $ id=$(offsync conflicts -C b -q | first id)
  $ offsync conflicts -C b --offline -o text
  there is no conflict
  $ offsync status -C b | grep -E '^(lag|conflicts)'
  lag        3
  conflicts  1 open
  $ offsync conflicts show -C b "${id:0:8}" -o text | tail -n 4
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  state     open
  decide    offsync resolve <id7> --current   makes title="Now of a" (by /people/anna)
            offsync resolve <id7> --incoming  makes title="Now of c" (by /people/cleo)
            offsync resolve <id7> --keep      leaves it as it is
  $ offsync conflicts show -C b "$id" --offline
  offsync: there is no conflict <id7>; see what is there with: offsync conflicts
  [66]
  $ offsync resolve -C b "${id:0:8}" --incoming -o text
  queued conflict.resolved todo/3: title="Now of c"
  $ offsync sync -q -C b > out; offsync status -C b | grep -E '^(lag|conflicts)'
  lag        0
  conflicts  0 open

An edit of three fields and a delete that met are one conflict to look at.

  $ offsync sync -q -C a > out
  $ offsync emit -q -C a todo.done todo/2 --delete > event; sleep 0.01
  $ offsync emit -q -C b todo.edited todo/2 title=New done:=true n:=1 > event
  $ offsync sync -q -C a
  $ offsync sync -C b
  pushed 1, pulled 5, 1 conflict, 0 rejected
  see who won, and decide: offsync conflicts
  $ offsync conflicts -C b --offline -o text
  <id8>  todo/2  done, n, title  deleted  by /people/anna  over  true, 1, "New"  by /people/ben  open
  $ offsync conflicts -C b --offline -o ndjson | jq -c '[.field, .winner]'
  ["done","current"]
  ["n","current"]
  ["title","current"]
  $ id=$(offsync conflicts -C b --offline | first id)
  $ offsync conflicts show -C b "$id" -o text
  conflict  <id8>
            <id9>
            <id10>
  entity    todo/2
  field     done, n, title
  current   deleted  by /people/anna  at <time>  (theirs, winner)
            event <id11>
  incoming  true, 1, "New"  by /people/ben  at <time>  (ours, loser)
            event <id12>
  base      none was seen
  rule      delete-wins
  recorded  <TIME> at sequence 44
  state     open
  now       deleted  by /people/anna  at <time>
  decide    offsync resolve <id8> --theirs    makes it deleted (by /people/anna)
            offsync resolve <id8> --ours      makes done=true (by /people/ben), n=1 (by /people/ben), title="New" (by /people/ben)
            offsync resolve <id8> --keep      leaves it as it is
  $ offsync resolve -C b "$id" --ours -o text
  queued conflict.resolved todo/2: created, done=true
  queued conflict.resolved todo/2: n=1
  queued conflict.resolved todo/2: title="New"
  $ offsync sync -q -C b
  $ offsync conflicts -C b --all --offline -o text | grep delete
  <id8>  todo/2  done, n, title  deleted          by /people/anna  over  true, 1, "New"  by /people/ben   resolved to true, 1, "New" by /people/ben
  $ offsync conflicts show -C b "$id" -o text | grep ^state
  state     resolved to true, 1, "New" by /people/ben
  $ offsync state -C b todo/2 --offline
  {"subject":"todo/2","fields":{"done":true,"n":1,"title":"New"}}

Without the proxy the replica answers, and says so; who insists on the proxy gets 69.

  $ make_conflict
  $ proxy_stop
  $ offsync conflicts -C a
  conflicts from the replica, last synced <time>, <age>: GET http://127.0.0.1:<port1>/v1/spaces/shop/conflicts failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused
  {"id":"<id13>","subject":"todo/1","field":"title","current":{"stamp":"<stamp4>","id":"<id14>","source":"/people/anna","value":"Buy oat milk"},"incoming":{"stamp":"<stamp5>","id":"<id15>","source":"/people/ben","value":"Buy rice milk"},"winner":"incoming","rule":"last-write","base":"<stamp6>","sequence":"53","recordedtime":"<TIME>"}
  $ offsync conflicts -C a --require-proxy
  offsync: GET http://127.0.0.1:<port1>/v1/spaces/shop/conflicts failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  [69]
