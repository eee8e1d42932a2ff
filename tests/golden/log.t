The received log and its filters, on events with times of their own.

  $ proxy_start
  $ offsync init -q --remote "$url" --source /people/anna
  $ offsync sync -q
  $ cat > events <<'END'
  > {"specversion":"1.0","id":"e1","source":"/till/1","type":"order.placed","subject":"order/1","time":"2024-01-01T10:00:00Z","data":{"set":{"what":"nails","n":7}}}
  > {"specversion":"1.0","id":"e2","source":"/till/2","type":"order.placed","subject":"order/2","time":"2024-01-02T10:00:00Z","data":{"set":{"what":"7"}}}
  > {"specversion":"1.0","id":"e3","source":"/till/1","type":"order.paid","subject":"order/1","time":"2024-01-03T10:00:00Z","data":{"set":{"paid":true}}}
  > {"specversion":"1.0","id":"e4","source":"/office","type":"stock.counted","subject":"item/7","time":"2024-01-04T10:00:00Z","data":{"set":{"count":1.50}}}
  > END
  $ offsync log -o text
  $ offsync log -o json
  []
  $ offsync emit -q --batch events
  $ offsync log -o text
  $ offsync log --pending -o text
  queued  2024-01-01 10:00:00Z  /till/1  order.placed   order/1  n=7, what="nails"
  queued  2024-01-02 10:00:00Z  /till/2  order.placed   order/2  what="7"
  queued  2024-01-03 10:00:00Z  /till/1  order.paid     order/1  paid=true
  queued  2024-01-04 10:00:00Z  /office  stock.counted  item/7   count=1.50
  $ offsync sync
  pushed 4, pulled 4, 0 conflicts, 0 rejected
  $ offsync log -o text
  1  2024-01-01 10:00:00Z  /till/1  order.placed   order/1  n=7, what="nails"
  2  2024-01-02 10:00:00Z  /till/2  order.placed   order/2  what="7"
  3  2024-01-03 10:00:00Z  /till/1  order.paid     order/1  paid=true
  4  2024-01-04 10:00:00Z  /office  stock.counted  item/7   count=1.50
  $ offsync log
  {"specversion":"1.0","id":"e1","source":"/till/1","type":"order.placed","subject":"order/1","time":"2024-01-01T10:00:00Z","stamp":"018cc4774500-0000-a07ae4cbda3b7bef","data":{"set":{"n":7,"what":"nails"}},"sequence":"1","recordedtime":"<TIME>"}
  {"specversion":"1.0","id":"e2","source":"/till/2","type":"order.placed","subject":"order/2","time":"2024-01-02T10:00:00Z","stamp":"018cc99da100-0000-0f98ac2a84215854","data":{"set":{"what":"7"}},"sequence":"2","recordedtime":"<TIME>"}
  {"specversion":"1.0","id":"e3","source":"/till/1","type":"order.paid","subject":"order/1","time":"2024-01-03T10:00:00Z","stamp":"018ccec3fd00-0000-a07ae4cbda3b7bef","data":{"set":{"paid":true}},"sequence":"3","recordedtime":"<TIME>"}
  {"specversion":"1.0","id":"e4","source":"/office","type":"stock.counted","subject":"item/7","time":"2024-01-04T10:00:00Z","stamp":"018cd3ea5900-0000-443685bc70e7d8e8","data":{"set":{"count":1.50}},"sequence":"4","recordedtime":"<TIME>"}
  $ offsync log -o json | jq -c 'map(.sequence)'
  ["1","2","3","4"]

Filters; those of one kind widen, those of different kinds narrow, and so does SUBJECT.

  $ ids() { offsync log "$@" | jq -r .id | xargs; }
  $ ids --type 'order.*'
  e1 e2 e3
  $ ids --type order.paid --type 'stock.*'
  e3 e4
  $ ids --subject order/1
  e1 e3
  $ ids order/1
  e1 e3
  $ ids 'order/*' --type order.paid
  e3
  $ ids --subject item/7 order/2
  
  $ ids --subject 'order/*' --subject item/7 order/2
  e2
  $ ids --subject 'order/*' --source /till/1
  e1 e3
  $ ids --since 2024-01-03
  e3 e4
  $ ids --since 2024-01-02T10:00:00Z --until 2024-01-03T10:00:00Z
  e2 e3
  $ ids --until 2
  e1 e2
  $ ids --since 3
  e3 e4
  $ TZ=Asia/Tokyo ids --since '2024-01-03 19:00'
  e3 e4
  $ TZ=Asia/Tokyo ids --since '2024-01-03 19:01'
  e4
  $ ids --since yesterday
  
  $ ids --since 5000w
  e1 e2 e3 e4
  $ ids --since 2h
  
  $ ids --after 2
  e3 e4
  $ ids -n 1
  e4
  $ ids -n 1 --after 1
  e2
  $ ids -n 0
  
  $ ids --where what=nails
  e1
  $ ids --where what=7
  e2
  $ ids --where n=7
  e1
  $ ids --where n:=7
  e1
  $ ids --where paid:=true
  e3
  $ ids --where count:=1.5
  e4
  $ ids --type nothing
  

What cannot be.

  $ offsync log --since tomorrow
  offsync: --since: 'tomorrow' is not a time (2026-11-23T12:00:00Z, '2026-11-23 12:00', now, today, yesterday, 2h), a sequence or a stamp
  [2]
  $ offsync log --after x
  offsync: --after: 'x' is not a cursor (epoch-sequence) or a sequence
  [2]
  $ offsync log --where what
  offsync: --where: 'what' is not FIELD=VALUE or FIELD:=JSON
  [2]
  $ offsync log --where n:=seven
  offsync: --where n:=seven: it is not well-formed JSON; for plain text write: --where n=seven
  [2]
  $ offsync log -n many
  offsync: -n: 'many' is not a whole number from 0 to 18446744073709551615; see: offsync log --help
  [2]
  $ offsync log -n -1
  offsync: -n: '-1' is not a whole number from 0 to 18446744073709551615; see: offsync log --help
  [2]
  $ offsync log -o xml
  offsync: --output: 'xml' is not one of text, json, ndjson
  [2]
  $ offsync log order/1 order/2
  offsync: log takes no argument 'order/2'; see: offsync log --help
  [2]

What names no entity finds nothing, and says why.

  $ offsync log todo
  the subject "todo" is not kind/id, such as todo/1; a glob finds more of them, such as "todo/*"
  $ offsync log nothing/1
  $ offsync log --since tomorrow
  offsync: --since: 'tomorrow' is not a time (2026-11-23T12:00:00Z, '2026-11-23 12:00', now, today, yesterday, 2h), a sequence or a stamp
  [2]
