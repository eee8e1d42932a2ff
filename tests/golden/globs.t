A backslash takes a special character as it is; elsewhere it is a character like any other.

  $ offsync init -q --source /people/anna
  $ offsync emit -q t 'x/a\b' n:=1 > event
  $ offsync emit -q t 'x/a*b' n:=2 > event
  $ offsync emit -q t x/ab n:=3 > event
  $ offsync state 'x/a\b'
  {"subject":"x/a\\b","fields":{"n":1}}
  $ offsync state 'x/a\*b'
  {"subject":"x/a*b","fields":{"n":2}}
  $ offsync state 'x/a*b'
  {"subject":"x/a*b","fields":{"n":2}}
  {"subject":"x/a\\b","fields":{"n":1}}
  {"subject":"x/ab","fields":{"n":3}}
  $ offsync state 'x/*\b'
  {"subject":"x/a\\b","fields":{"n":1}}
  $ offsync state 'x/a\\*'
  {"subject":"x/a\\b","fields":{"n":1}}
  $ offsync state 'x/\*'
  offsync: there is no x/*; list what there is with: offsync state
  [66]

The proxy is asked for exactly what was meant.

  $ proxy_start
  $ offsync init -q -C other --remote "$url" --source /people/ben
  $ for subject in 'x//y' 'x/y/' 'x/../y' 'x/a?b=c&d' 'x/%2F' 'x/a b'; do offsync -C other emit -q t "$subject" n:=1 > event; done
  $ offsync -C other sync -q 2> /dev/null > /dev/null
  $ for subject in 'x//y' 'x/y/' 'x/../y' 'x/a\?b=c&d' 'x/%2F' 'x/a b'; do offsync -C other state -q "$subject"; done
  {"subject":"x//y","fields":{"n":1}}
  {"subject":"x/y/","fields":{"n":1}}
  {"subject":"x/../y","fields":{"n":1}}
  {"subject":"x/a?b=c&d","fields":{"n":1}}
  {"subject":"x/%2F","fields":{"n":1}}
  {"subject":"x/a b","fields":{"n":1}}
  $ offsync -C other state x/y
  state from http://127.0.0.1:<port1>/v1/spaces/shop
  offsync: there is no x/y; list what there is with: offsync state
  [66]
