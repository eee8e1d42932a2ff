A replica belongs to one log. Before its first sync it may go anywhere.

  $ proxy_start
  $ offsync init -q -C a --source /people/anna
  $ offsync remote -C a
  remote     none
  log        none yet: the first sync decides
  $ offsync remote set -C a "$url"
  the remote is http://127.0.0.1:<port1>/v1/spaces/shop
  $ offsync remote show -C a -o json
  {"remote":"http://127.0.0.1:<port1>/v1/spaces/shop","place":null,"space":null,"log":null,"cursor":null}
  $ offsync emit -q -C a todo.created todo/1 title="Buy milk" > event
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync remote -C a
  remote     http://127.0.0.1:<port1>/v1/spaces/shop
  log        <epoch1>
  last met   http://127.0.0.1:<port1>/v1/spaces/shop
  cursor     <epoch1>-1
  last sync  <time>, <age>
  $ offsync remote -C a -o json | jq -c 'del(.cursor)'
  {"remote":"http://127.0.0.1:<port1>/v1/spaces/shop","place":"http://127.0.0.1:<port1>/v1/spaces/shop","space":"shop","log":"<epoch1>"}

No way leads to a user and a password in the URL, which would be kept and sent.

  $ secret=http://anna:geheim@${url#http://}
  $ offsync remote set -C a "$secret"
  offsync: the remote 'http://127.0.0.1:<port1>/v1/spaces/shop' cannot be used: it has a user or a password in it; leave them out; a token is given by OFFSYNC_TOKEN or token_file
  [78]
  $ offsync sync -C a --remote "$secret"
  offsync: the remote 'http://127.0.0.1:<port1>/v1/spaces/shop' cannot be used: it has a user or a password in it; leave them out; a token is given by OFFSYNC_TOKEN or token_file
  [78]
  $ OFFSYNC_REMOTE=$secret offsync status -C a --require-proxy
  offsync: the remote 'http://127.0.0.1:<port1>/v1/spaces/shop' cannot be used: it has a user or a password in it; leave them out; a token is given by OFFSYNC_TOKEN or token_file
  [78]
  $ OFFSYNC_REMOTE=$secret offsync watch -C a --timeout 1
  offsync: the remote 'http://127.0.0.1:<port1>/v1/spaces/shop' cannot be used: it has a user or a password in it; leave them out; a token is given by OFFSYNC_TOKEN or token_file
  [78]
  $ offsync replay "$secret"
  offsync: the remote 'http://127.0.0.1:<port1>/v1/spaces/shop' cannot be used: it has a user or a password in it; leave them out; a token is given by OFFSYNC_TOKEN or token_file
  [78]
  $ offsync init -C b --remote "$secret"
  offsync: the remote 'http://127.0.0.1:<port1>/v1/spaces/shop' cannot be used: it has a user or a password in it; leave them out; a token is given by OFFSYNC_TOKEN or token_file
  [78]
  $ echo "remote = \"$secret\"" > a/.offsync/config.toml; offsync sync -C a
  offsync: the remote 'http://127.0.0.1:<port1>/v1/spaces/shop' cannot be used: it has a user or a password in it; leave them out; a token is given by OFFSYNC_TOKEN or token_file
  [78]
  $ rm a/.offsync/config.toml

One letter wrong: refused, whatever is asked, and nothing has changed.

  $ wrong=${url%shop}shpo
  $ offsync emit -q -C a todo.created todo/77 title=important > event
  $ offsync sync -C a --remote "$wrong"
  offsync: http://127.0.0.1:<port1>/v1/spaces/shpo has another log than that of this replica: there is the space shpo, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/shpo --switch
  nothing is lost; 1 event stays queued
  [78]
  $ offsync sync -C a --remote "$wrong" --push
  offsync: http://127.0.0.1:<port1>/v1/spaces/shpo has another log than that of this replica: there is the space shpo, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/shpo --switch
  nothing is lost; 1 event stays queued
  [78]
  $ offsync sync -C a --remote "$wrong" --dry-run
  offsync: http://127.0.0.1:<port1>/v1/spaces/shpo has another log than that of this replica: there is the space shpo, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/shpo --switch
  [78]
  $ OFFSYNC_REMOTE=$wrong offsync watch -C a --timeout 20
  offsync: http://127.0.0.1:<port1>/v1/spaces/shpo has another log than that of this replica: there is the space shpo, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/shpo --switch
  [78]
  $ offsync state -C a --remote "$wrong" todo/77
  offsync: http://127.0.0.1:<port1>/v1/spaces/shpo has another log than that of this replica: there is the space shpo, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/shpo --switch
  [78]
  $ offsync conflicts -C a --remote "$wrong"
  offsync: http://127.0.0.1:<port1>/v1/spaces/shpo has another log than that of this replica: there is the space shpo, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/shpo --switch
  [78]
  $ offsync status -C a --remote "$wrong" | grep -E 'answer|verdict'
  http://127.0.0.1:<port1>/v1/spaces/shpo has another log than that of this replica: there is the space shpo, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/shpo --switch
  answer     from the replica
  verdict    not synced: the remote has another log than that of this replica, 1 to push
  $ offsync remote set -C a "$wrong"
  offsync: http://127.0.0.1:<port1>/v1/spaces/shpo has another log than that of this replica: there is the space shpo, log <epoch2>, epoch <epoch2>; the replica belongs to the space shop, log <epoch1>, epoch <epoch1>, which it last met at http://127.0.0.1:<port1>/v1/spaces/shop; nothing was sent, and nothing replaced; check the URL, or leave that log for this one: offsync remote set http://127.0.0.1:<port1>/v1/spaces/shpo --switch
  [78]
  $ curl -s "$wrong" | jq -c '[.space, .head]'
  ["shpo",0]
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ offsync state -C a --offline -o ndjson
  {"subject":"todo/1","fields":{"title":"Buy milk"}}
  {"subject":"todo/77","fields":{"title":"important"}}

To mean it.

  $ offsync emit -q -C a todo.created todo/78 title=later > event
  $ offsync remote set -C a "$wrong" --switch
  the remote is http://127.0.0.1:<port1>/v1/spaces/shpo; what this replica was, with 1 pending, is kept in <folder>/a/.offsync/replica-shop.db
  $ ls a/.offsync/*.db
  a/.offsync/replica-shop.db
  a/.offsync/replica.db
  $ offsync queue -C a
  $ offsync state -C a --offline
  $ offsync sync -C a
  pushed 0, pulled 0, 0 conflicts, 0 rejected
  $ offsync emit -q -C a todo.created todo/9 title=elsewhere > event
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ curl -s "$wrong/events" | jq -c '[.source, .clientseq, .data.set.title]'
  ["/people/anna","4","elsewhere"]

What was left is another replica when it is opened.

  $ mkdir left; mv a/.offsync/replica-shop.db left/replica.db
  $ offsync queue -C left -o text 2>&1 | sed 's,anna/[0-9a-f]*,anna/NODE,'
  the file of this replica is a copy, or was moved: it goes on as /people/anna/NODE, and not as /people/anna any more
  <id1>  queued  todo.created  todo/78  title="later"
  $ offsync status -C left --offline | grep -E 'source|remote|queue' | sed 's,anna/[0-9a-f]*,anna/NODE,'
  source     /people/anna/NODE, formerly /people/anna
  remote     http://127.0.0.1:<port1>/v1/spaces/shop
  queue      1 queued, 0 accepted, 0 rejected, 0 held
  $ offsync sync -C left
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ curl -s "$url" | jq .head
  3

And back, under the same source, with numbers that go on.

  $ offsync remote set -C a "$url" --switch
  the remote is http://127.0.0.1:<port1>/v1/spaces/shop; what this replica was is kept in <folder>/a/.offsync/replica-shpo.db
  $ ls a/.offsync/*.db
  a/.offsync/replica-shpo.db
  a/.offsync/replica.db
  $ offsync sync -C a
  pushed 0, pulled the whole state, 0 conflicts, 0 rejected
  $ offsync emit -q -C a todo.changed todo/1 title=back > event
  $ offsync sync -C a
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ curl -s "$url/events" | tail -n 1 | jq -c '[.source, .clientseq, .data.set.title]'
  ["/people/anna","5","back"]

A remote that is set elsewhere counts, so it must be changed there.

  $ offsync remote set -C a "$url" --switch
  the remote is http://127.0.0.1:<port1>/v1/spaces/shop, where the log of this replica is
  there is nothing to leave
  $ OFFSYNC_REMOTE=http://h/v1/spaces/s offsync remote set -C a "$url"
  offsync: OFFSYNC_REMOTE or the replica's config.toml says http://h/v1/spaces/s, which goes before what is set here; nothing was changed; change it there, or take it away there
  [78]
  $ echo 'remote = "http://h/v1/spaces/s"' > a/.offsync/config.toml
  $ offsync remote set -C a "$url"
  offsync: OFFSYNC_REMOTE or the replica's config.toml says http://h/v1/spaces/s, which goes before what is set here; nothing was changed; change it there, or take it away there
  [78]
  $ offsync remote -C a | head -n 1
  remote     http://h/v1/spaces/s
  $ rm a/.offsync/config.toml

Without the proxy.

  $ proxy_stop
  $ offsync remote set -C a http://127.0.0.1:9/v1/spaces/shop --switch
  offsync: GET http://127.0.0.1:9/v1/spaces/shop failed: Failed to connect to 127.0.0.1 port 9: Connection refused; is the proxy running there?
  [69]
  $ offsync remote set -C a http://127.0.0.1:9/v1/spaces/shop
  the remote is http://127.0.0.1:9/v1/spaces/shop; whether the log of this replica is there, the next sync finds out: GET http://127.0.0.1:9/v1/spaces/shop failed: Failed to connect to 127.0.0.1 port 9: Connection refused
  $ offsync remote -C a | head -n 1
  remote     http://127.0.0.1:9/v1/spaces/shop

What makes no sense.

  $ offsync remote move -C a
  offsync: remote has no action 'move'; see: offsync remote --help
  [2]
  $ offsync remote set -C a
  offsync: remote set needs a URL; see: offsync remote --help
  [2]
  $ offsync remote show -C a "$url"
  offsync: remote show takes no URL; see: offsync remote --help
  [2]
  $ offsync remote -C a --switch
  offsync: --switch is for set; see: offsync remote --help
  [2]
  $ offsync remote set -C a ftp://h/v1/spaces/s
  offsync: the remote 'ftp://h/v1/spaces/s' cannot be used: no http or https URL; it looks like http://127.0.0.1:8080/v1/spaces/NAME
  [78]
