A file that may not grow further is a full disk, each time, until the limit is raised.

  $ offsync init -q
  $ for i in $(seq 150); do echo '{"type":"t","subject":"k/'$i'","data":{"set":{"v":"'$(printf %01000d $i)'"}}}'; done | offsync emit -q --batch -
  $ (ulimit -f 40; for i in 1 2 3; do offsync emit -q t k/1 a=$i; echo $?; done)
  offsync: cannot write to <folder>/.offsync/replica.db: a file would grow beyond its limit (ulimit -f); raise the limit, then run it again
  74
  offsync: cannot make durable what is in <folder>/.offsync/replica.db: disk I/O error; check the disk, then run it again
  74
  offsync: cannot make durable what is in <folder>/.offsync/replica.db: disk I/O error; check the disk, then run it again
  74
