The life of what is pending, with an event that the proxy refuses: Anna counts in a field in which Ben
has written text.

  $ proxy_start
  $ two_people
  $ offsync queue -C a -o text
  the queue is empty
  $ offsync queue -C a -o json
  []
  $ offsync emit -q -C b item.set item/1 count=many > event
  $ offsync sync -q -C b
  $ offsync emit -q -C a item.sold item/1 count+=1 > event
  $ offsync emit -q -C a item.named item/1 name=Nail > event
  $ offsync emit -q -C a item.named item/2 name=Screw > event
  $ offsync queue list -C a -o text
  <id1>  queued  item.sold   item/1  count+=1
  <id2>  queued  item.named  item/1  name="Nail"
  <id3>  queued  item.named  item/2  name="Screw"
  $ offsync queue list -C a -o json | jq -c '.[] | [.n, .state, .event.subject]'
  [1,"queued","item/1"]
  [2,"queued","item/1"]
  [3,"queued","item/2"]
  $ offsync state -C a --offline -o text
  item/1
    count  1
    name   "Nail"
  item/2
    name  "Screw"

It is parked with its reason, later ones of that entity are held, and everything else goes on.

  $ offsync sync -C a
  pushed 1, pulled the whole state and 1 event, 0 conflicts, 1 rejected, 1 held
  offsync: 1 rejected, 1 held wait for you: offsync queue
  [75]
  $ offsync queue -C a -o text
  <id1>  rejected  item.sold   item/1  count+=1
      kind_mismatch: the field count of item/1 is a register that shows "many"; the event uses it as a counter
  <id2>  held      item.named  item/1  name="Nail"
      held: an earlier event of this entity was rejected
  $ offsync queue -C a -o ndjson | jq -c '[.n, .state, .code, .detail]'
  [1,"rejected","kind_mismatch","the field count of item/1 is a register that shows \"many\"; the event uses it as a counter"]
  [2,"held","held","an earlier event of this entity was rejected"]
  $ offsync state -C a --offline -o text
  item/1
    count  "many"
    name   "Nail"
  item/2
    name  "Screw"

What is held shows, whoever answers.

  $ offsync state -C a -o text
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  item/1
    count  "many"
    name   "Nail"
  item/2
    name  "Screw"
  $ offsync emit -C a item.named item/1 name=Nut -o text
  held behind <id1> (rejected: offsync queue): item.named item/1: name="Nut"
  $ offsync emit -C a item.named item/1 name=Nut > event
  held behind <id1> (rejected: offsync queue)
  $ echo '{"type":"item.named","subject":"item/1","data":{"set":{"name":"Nut"}}}' | offsync emit -C a --batch -
  queued 1; 1 held behind rejected ones: offsync queue
  $ for n in 1 2 3; do offsync queue drop -C a "$(offsync queue -C a | jq -r -n 'last(inputs).event.id')" -q; done
  {"n":6,"state":"held","code":"held","detail":"an earlier event of this entity was rejected","event":{"specversion":"1.0","id":"<id4>","source":"/people/anna","type":"item.named","subject":"item/1","time":"<TIME>","stamp":"<stamp1>","clientseq":"6","data":{"base":{"name":"<stamp2>"},"set":{"name":"Nut"}}}}
  {"n":5,"state":"held","code":"held","detail":"an earlier event of this entity was rejected","event":{"specversion":"1.0","id":"<id5>","source":"/people/anna","type":"item.named","subject":"item/1","time":"<TIME>","stamp":"<stamp2>","clientseq":"5","data":{"base":{"name":"<stamp3>"},"set":{"name":"Nut"}}}}
  {"n":4,"state":"held","code":"held","detail":"an earlier event of this entity was rejected","event":{"specversion":"1.0","id":"<id6>","source":"/people/anna","type":"item.named","subject":"item/1","time":"<TIME>","stamp":"<stamp3>","clientseq":"4","data":{"base":{"name":"<stamp4>"},"set":{"name":"Nut"}}}}
  $ offsync sync -C a
  pushed 0, pulled 0, 0 conflicts, 0 rejected
  offsync: 1 rejected, 1 held wait for you: offsync queue
  [75]
  $ offsync sync -q -C a --pull
  offsync: 1 rejected, 1 held wait for you: offsync queue
  [75]
  $ offsync sync -C a --dry-run
  would push 0, pull 0
  1 rejected, 1 held wait for you: offsync queue
  $ offsync status -C a --check
  offsync: not synced: 1 rejected, 1 held
  [1]
  $ offsync status -C a | grep -E 'queue|verdict'
  replica    <folder>/a/.offsync
  queue      0 queued, 0 accepted, 1 rejected, 1 held
  verdict    not synced: 1 rejected, 1 held

  $ id=$(offsync queue -C a | first event.id)
  $ offsync queue show -C a "$id" -o text
  id        <id1>
  state     rejected
  reason    kind_mismatch: the field count of item/1 is a register that shows "many"; the event uses it as a counter
  type      item.sold
  subject   item/1
  source    /people/anna
  time      <TIME>
  stamp     <stamp5>
  data      {"inc":{"count":1}}
  $ offsync queue show -C a "$id" | jq -c '[.n, .state, .code]'
  [1,"rejected","kind_mismatch"]
  $ offsync queue drop -C a "${id: -7}" 2>&1 | sed 's/event .*;/event ID;/'
  offsync: there is no pending event ID; list them with: offsync queue
  $ offsync queue show -C a 0
  offsync: there is no pending event 0; a part of an id has 8 characters or more; list them with: offsync queue
  [66]
  $ offsync queue show -C a "${id: -8}" -o text | head -n 1
  id        <id1>
  $ offsync queue export -C a | jq -c '[.type, .subject, .data]'
  ["item.sold","item/1",{"inc":{"count":1}}]
  ["item.named","item/1",{"base":{},"set":{"name":"Nail"}}]
  $ offsync queue export -C a -o text
  {"specversion":"1.0","id":"<id1>","source":"/people/anna","type":"item.sold","subject":"item/1","time":"<TIME>","stamp":"<stamp5>","clientseq":"1","data":{"inc":{"count":1}}}
  {"specversion":"1.0","id":"<id2>","source":"/people/anna","type":"item.named","subject":"item/1","time":"<TIME>","stamp":"<stamp4>","clientseq":"2","data":{"base":{},"set":{"name":"Nail"}}}

Retry: once more, and refused once more. What was held comes behind it.

  $ offsync queue retry -C a "$id"
  {"specversion":"1.0","id":"<id7>","source":"/people/anna","type":"item.sold","subject":"item/1","time":"<TIME>","stamp":"<stamp6>","clientseq":"7","data":{"inc":{"count":1}}}
  {"specversion":"1.0","id":"<id8>","source":"/people/anna","type":"item.named","subject":"item/1","time":"<TIME>","stamp":"<stamp7>","clientseq":"8","data":{"base":{},"set":{"name":"Nail"}}}
  $ offsync queue -C a -o text
  <id7>  queued  item.sold   item/1  count+=1
  <id8>  queued  item.named  item/1  name="Nail"
  $ offsync sync -C a
  pushed 0, pulled 0, 0 conflicts, 1 rejected, 1 held
  offsync: 1 rejected, 1 held wait for you: offsync queue
  [75]
  $ offsync queue retry -C a --all
  {"specversion":"1.0","id":"<id9>","source":"/people/anna","type":"item.sold","subject":"item/1","time":"<TIME>","stamp":"<stamp8>","clientseq":"9","data":{"inc":{"count":1}}}
  {"specversion":"1.0","id":"<id10>","source":"/people/anna","type":"item.named","subject":"item/1","time":"<TIME>","stamp":"<stamp9>","clientseq":"10","data":{"base":{},"set":{"name":"Nail"}}}
  $ offsync sync -q -C a
  offsync: 1 rejected, 1 held wait for you: offsync queue
  [75]

Drop: it is gone, and what was held goes out.

  $ offsync queue drop -C a --all
  dropped <id9>
  {"n":9,"state":"rejected","code":"kind_mismatch","detail":"the field count of item/1 is a register that shows \"many\"; the event uses it as a counter","event":{"specversion":"1.0","id":"<id9>","source":"/people/anna","type":"item.sold","subject":"item/1","time":"<TIME>","stamp":"<stamp8>","clientseq":"9","data":{"inc":{"count":1}}}}
  $ offsync queue -C a -o text
  <id11>  queued  item.named  item/1  name="Nail"
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync queue -C a -o text
  the queue is empty
  $ offsync state -C a item/1 -o text
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  item/1
    count  "many"
    name   "Nail"

An event that is only queued can be dropped as well.

  $ offsync emit -q -C a item.named item/3 name=Bolt > event
  $ id=$(first id < event)
  $ offsync queue drop -C a "$id"
  dropped <id12>
  {"n":12,"state":"queued","event":{"specversion":"1.0","id":"<id12>","source":"/people/anna","type":"item.named","subject":"item/3","time":"<TIME>","stamp":"<stamp10>","clientseq":"12","data":{"base":{},"set":{"name":"Bolt"}}}}
  $ offsync state -C a item/3
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  offsync: there is no item/3; list what there is with: offsync state
  [66]

What cannot be.

  $ offsync queue frob -C a
  offsync: queue has no action 'frob'; see: offsync queue --help
  [2]
  $ offsync queue show -C a
  offsync: queue show needs an ID; see: offsync queue --help
  [2]
  $ offsync queue retry -C a
  offsync: queue retry needs an ID or --all; see: offsync queue --help
  [2]
  $ offsync queue drop -C a
  offsync: queue drop needs an ID or --all; see: offsync queue --help
  [2]
  $ offsync queue drop -C a "$id" --all
  offsync: queue drop needs an ID or --all; see: offsync queue --help
  [2]
  $ offsync queue list -C a "$id"
  offsync: queue list takes no ID; see: offsync queue --help
  [2]
  $ offsync queue list -C a --all
  offsync: --all is for retry and drop; see: offsync queue --help
  [2]
  $ offsync queue show -C a "$id"
  offsync: there is no pending event <id12>; list them with: offsync queue
  [66]
  $ offsync queue retry -C a "$id"
  offsync: there is no pending event <id12>; list them with: offsync queue
  [66]
  $ offsync queue drop -C a "$id"
  offsync: there is no pending event <id12>; list them with: offsync queue
  [66]
  $ offsync queue retry -C a --all
  there is no rejected event

Two tills with one id.

  $ for till in 1 2; do
  >   echo '{"specversion":"1.0","id":"7","source":"/till/'$till'","type":"t.sold","subject":"till/'$till'","data":{"inc":{"n":1}}}'
  > done | offsync emit -q -C a --batch - > out
  $ offsync queue show -C a 7
  offsync: more than one event has the id 7: one of /till/1, one of /till/2; say whose is meant, with --source
  [2]
  $ offsync queue drop -C a 7 --source /till/3
  offsync: there is no pending event 7 of /till/3; a part of an id has 8 characters or more; list them with: offsync queue
  [66]
  $ offsync queue show -C a 7 --source /till/2 -o text | grep source
  source    /till/2
  $ offsync queue drop -C a 7 --source /till/1
  dropped 7
  {"n":13,"state":"queued","event":{"specversion":"1.0","id":"7","source":"/till/1","type":"t.sold","subject":"till/1","time":"<TIME>","stamp":"<stamp11>","data":{"inc":{"n":1}}}}
  $ offsync sync -q -C a && offsync state -C a --offline -o ndjson till/2
  {"subject":"till/2","fields":{"n":1}}
  $ offsync queue list -C a --source /till/1
  offsync: --source goes with an ID; see: offsync queue --help
  [2]

What another source wrote is sent again as it was, unless its name is the reason.

  $ echo '{"specversion":"1.0","id":"7","source":"/till/2","type":"t.sold","subject":"till/2","data":{"inc":{"n":5}}}' |
  >   offsync emit -q -C b --batch - > out
  $ offsync sync -q -C b
  offsync: 1 rejected waits for you: offsync queue
  [75]
  $ offsync queue retry -C b 7
  offsync: event 7 of /till/2 would be rejected again: the log has another one of that name; drop it, or emit what it says under an id of its own
  [65]
  $ offsync queue retry -C b --all
  offsync: event 7 of /till/2 would be rejected again: the log has another one of that name; drop it, or emit what it says under an id of its own
  [65]

Own edits behind another source's refused event wait for it, each time it is refused.

  $ offsync emit -q -C b item.made item/9 count=many > out; offsync sync -q -C b > out 2>&1
  [75]
  $ offsync queue drop -q -C b --all; offsync sync -q -C b
  {"n":2,"state":"rejected","code":"id_conflict","detail":"the log has another event of /till/2 with this id, at sequence 4","event":{"specversion":"1.0","id":"7","source":"/till/2","type":"t.sold","subject":"till/2","time":"<TIME>","stamp":"<stamp12>","data":{"inc":{"n":5}}}}
  $ echo '{"specversion":"1.0","id":"8","source":"/till/2","type":"t.sold","subject":"item/9","data":{"inc":{"count":1}}}' |
  >   offsync emit -q -C a --batch - > out
  $ offsync emit -q -C a item.named item/9 name=Cog > out
  $ offsync sync -C a
  pushed 0, pulled 1, 0 conflicts, 1 rejected, 1 held
  offsync: 1 rejected, 1 held wait for you: offsync queue
  [75]
  $ offsync queue retry -q -C a 8 > out; offsync sync -C a
  pushed 0, pulled 0, 0 conflicts, 1 rejected, 1 held
  offsync: 1 rejected, 1 held wait for you: offsync queue
  [75]
  $ offsync queue -C a -o text | cut -d' ' -f 3-
                                     rejected  t.sold      item/9  count+=1
    kind_mismatch: the field count of item/9 is a register that shows "many"; the event uses it as a counter
  held      item.named  item/9  name="Cog"
    held: an earlier event of this entity was rejected

In JSON retry and drop print one array, also of nothing.

  $ offsync queue retry -C a 8 --json | jq -c '.[].subject'
  "item/9"
  "item/9"
  $ offsync sync -q -C a
  offsync: 1 rejected, 1 held wait for you: offsync queue
  [75]
  $ offsync queue drop -C a --all --json | jq -c '.[] | [.state, .event.id]'
  dropped 8
  ["rejected","8"]
  $ offsync queue drop -C a --all --json
  there is no rejected event
  []
