  $ proxy_start
  $ two_people
  $ offsync state -C a -o text
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  $ offsync emit -q -C a todo.created todo/1 title="Buy milk" done:=false --create > event
  $ offsync emit -q -C a todo.created todo/2 title="Call Ben" n+=3 --add tags=b --add tags=a > event
  $ offsync emit -q -C a person.created person/ben name=Ben > event
  $ offsync emit -q -C a todo.created todo/3 title=Gone --create > event
  $ offsync emit -q -C a todo.deleted todo/3 --delete > event
  $ offsync sync -q -C a

The proxy answers first, and stderr says so.

  $ offsync state -C a
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  {"subject":"person/ben","fields":{"name":"Ben"}}
  {"subject":"todo/1","fields":{"done":false,"title":"Buy milk"}}
  {"subject":"todo/2","fields":{"n":3,"tags":["a","b"],"title":"Call Ben"}}
  $ offsync state -C b -o text
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  person/ben
    name  "Ben"
  todo/1
    done   false
    title  "Buy milk"
  todo/2
    n      3
    tags   ["a","b"]
    title  "Call Ben"
  $ offsync state -C b -q -o json
  [
  {"subject":"person/ben","fields":{"name":"Ben"}},
  {"subject":"todo/1","fields":{"done":false,"title":"Buy milk"}},
  {"subject":"todo/2","fields":{"n":3,"tags":["a","b"],"title":"Call Ben"}}
  ]
  $ offsync state -C b --offline -o text
  $ offsync sync -q -C b
  $ offsync state -C b --offline todo/2 -o text
  todo/2
    n      3
    tags   ["a","b"]
    title  "Call Ben"

What is in the queue is on top in either case.

  $ offsync emit -q -C b todo.done todo/1 done:=true > event
  $ offsync state -C b todo/1
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  {"subject":"todo/1","fields":{"done":true,"title":"Buy milk"}}
  $ offsync state -C b todo/1 --offline -o text
  todo/1
    done   true
    title  "Buy milk"

Who wrote each field, and when.

  $ offsync state -C b todo/1 --stamps --offline
  {"subject":"todo/1","fields":{"done":true,"title":"Buy milk"},"by":{"done":{"stamp":"<stamp1>","time":"<TIME>","source":"/people/ben","id":"<id1>"},"title":{"stamp":"<stamp2>","time":"<TIME>","source":"/people/anna","id":"<id2>"}}}
  $ offsync state -C b todo/2 --stamps -q -o text
  todo/2
    n      3
           <time>  /people/anna  <stamp3>
    tags   ["a","b"]
           <time>  /people/anna  <stamp3>
    title  "Call Ben"
           <time>  /people/anna  <stamp3>

A subject must live, a pattern may match nothing.

  $ offsync state -C b todo/3
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  offsync: todo/3 was deleted by /people/anna at <time>
  [66]
  $ offsync state -C b todo/9 --offline
  offsync: there is no todo/9; list what there is with: offsync state
  [66]
  $ offsync state -C b 'to*' -q -o text
  todo/1
    done   true
    title  "Buy milk"
  todo/2
    n      3
    tags   ["a","b"]
    title  "Call Ben"
  $ offsync state -C b 'x*' -q
  $ offsync state -C b 'x*' -q -o json
  []
  $ offsync state -C b todo
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  offsync: there is no todo; list what there is with: offsync state
  [66]
  $ offsync state -C b --offline --require-proxy
  offsync: --offline and --require-proxy contradict each other; see: offsync state --help
  [2]

Without the proxy.

  $ proxy_stop
  $ offsync state -C b 'person/*'
  state from the replica, last synced <time>, <age>: GET http://127.0.0.1:<port1>/v1/spaces/shop/state failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused
  {"subject":"person/ben","fields":{"name":"Ben"}}
  $ offsync state -C b 'person/*' -q
  {"subject":"person/ben","fields":{"name":"Ben"}}
  $ offsync state -C b --require-proxy
  offsync: GET http://127.0.0.1:<port1>/v1/spaces/shop/state failed: Failed to connect to 127.0.0.1 port <port1>: Connection refused; is the proxy running there?
  [69]
