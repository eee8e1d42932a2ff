The proxy's store is put back from a backup. What it lacks is in the replicas.

  $ proxy_start
  $ two_people
  $ offsync emit -q -C a todo.created todo/1 title=kept > event; offsync sync -q -C a > out
  $ offsync sync -q -C b > out
  $ proxy_stop; cp proxy.db backup.db; proxy_start
  $ offsync emit -q -C a todo.created todo/2 title="of Anna" > event; offsync sync -q -C a > out
  $ offsync emit -q -C b todo.created todo/3 title="of Ben" > event; offsync sync -q -C b > out
  $ offsync emit -q -C b todo.created todo/4 title="of Ben, too" > event; offsync sync -q -C b > out
  $ offsync sync -C a
  pushed 0, pulled 2, 0 conflicts, 0 rejected
  $ offsync recover -C a
  $ proxy_stop; rm proxy.db*; cp backup.db proxy.db
  $ offsync-proxy --new-epoch --store sqlite:proxy.db
  <folder>/proxy.db: 1 log begins anew; clients fetch the state, and send again what is missing
  $ proxy_start

Own events are sent again; those of others are kept.

  $ offsync sync -C a
  pushed 1, pulled the whole state and 1 event, 0 conflicts, 0 rejected; the log was replaced, and lacked 3 events: 1 sent again, 2 of others
  others' events that the log lacks are kept here, to be sent: offsync recover
  $ offsync recover -C a -o text
  <id1>  3  <time>  /people/ben  todo.created  todo/3  title="of Ben"
  <id2>  4  <time>  /people/ben  todo.created  todo/4  title="of Ben, too"
  $ offsync recover -C a -o json | jq -c '.[] | [.sequence, .event.source, .event.subject]'
  ["3","/people/ben","todo/3"]
  ["4","/people/ben","todo/4"]
  $ offsync status -C a | grep -E 'lost|verdict'
  lost       2 that a log before this one had: offsync recover
  verdict    not synced: 2 lost
  $ offsync status -C a --json | jq -c '[.lost, .synced]'
  [2,false]
  $ offsync state -C a --offline
  {"subject":"todo/1","fields":{"title":"kept"}}
  {"subject":"todo/2","fields":{"title":"of Anna"}}

Whoever has them may send them, for their authors.

  $ id=$(offsync recover -C a -o ndjson | jq -r .event.id | head -n 1)
  $ offsync recover send -C a "${id: -8}" -o text
  queued 1; they go out with: offsync sync
  $ offsync recover send -C a "$id"
  offsync: there is no lost event <id1>; list them with: offsync recover
  [66]
  $ offsync recover drop -C a
  offsync: recover drop needs an ID or --all; see: offsync recover --help
  [2]
  $ offsync recover drop -C a --all
  dropped 1
  {"sequence":"4","event":{"specversion":"1.0","id":"<id2>","source":"/people/ben","type":"todo.created","subject":"todo/4","time":"<TIME>","stamp":"<stamp1>","clientseq":"2","data":{"base":{},"set":{"title":"of Ben, too"}}}}
  $ offsync recover -C a -o text
  nothing is lost
  $ offsync recover send -C a
  nothing was queued
  $ offsync queue -C a -o text
  <id1>  queued  todo.created  todo/3  title="of Ben"
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync status -C a | grep -E 'lost|verdict'
  verdict    synced

Their author finds them there, and sends the rest.

  $ offsync sync -C b --json | jq -c '[.pushed, .again, .lost]'
  [1,1,0]
  $ offsync sync -C a
  pushed 0, pulled 1, 0 conflicts, 0 rejected
  $ offsync state -C a --offline -o ndjson
  {"subject":"todo/1","fields":{"title":"kept"}}
  {"subject":"todo/2","fields":{"title":"of Anna"}}
  {"subject":"todo/3","fields":{"title":"of Ben"}}
  {"subject":"todo/4","fields":{"title":"of Ben, too"}}
  $ curl -s "$url/events" | jq -c '[.source, .clientseq, .data.set.title]'
  ["/people/anna","1","kept"]
  ["/people/anna","2","of Anna"]
  ["/people/ben","1","of Ben"]
  ["/people/ben","2","of Ben, too"]

The same without --new-epoch, for those who were beyond what there is now.

  $ proxy_stop; rm proxy.db*; cp backup.db proxy.db; proxy_start
  $ offsync sync -C b
  pushed 2, pulled the whole state and 2 events, 0 conflicts, 0 rejected; the log was replaced, and lacked 3 events: 2 sent again, 1 of others
  others' events that the log lacks are kept here, to be sent: offsync recover
  $ offsync sync -C b
  pushed 0, pulled 0, 0 conflicts, 0 rejected
  $ offsync recover send -C b -o text; offsync sync -C b
  queued 1; they go out with: offsync sync
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync state -C b --offline -o ndjson
  {"subject":"todo/1","fields":{"title":"kept"}}
  {"subject":"todo/2","fields":{"title":"of Anna"}}
  {"subject":"todo/3","fields":{"title":"of Ben"}}
  {"subject":"todo/4","fields":{"title":"of Ben, too"}}

A store that was lost is begun anew, and gets everything back that some replica received.

  $ proxy_stop; rm proxy.db*; proxy_start
  $ offsync sync -C b
  pushed 2, pulled the whole state and 2 events, 0 conflicts, 0 rejected; the log was replaced, and lacked 3 events: 2 sent again, 1 of others
  others' events that the log lacks are kept here, to be sent: offsync recover
  $ offsync recover send -q -C b > events; offsync sync -C b
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync sync -C a
  pushed 1, pulled the whole state and 1 event, 0 conflicts, 0 rejected; the log was replaced, and lacked 1 event: 1 sent again, 0 of others
  $ curl -s "$url/events" | jq -r .data.set.title | sort
  kept
  of Anna
  of Ben
  of Ben, too

Events of three sources with one id.

  $ for till in 1 2 3; do
  >   echo '{"specversion":"1.0","id":"7","source":"/till/'$till'","type":"t.sold","subject":"till/'$till'","time":"2026-11-23T12:00:00Z","data":{"inc":{"n":1}}}'
  > done | curl -s -H 'Content-Type: application/x-ndjson' --data-binary @- "$url/events" | jq -r .outcome
  accepted
  accepted
  accepted
  $ offsync sync -C a
  pushed 0, pulled 3, 0 conflicts, 0 rejected
  $ proxy_stop; rm proxy.db*; proxy_start; offsync sync -q -C a
  $ offsync recover -C a -o text
  <id1>  3  <time>  /people/ben  todo.created  todo/3  title="of Ben"
  <id2>  4  <time>  /people/ben  todo.created  todo/4  title="of Ben, too"
  7                                     5  2026-11-23 12:00:00Z  /till/1      t.sold        till/1  n+=1
  7                                     6  2026-11-23 12:00:00Z  /till/2      t.sold        till/2  n+=1
  7                                     7  2026-11-23 12:00:00Z  /till/3      t.sold        till/3  n+=1
  $ offsync recover drop -C a 7
  offsync: more than one event has the id 7: one of /till/1, one of /till/2; say whose is meant, with --source
  [2]
  $ offsync recover drop -C a 7 --source /till/4
  offsync: there is no lost event 7 of /till/4; a part of an id has 8 characters or more; list them with: offsync recover
  [66]
  $ offsync recover drop -C a 7 --source /till/2
  dropped 1
  {"sequence":"6","event":{"specversion":"1.0","id":"7","source":"/till/2","type":"t.sold","subject":"till/2","time":"2026-11-23T12:00:00Z","stamp":"01a20846fe00-0000-0f98ac2a84215854","data":{"inc":{"n":1}}}}
  $ offsync recover send -C a 7 --source /till/3
  queued 1; they go out with: offsync sync
  {"specversion":"1.0","id":"7","source":"/till/3","type":"t.sold","subject":"till/3","time":"2026-11-23T12:00:00Z","stamp":"01a20846fe00-0000-0adbe2b57b52c4d4","data":{"inc":{"n":1}}}
  $ offsync recover -C a -o ndjson | jq -c '[.event.id, .event.source]'
  ["<id1>","/people/ben"]
  ["<id2>","/people/ben"]
  ["7","/till/1"]
  $ offsync recover drop -C a 7
  dropped 1
  {"sequence":"5","event":{"specversion":"1.0","id":"7","source":"/till/1","type":"t.sold","subject":"till/1","time":"2026-11-23T12:00:00Z","stamp":"01a20846fe00-0000-a07ae4cbda3b7bef","data":{"inc":{"n":1}}}}
  $ offsync recover send -C a --source /till/1
  offsync: --source goes with an ID; see: offsync recover --help
  [2]

What makes no sense.

  $ offsync recover retry -C a
  offsync: recover has no action 'retry'; see: offsync recover --help
  [2]
  $ offsync recover list -C a x
  offsync: recover list takes no ID; see: offsync recover --help
  [2]
  $ offsync recover list -C a --all
  offsync: --all is for send and drop; see: offsync recover --help
  [2]
  $ offsync recover send -C a x --all
  offsync: give an ID or --all; see: offsync recover --help
  [2]
  $ offsync recover send -C a x
  offsync: there is no lost event x; a part of an id has 8 characters or more; list them with: offsync recover
  [66]

One id that names nothing does not stop the others. In JSON it is one array.

  $ offsync recover -C a -o json | jq length
  2
  $ offsync recover send -C a x "$(offsync recover -C a -o ndjson | jq -r .event.id | head -n 1)" y --json > out
  offsync: there is no lost event x; a part of an id has 8 characters or more; list them with: offsync recover
  queued 1; they go out with: offsync sync
  offsync: there is no lost event y; a part of an id has 8 characters or more; list them with: offsync recover
  [75]
  $ jq -c '.[].subject' out
  "todo/3"
  $ offsync recover drop -C a --all --json | jq -c '.[].event.subject'
  dropped 1
  "todo/4"
  $ offsync recover drop -C a --all --json
  nothing was dropped
  []
