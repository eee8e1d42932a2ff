A file that may not grow further is a full disk, each time, until the limit is raised. (How great the WAL is, and so
what cannot be done first, is by chance.)

  $ offsync init -q
  $ for i in $(seq 150); do echo '{"type":"t","subject":"k/'$i'","data":{"set":{"v":"'$(printf %01000d $i)'"}}}'; done | offsync emit -q --batch -
  $ great=$(printf %040000d 1)
  $ (ulimit -f 40; for i in 1 2 3; do offsync emit -q t k/1 v=$great 2>&1; echo $?; done) | sed 's/make durable what is in/write to/'
  offsync: cannot write to <folder>/.offsync/replica.db: a file would grow beyond its limit (ulimit -f); raise the limit, then run it again
  74
  offsync: cannot write to <folder>/.offsync/replica.db: a file would grow beyond its limit (ulimit -f); raise the limit, then run it again
  74
  offsync: cannot write to <folder>/.offsync/replica.db: a file would grow beyond its limit (ulimit -f); raise the limit, then run it again
  74
  $ offsync emit -q t k/1 a=1 >/dev/null
