A sound replica, with all that one can have.

  $ proxy_start
  $ two_people
  $ make_conflict
  $ offsync emit -q -C a todo.counted todo/2 n+=1 > event
  $ offsync doctor -C a | sed 's/^pages .*/pages      N/'
  file       <folder>/a/.offsync/replica.db
  source     /people/anna
  pages      N
  log        4 events
  queue      1
  entities   2
  conflicts  1
  verdict    sound
  $ offsync doctor -C a -o json | jq -c 'del(.pages, .file)'
  {"source":"/people/anna","former_sources":[],"moved":false,"unsealed":0,"events":4,"pending":1,"entities":2,"conflicts":1,"problems":[],"sound":true}

A byte that changed is found, with its place.

  $ offsync init -q -C c
  $ seq 2000 | sed 's/.*/{"type":"t.t","subject":"t\/&","data":{"set":{"n":&}}}/' > events
  $ offsync emit -q -C c --batch events > out
  $ offsync doctor -C c | tail -n 1
  verdict    sound
  $ cp c/.offsync/replica.db sound.db
  $ printf '\377' | dd of=c/.offsync/replica.db bs=1 seek=$((4096 * 20 + 1234)) conv=notrunc status=none
  $ offsync doctor -C c > out
  offsync: <folder>/c/.offsync/replica.db is damaged; make a copy of its folder, then run: offsync repair; or restore it from a backup
  [74]
  $ grep problem out
  problem    page 21 is not as it was written
  problem    what lies on such a page, or comes behind it, was not looked at
  $ tail -n 1 out
  verdict    damaged

Another file.

  $ offsync doctor --file sound.db | tail -n 1
  verdict    sound
  $ offsync doctor --file events
  offsync: events is no offsync replica; check the path, or run offsync init again if one was cut
  [78]
  $ offsync doctor --file nothing
  offsync: there is no file nothing
  [66]
