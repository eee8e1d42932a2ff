A replica that is damaged is made usable again; its queue and its log stay.

  $ proxy_start
  $ two_people
  $ offsync emit -q -C a todo.created todo/1 title="Buy milk" >/dev/null
  $ offsync sync -q -C a
  $ offsync emit -q -C a todo.done todo/1 done:=true >/dev/null
  $ harm() { python3 -c 'import os, sqlite3, sys; c = sqlite3.connect("a/.offsync/replica.db"); c.execute(sys.argv[1]); c.commit(); os._exit(0)' "$1"; }
  $ harm 'UPDATE replica SET head = -1'
  $ offsync state -C a --offline
  offsync: <folder>/a/.offsync/replica.db is damaged: its setting head is -1, which cannot be; run: offsync repair, which keeps what is queued and the received log
  [74]
  $ offsync doctor -C a 2>/dev/null | tail -n 2
  problem    its setting head is -1, which cannot be
  verdict    damaged
  $ offsync repair -C a
  mended the proxy's head
  kept 1 event of the queue and 1 of the log
  $ offsync state -C a --offline
  {"subject":"todo/1","fields":{"done":true,"title":"Buy milk"}}

The header says of which format the file is; the tables tell whether that is so.

  $ harm 'PRAGMA user_version = 0'
  $ offsync state -C a --offline
  offsync: <folder>/a/.offsync/replica.db is damaged: its header says that it is of format 0, and its tables are those of format 7; run: offsync repair, which keeps what is queued and the received log
  [74]
  $ offsync doctor -C a
  offsync: <folder>/a/.offsync/replica.db is damaged: its header says that it is of format 0, and its tables are those of format 7; run: offsync repair, which keeps what is queued and the received log
  [74]
  $ offsync repair -C a
  mended the file: the format that its header says
  kept 1 event of the queue and 1 of the log

In order it stays as it is.

  $ offsync repair -C a
  nothing was wrong
  kept 1 event of the queue and 1 of the log
  $ offsync repair -C a -q
  $ offsync repair -C a --json
  {"mended":[],"queue":1,"unreadable":0,"doubtful":0,"lost":0,"lost_numbers":[],"lost_all_known":true,"lost_former":[],"lost_former_all_known":true,"wal_aside":null,"waiting":0,"log":1,"whole":true}

Where the log has a hole the proxy is asked for the whole state.

  $ harm 'DELETE FROM log'
  $ offsync repair -C a
  the state comes from the proxy with the next pull: offsync sync
  mended the place in the log
  kept 1 event of the queue and 0 of the log
  $ offsync repair -C a -q --json
  {"mended":[],"queue":1,"unreadable":0,"doubtful":0,"lost":0,"lost_numbers":[],"lost_all_known":true,"lost_former":[],"lost_former_all_known":true,"wal_aside":null,"waiting":0,"log":0,"whole":false}
  $ offsync state -C a --offline
  {"subject":"todo/1","fields":{"done":true,"title":"Buy milk"}}
  $ offsync replay -C a
  offsync: the log that this replica has received is not whole, so that neither is its fold; the next pull fetches what is missing: offsync sync (gap)
  [75]
  $ offsync status -C a --offline | grep -E 'cursor|queue'
  cursor     never pulled
  queue      1 queued, 0 accepted, 0 rejected, 0 held
  $ offsync sync -C a
  pushed 1, pulled the whole state and 1 event, 0 conflicts, 0 rejected
  $ offsync state -C a --offline
  {"subject":"todo/1","fields":{"done":true,"title":"Buy milk"}}

  $ offsync replay -C a
  {"subject":"todo/1","fields":{"done":true,"title":"Buy milk"}}
  $ for n in 1 2 3; do offsync emit -q -C a todo.x todo/$n n:=$n > out && offsync sync -q -C a; done
  $ harm 'DELETE FROM log WHERE sequence = 4'
  $ offsync replay -C a
  offsync: the log that this replica has received is not whole, so that neither is its fold; the next pull fetches what is missing: offsync sync (gap)
  {"subject":"todo/1","fields":{"done":true,"n":1,"title":"Buy milk"}}
  {"subject":"todo/3","fields":{"n":3}}
  [75]
  $ offsync repair -C a -q
  $ offsync replay -C a --strict
  offsync: the log that this replica has received is not whole, so that neither is its fold; the next pull fetches what is missing: offsync sync (gap)
  [75]
  $ offsync repair -C nowhere
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  [66]
