A replica belongs to one log. Before its first sync it may go anywhere.

  $ proxy_start
  $ offsync init -q -C a --source /people/anna
  $ offsync remote -C a
  $ offsync remote set -C a "$url"
  $ offsync remote show -C a -o json
  $ offsync emit -q -C a todo.created todo/1 title="Buy milk" > event
  $ offsync sync -C a
  $ offsync remote -C a
  $ offsync remote -C a -o json | jq -c 'del(.cursor)'

One letter wrong: refused, whatever is asked, and nothing has changed.

  $ wrong=${url%shop}shpo
  $ offsync emit -q -C a todo.created todo/77 title=important > event
  $ offsync sync -C a --remote "$wrong"
  $ offsync sync -C a --remote "$wrong" --push
  $ offsync sync -C a --remote "$wrong" --dry-run
  $ OFFSYNC_REMOTE=$wrong offsync watch -C a --timeout 20
  $ offsync state -C a --remote "$wrong" todo/77
  $ offsync conflicts -C a --remote "$wrong"
  $ offsync status -C a --remote "$wrong" | grep -E 'answer|verdict'
  $ offsync remote set -C a "$wrong"
  $ curl -s "$wrong" | jq -c '[.space, .head]'
  $ offsync sync -C a
  $ offsync state -C a --offline -o ndjson

To mean it.

  $ offsync emit -q -C a todo.created todo/78 title=later > event
  $ offsync remote set -C a "$wrong" --switch
  $ ls a/.offsync/*.db
  $ offsync queue -C a
  $ offsync state -C a --offline
  $ offsync sync -C a
  $ offsync emit -q -C a todo.created todo/9 title=elsewhere > event
  $ offsync sync -C a
  $ curl -s "$wrong/events" | jq -c '[.source, .clientseq, .data.set.title]'

What was left is another replica when it is opened.

  $ mkdir left; mv a/.offsync/replica-shop.db left/replica.db
  $ offsync queue -C left -o text
  $ offsync status -C left --offline | grep -E 'source|remote|queue'
  $ offsync sync -C left
  $ curl -s "$url" | jq .head

And back, under the same source, with numbers that go on.

  $ offsync remote set -C a "$url" --switch
  $ ls a/.offsync/*.db
  $ offsync sync -C a
  $ offsync emit -q -C a todo.changed todo/1 title=back > event
  $ offsync sync -C a
  $ curl -s "$url/events" | tail -n 1 | jq -c '[.source, .clientseq, .data.set.title]'

A remote that is set elsewhere counts, so it must be changed there.

  $ offsync remote set -C a "$url" --switch
  $ OFFSYNC_REMOTE=http://h/v1/spaces/s offsync remote set -C a "$url"
  $ echo 'remote = "http://h/v1/spaces/s"' > a/.offsync/config.toml
  $ offsync remote set -C a "$url"
  $ offsync remote -C a | head -n 1
  $ rm a/.offsync/config.toml

Without the proxy.

  $ proxy_stop
  $ offsync remote set -C a http://127.0.0.1:9/v1/spaces/shop --switch
  $ offsync remote set -C a http://127.0.0.1:9/v1/spaces/shop
  $ offsync remote -C a | head -n 1

What makes no sense.

  $ offsync remote move -C a
  $ offsync remote set -C a
  $ offsync remote show -C a "$url"
  $ offsync remote -C a --switch
  $ offsync remote set -C a ftp://h/v1/spaces/s
