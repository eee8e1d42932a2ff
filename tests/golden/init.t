A replica with all that can be said about it.

  $ offsync init --remote http://127.0.0.1:8080/v1/spaces/shop --source /clients/till-3
  made .offsync/replica.db as /clients/till-3, remote http://127.0.0.1:8080/v1/spaces/shop
  $ ls -A .offsync
  replica.db
  replica.db-shm
  replica.db-wal
  replica.db.lock
  $ offsync status --offline
  replica    <folder>/.offsync
  source     /clients/till-3
  remote     http://127.0.0.1:8080/v1/spaces/shop
  cursor     never pulled
  head       never heard of
  lag        0 or more
  queue      0 queued, 0 accepted, 0 rejected, 0 held
  conflicts  0 open
  clock      no offset to the proxy is known
  last sync  never
  answer     from the replica
  verdict    not synced: the proxy was not asked or did not answer, never pulled

A second one in the same place is refused, and the first one stays as it is.

  $ offsync init
  offsync: there is a file .offsync/replica.db already; use it as it is, or choose another place
  [78]
  $ offsync status --offline -o json | jq -c '[.source, .remote]'
  ["/clients/till-3","http://127.0.0.1:8080/v1/spaces/shop"]

Elsewhere: -C, OFFSYNC_HOME, the user's own. Text by default, JSON where asked.

  $ offsync init -C till
  made till/.offsync/replica.db as /clients/<node1>, without a remote
  $ offsync init -C back -o json --source /clients/back
  {"home":"back/.offsync","source":"/clients/back","remote":null}

Of a path that is given only the last folder is made: the rest is mistyped where it is not there.

  $ offsync init -C shop/back
  offsync: cannot make the folder shop/back: No such file or directory; check the path; the folder that it is in must be there
  [74]
  $ OFFSYNC_HOME=$PWD/shop/env offsync init
  offsync: cannot make the folder <folder>/shop/env: No such file or directory; check the path; the folder that it is in must be there
  [74]
  $ ls -d shop
  ls: cannot access 'shop': No such file or directory
  [2]
  $ mkdir shop; offsync init -q -C shop/back
  $ OFFSYNC_HOME=$PWD/env offsync init -q
  $ ls -A env
  replica.db
  replica.db-shm
  replica.db-wal
  replica.db.lock
  $ offsync init --user --source /clients/me
  made <folder>/data/offsync/replica.db as /clients/me, without a remote
  $ ls data/offsync
  replica.db
  replica.db-shm
  replica.db-wal
  replica.db.lock

The replica is found upwards; -C takes the folder itself as well.

  $ mkdir -p till/deep/down
  $ (cd till/deep/down && offsync status --offline | head -n 1)
  replica    <folder>/till/.offsync
  $ offsync -C till/.offsync status --offline | head -n 1
  replica    till/.offsync
  $ cd /
  $ offsync status --offline | head -n 2 | tail -n 1
  source     /clients/me
  $ cd "$HOME"

What cannot be.

  $ offsync init -C x --remote shop
  offsync: the remote 'shop' cannot be used: no http or https URL; it looks like http://127.0.0.1:8080/v1/spaces/NAME
  [78]
  $ offsync init -C x --remote http://127.0.0.1/shop
  offsync: the remote 'http://127.0.0.1/shop' cannot be used: its path does not end in /v1/spaces/NAME; it looks like http://127.0.0.1:8080/v1/spaces/NAME
  [78]
  $ offsync init -C x --remote ftp://127.0.0.1/v1/spaces/shop
  offsync: the remote 'ftp://127.0.0.1/v1/spaces/shop' cannot be used: no http or https URL; it looks like http://127.0.0.1:8080/v1/spaces/NAME
  [78]
  $ offsync init -C x --remote http://anna:geheim@127.0.0.1/v1/spaces/shop
  offsync: the remote 'http://127.0.0.1/v1/spaces/shop' cannot be used: it has a user or a password in it; leave them out; a token is given by OFFSYNC_TOKEN or token_file
  [78]
  $ offsync init -C x --source ''
  offsync: --source is empty; see: offsync init --help
  [2]
  $ offsync init -C x --source "$(printf 'a\tb')"
  offsync: source has a control character
  [65]
  $ offsync init -C x --source /proxy
  offsync: the source /proxy is the proxy's own; choose another one, such as /clients/till-3
  [65]
  $ OFFSYNC_SOURCE=/backend offsync init -C x
  offsync: the source /backend is the proxy's own; choose another one, such as /clients/till-3
  [65]
  $ offsync init --user -C x
  offsync: --user and -C both say where the replica is to be; give one of them
  [2]
  $ touch file; offsync init -C file
  offsync: cannot make the folder file/.offsync: Not a directory
  [74]
  $ ls -d x
  ls: cannot access 'x': No such file or directory
  [2]

No replica, no command.

  $ for c in 'emit a b/1 c=d' sync watch log state queue conflicts 'resolve x --ours' status replay; do
  >   offsync -C nowhere $c; echo "$? $c"
  > done
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 emit a b/1 c=d
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 sync
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 watch
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 log
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 state
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 queue
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 conflicts
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 resolve x --ours
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 status
  offsync: there is no replica in nowhere or above it; make one with: offsync init
  66 replay
  $ HOME= XDG_DATA_HOME= OFFSYNC_HOME=/nonexistent offsync log
  offsync: there is no replica in /nonexistent ($OFFSYNC_HOME); make one with: offsync init
  [66]

What is there in a replica's place is named.

  $ mkdir -p odd/.offsync/replica.db loose/.offsync
  $ offsync state -C odd 2>&1 | sed "s:$PWD:<here>:"
  offsync: <here>/odd/.offsync/replica.db is a folder, and no file; name a file, or take it away
  $ ln -s /nonexistent/replica.db loose/.offsync/replica.db
  $ offsync init -C loose
  offsync: cannot lock /nonexistent/replica.db.lock: No such file or directory; check the path: the folder must be there
  [74]

What an init left for which there was no room is told, and completed.

  $ mkdir full; (cd full; ulimit -f 8; offsync init -q)
  offsync: cannot use <folder>/full/.offsync/replica.db: a file would grow beyond its limit (ulimit -f); raise the limit, then run it again
  [74]
  $ offsync emit -C full a.b c/1
  offsync: <folder>/full/.offsync/replica.db is no offsync replica; if an init was cut, run offsync init again; the file was not changed
  [78]
  $ offsync status -C full --offline
  offsync: <folder>/full/.offsync/replica.db is no offsync replica; if an init was cut, run offsync init again; the file was not changed
  [78]
  $ offsync doctor -C full
  offsync: <folder>/full/.offsync/replica.db is no offsync replica; check the path, or run offsync init again if one was cut
  [78]
  $ offsync init -q -C full
  $ offsync queue -C full
