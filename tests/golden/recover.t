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
  $ offsync recover -C a
  $ proxy_stop; rm proxy.db*; cp backup.db proxy.db
  $ offsync-proxy --new-epoch --store sqlite:proxy.db
  $ proxy_start

Own events are sent again; those of others are kept.

  $ offsync sync -C a
  $ offsync recover -C a -o text
  $ offsync recover -C a -o json | jq -c '.[] | [.sequence, .event.source, .event.subject]'
  $ offsync status -C a | grep -E 'lost|verdict'
  $ offsync status -C a --json | jq -c '[.lost, .synced]'
  $ offsync state -C a --offline

Whoever has them may send them, for their authors.

  $ id=$(offsync recover -C a -o ndjson | jq -r .event.id | head -n 1)
  $ offsync recover send -C a "${id: -8}" -o text
  $ offsync recover send -C a "$id"
  $ offsync recover drop -C a
  $ offsync recover drop -C a --all
  $ offsync recover -C a -o text
  $ offsync recover send -C a
  $ offsync queue -C a -o text
  $ offsync sync -C a
  $ offsync status -C a | grep -E 'lost|verdict'

Their author finds them there, and sends the rest.

  $ offsync sync -C b --json | jq -c '[.pushed, .again, .lost]'
  $ offsync sync -C a
  $ offsync state -C a --offline -o ndjson
  $ curl -s "$url/events" | jq -c '[.source, .clientseq, .data.set.title]'

The same without --new-epoch, for those who were beyond what there is now.

  $ proxy_stop; rm proxy.db*; cp backup.db proxy.db; proxy_start
  $ offsync sync -C b
  $ offsync sync -C b
  $ offsync recover send -C b -o text; offsync sync -C b
  $ offsync state -C b --offline -o ndjson

A store that was lost is begun anew, and gets everything back.

  $ proxy_stop; rm proxy.db*; proxy_start
  $ offsync sync -C b
  $ offsync recover send -q -C b > events; offsync sync -C b
  $ curl -s "$url/events" | jq -r .data.set.title | sort

What makes no sense.

  $ offsync recover retry -C a
  $ offsync recover list -C a x
  $ offsync recover list -C a --all
  $ offsync recover send -C a x --all
  $ offsync recover send -C a x
