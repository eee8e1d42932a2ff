The session of README.md, as docs_readme compares it.

  $ proxy_start
  $ cd "$(mktemp -d -p "$PWD")"
  $ export OFFSYNC_OUTPUT=text

A replica, and work without a network.

  $ offsync init --remote $url --source /people/anna
  made .offsync/replica.db as /people/anna, remote http://127.0.0.1:<port1>/v1/spaces/shop
  $ offsync emit todo.created todo/1 title="Buy milk" done:=false --create
  queued todo.created todo/1: created, done=false, title="Buy milk"
  $ offsync emit item.counted item/7 count+=3 --add tags=kitchen
  queued item.counted item/7: tags add "kitchen", count+=3
  $ offsync state --offline
  item/7
    count  3
    tags   ["kitchen"]
  todo/1
    done   false
    title  "Buy milk"
  $ offsync sync
  pushed 2, pulled 2, 0 conflicts, 0 rejected

Another one, elsewhere. Both change the title; neither has seen the other.

  $ offsync init -C ben --remote $url --source /people/ben
  made ben/.offsync/replica.db as /people/ben, remote http://127.0.0.1:<port1>/v1/spaces/shop
  $ offsync sync -C ben
  pushed 0, pulled the whole state, 0 conflicts, 0 rejected
  $ offsync emit todo.renamed todo/1 title="Buy oat milk"
  queued todo.renamed todo/1: title="Buy oat milk"
  $ offsync emit -C ben todo.renamed todo/1 title="Buy rice milk"
  queued todo.renamed todo/1: title="Buy rice milk"
  $ offsync sync
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync sync -C ben
  pushed 1, pulled 3, 1 conflict, 0 rejected
  see who won, and decide: offsync conflicts
  $ offsync conflicts -C ben --offline
  <id1>  todo/1  title  "Buy rice milk"  by /people/ben  over  "Buy oat milk"  by /people/anna  open
  $ offsync log -C ben
  3  <time>  /people/anna  todo.renamed      todo/1  title="Buy oat milk"
  4  <time>  /people/ben   todo.renamed      todo/1  title="Buy rice milk"
  5  <time>  /proxy        offsync.conflict  todo/1  title: "Buy rice milk" over "Buy oat milk" (last-write)

The log of the proxy folds to the same state, or, where it does not come whole, to none.

  $ offsync replay $url -o ndjson
  {"subject":"item/7","fields":{"count":3,"tags":["kitchen"]}}
  {"subject":"todo/1","fields":{"done":false,"title":"Buy rice milk"}}

Any tool that speaks HTTP fetches it, too. Only that tool knows whether its answer was cut, so let it end first; of a
pipe, `set -o pipefail` tells in the end.

  $ curl -fsS $url/events >log.ndjson && offsync replay log.ndjson -o ndjson
  {"subject":"item/7","fields":{"count":3,"tags":["kitchen"]}}
  {"subject":"todo/1","fields":{"done":false,"title":"Buy rice milk"}}
