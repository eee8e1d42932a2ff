The help of the program and of each command, its version, and what it says to what it does not know.

  $ offsync --help
  offsync: work offline, meet later
  
  Usage: offsync COMMAND [OPTIONS]
  
  Commands:
    init       Make a replica
    emit       Queue an event, or a file of events
    sync       Send the queue to the proxy and fetch what others did
    watch      Print events as they arrive, and send what is queued
    replay     Fold a log to a state
    log        Print the received log
    state      Print entities
    queue      List, show, retry, drop and export pending events
    recover    List, send and drop events of others that the proxy has lost
    conflicts  List and show conflicts
    resolve    Decide conflicts
    status     Print remote, cursor, lag, queue, conflicts and clock
    remote     Show or set the proxy's space that this replica belongs to
    doctor     Read all of a replica's file, and say whether it is sound
    repair     Make a damaged replica usable again
  
  Options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
    -V, --version        Print the version
  
  Examples:
    offsync init --remote http://127.0.0.1:8080/v1/spaces/shop
    offsync emit todo.created todo/1 title="Buy milk" done:=false
    offsync state todo/1
    offsync sync
  
  The proxy that replicas sync with is a program of its own: offsync-proxy --help
  Help of a command: offsync COMMAND --help
  The manual: man offsync, man offsync-COMMAND
  $ offsync --version
  offsync 0.1.0
  $ offsync -V
  offsync 0.1.0

No line is longer than a terminal is wide, and no word is broken.

  $ commands=$(offsync --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\)  .*/\1/p')
  $ for c in '' $commands; do offsync help $c; done | awk 'length > 80'
  $ offsync -h | head -n 1
  offsync: work offline, meet later
  $ offsync | head -n 3
  offsync: work offline, meet later
  
  Usage: offsync COMMAND [OPTIONS]
  $ offsync >/dev/null
  [2]
  $ offsync frob
  offsync: there is no command 'frob'; see: offsync --help
  [2]
  $ offsync stat
  offsync: there is no command 'stat'; did you mean state or status?
  [2]
  $ for word in pull push add ls tail history merge serve drop retry; do offsync $word; done
  offsync: there is no command 'pull'; did you mean: offsync sync --pull?
  offsync: there is no command 'push'; did you mean: offsync sync --push?
  offsync: there is no command 'add'; did you mean: offsync emit?
  offsync: there is no command 'ls'; did you mean: offsync state?
  offsync: there is no command 'tail'; did you mean: offsync watch?
  offsync: there is no command 'history'; did you mean: offsync log?
  offsync: there is no command 'merge'; did you mean: offsync resolve?
  offsync: there is no command 'serve'; did you mean: offsync-proxy?
  offsync: there is no command 'drop'; did you mean: offsync queue drop?
  offsync: there is no command 'retry'; did you mean: offsync queue retry?
  [2]
  $ offsync --frob
  offsync: offsync has no option --frob; see: offsync --help
  [2]

init

  $ offsync init --help
  Make a replica
  
  Usage: offsync init [OPTIONS]
  
  Makes .offsync/replica.db in this folder, in that of -C, or in $OFFSYNC_HOME.
  What is there already is left alone (exit 78).
  
  Options:
    --remote URL     The space, http(s)://HOST[:PORT]/v1/spaces/NAME
    --source SOURCE  Who writes here, a URI reference: /clients/till-3
    --user           Make the replica of this user, $XDG_DATA_HOME/offsync
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync init --remote http://127.0.0.1:8080/v1/spaces/shop
    offsync init -C till --source /clients/till-3
  $ offsync init --frob
  offsync: init has no option --frob; see: offsync init --help
  [2]

emit

  $ offsync emit --help
  Queue an event, or a file of events
  
  Usage: offsync emit TYPE SUBJECT [name=text | name:=json | name+=number |
                      name-=number]... [OPTIONS]
         offsync emit --batch FILE|- [OPTIONS]
  
  The event is durable in the replica before emit returns; no network is needed.
  The next sync sends it. On a terminal emit says what it queued, elsewhere it
  prints the event.
  
  --batch takes one JSON object after the other: your own events as {"type":...,
  "subject":..., "data":{...}}, or CloudEvents from elsewhere, with their own id
  and source. What cannot be taken is reported with its line and byte and left
  out; the others are kept, and the exit code is 65.
  
  What of an event changes nothing (an unset of what is not there, data without an
  operation) is told on stderr; with --strict such an event is refused.
  
  Options:
    --unset NAME         Remove the field
    --add NAME=VALUE     Add a value (or name:=json) to the set
    --remove NAME=VALUE  Remove a value (or name:=json) from the set
    --create             Create the entity, also where it was deleted
    --delete             Delete the entity
    --data JSON|@FILE|-  The event's data as one JSON object, instead of
                         assignments
    --batch FILE|-       Take events from a file, one after the other
    --strict             Refuse what changes nothing; a batch stops at what is
                         refused
    --dry-run            Print what would be queued, keep nothing
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync emit todo.created todo/1 title="Buy milk" done:=false --create
    offsync emit stock.sold item/7 count-=2 --add buyers=ann
    zstd -dc history.ndjson.zst | offsync emit --batch -
  $ offsync emit --frob
  offsync: emit has no option --frob; see: offsync emit --help
  [2]

sync

  $ offsync sync --help
  Send the queue to the proxy and fetch what others did
  
  Usage: offsync sync [OPTIONS]
  
  Sends what is queued, in order, then fetches everything up to the newest event
  of the space. The first time, and after the proxy's log was replaced, the whole
  state is fetched instead; what is queued stays on top of it. A sync that fails
  loses nothing: what was not confirmed stays queued and is sent again. Exit code
  69: the proxy cannot be reached, nothing is known to have changed; 75: a part is
  done or the replica is busy, try again, or rejected events wait for you.
  
  Options:
    --push         Only send
    --pull         Only fetch
    --dry-run      Only say what would be sent and fetched
    --remote URL   The space, http(s)://HOST[:PORT]/v1/spaces/NAME
    --cacert FILE  https: trust the certificates in this file alone
    --cert FILE    https: show this certificate to the proxy
    --key FILE     https: the key of that certificate
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync sync
    offsync sync --push
    offsync sync --dry-run
    offsync sync --json | jq .pulled
  $ offsync sync --frob
  offsync: sync has no option --frob; see: offsync sync --help
  [2]

watch

  $ offsync watch --help
  Print events as they arrive, and send what is queued
  
  Usage: offsync watch [OPTIONS]
  
  Follows the space live: prints each event once, in the order of the log, and
  connects again by itself when the proxy or the network goes away. What is queued
  here, now or later, is sent meanwhile. With --exec a command is run for each
  event instead of printing it: the event's line is its standard input, and
  OFFSYNC_EVENT_SEQUENCE, _ID, _TYPE and _SUBJECT are set.
  
  Options:
    --from stored|now|beginning  Begin with what this replica has not received yet
                                 (default), with what is new from now on, or with
                                 the whole log
    --type GLOB                  Events of this type; may be repeated
    --subject GLOB               Events of this entity; may be repeated
    --source GLOB                Events of this author; may be repeated
    --since POINT                From here on: a time, yesterday, 2h (ago), a
                                 sequence or a stamp
    --until POINT                Up to here, inclusive: as for --since
    --after CURSOR               After this cursor (epoch-sequence) or sequence
    --where FIELD=VALUE          Events that write this; FIELD:=JSON for exact
                                 values; may be repeated
    -n N                         End after N events
    --timeout TIME               End after so long: seconds, or 5m, 2h (69: never
                                 connected)
    --exec COMMAND               Run this with /bin/sh for each event
    --exec-fail continue|stop    When the command fails: go on (default), or end
    --consumer NAME              With --exec: keep the place of NAME in this
                                 replica, and go on behind what its command has
                                 done
    --forget                     Take the consumer NAME and its place away, and
                                 end
    --remote URL                 The space, http(s)://HOST[:PORT]/v1/spaces/NAME
    --cacert FILE                https: trust the certificates in this file alone
    --cert FILE                  https: show this certificate to the proxy
    --key FILE                   https: the key of that certificate
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync watch
    offsync watch --subject 'todo/*' | jq -c .data
    offsync watch --from beginning -n 100
    offsync watch --type order.placed --exec './print-label' --exec-fail stop
  $ offsync watch --frob
  offsync: watch has no option --frob; did you mean --from?
  [2]

replay

  $ offsync replay --help
  Fold a log to a state
  
  Usage: offsync replay [FILE|URL|-] [OPTIONS]
  
  Folds events (of offsync log, of the proxy, or CloudEvents from elsewhere) and
  snapshots of the proxy to the state that they give, in any order; of URL, a
  space, its whole log. Without FILE: the log that this replica has received. The
  memory used grows with the entities, not with the events. A line that cannot be
  folded is reported with its number and byte and left out; the exit code is then
  65.
  
  Options:
    --type GLOB          Events of this type; may be repeated
    --subject GLOB       Events of this entity; may be repeated
    --source GLOB        Events of this author; may be repeated
    --since POINT        From here on: a time, yesterday, 2h (ago), a sequence or
                         a stamp
    --until POINT        Up to here, inclusive: as for --since
    --after CURSOR       After this cursor (epoch-sequence) or sequence
    --where FIELD=VALUE  Events that write this; FIELD:=JSON for exact values; may
                         be repeated
    -n N                 The first N that pass the filters
    --stamps             Who wrote each field, and when
    --strict             Stop at the first bad line, print no state
    --cacert FILE        https: trust the certificates in this file alone
    --cert FILE          https: show this certificate to the proxy
    --key FILE           https: the key of that certificate
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync replay events.ndjson
    offsync replay http://127.0.0.1:8080/v1/spaces/shop
    offsync replay --until 2026-11-23T12:00:00Z --subject 'todo/*'
    zstd -dc history.ndjson.zst | offsync replay - -o ndjson
  $ offsync replay --frob
  offsync: replay has no option --frob; see: offsync replay --help
  [2]

log

  $ offsync log --help
  Print the received log
  
  Usage: offsync log [SUBJECT|GLOB] [OPTIONS]
  
  Prints what this replica has received, in the log's order. It asks nobody: sync
  first for what is new. -n prints the newest N that pass the filters; with
  --after, the first N.
  
  Options:
    --type GLOB          Events of this type; may be repeated
    --subject GLOB       Events of this entity; may be repeated
    --source GLOB        Events of this author; may be repeated
    --since POINT        From here on: a time, yesterday, 2h (ago), a sequence or
                         a stamp
    --until POINT        Up to here, inclusive: as for --since
    --after CURSOR       After this cursor (epoch-sequence) or sequence
    --where FIELD=VALUE  Events that write this; FIELD:=JSON for exact values; may
                         be repeated
    -n N                 The newest N (with --after: the first N)
    --pending            The queue as well, behind the log
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync log -n 20
    offsync log todo/1
    offsync log --type 'todo.*' --since 2h
    offsync log --subject todo/1 --where title="Buy milk" -o ndjson
    offsync log --pending
  $ offsync log --frob
  offsync: log has no option --frob; see: offsync log --help
  [2]

state

  $ offsync state --help
  Print entities
  
  Usage: offsync state [SUBJECT|GLOB] [OPTIONS]
  
  Asks the proxy first, and the replica where the proxy does not answer or there
  is none; stderr says which it was. What is still in the queue is on top in
  either case. Only living entities are printed, by subject; a SUBJECT that does
  not live is exit code 66, a GLOB without a match prints nothing.
  
  Options:
    --offline        Ask the replica alone
    --require-proxy  Exit with 69 where the proxy does not answer
    --stamps         Who wrote each field, and when
    --fields         Only which fields there are, and of what kind
    --remote URL     The space, http(s)://HOST[:PORT]/v1/spaces/NAME
    --cacert FILE    https: trust the certificates in this file alone
    --cert FILE      https: show this certificate to the proxy
    --key FILE       https: the key of that certificate
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync state todo/1
    offsync state 'todo/*' --stamps
    offsync state --offline -o ndjson
  $ offsync state --frob
  offsync: state has no option --frob; see: offsync state --help
  [2]

queue

  $ offsync queue --help
  List, show, retry, drop and export pending events
  
  Usage: offsync queue [list | show ID | retry ID|--all | drop ID|--all | export]
                       [OPTIONS]
  
  An event is queued, then accepted (the proxy has it, its copy has not come back
  yet), and gone once its copy arrives. A rejected one is parked with its reason,
  and later ones of that entity are held until you retry or drop it; everything
  else goes on. --all means all rejected ones. ID may be shortened to its
  beginning or end; events of two sources may have the same one, then --source
  says whose is meant. export prints the events as they would be sent.
  
  Options:
    --all            retry, drop: all rejected events
    --source SOURCE  Whose event, where several have the ID
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync queue
    offsync queue show 0193594d
    offsync queue retry --all
    offsync queue export > pending.ndjson
  $ offsync queue --frob
  offsync: queue has no option --frob; see: offsync queue --help
  [2]

recover

  $ offsync recover --help
  List, send and drop events of others that the proxy has lost
  
  Usage: offsync recover [list | send [ID]... | drop ID...|--all] [OPTIONS]
  
  Where the proxy's log was replaced (a backup was put back, say), sync looks for
  what the replica had. Own events that are missing are sent again at once; those
  of others are kept here until they come back, or you send them for their
  authors. Any replica may do that, and two may: it is one event. send without ID
  sends all. ID may be shortened to its beginning or end; events of two sources
  may have the same one, then --source says whose is meant.
  
  Options:
    --all            send, drop: all of them
    --source SOURCE  Whose event, where several have the ID
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync recover
    offsync recover send
    offsync recover drop 0193594d
  $ offsync recover --frob
  offsync: recover has no option --frob; see: offsync recover --help
  [2]

conflicts

  $ offsync conflicts --help
  List and show conflicts
  
  Usage: offsync conflicts [list | show ID] [OPTIONS]
  
  Two writes of a field of which neither author saw the other, with different
  values, are a conflict. The later write won; the other value is here. list asks
  the proxy first, and the replica where the proxy does not answer. ID may be
  shortened to its beginning, of 8 characters or more.
  
  Options:
    --all            Resolved ones as well (of the replica)
    --exit-code      Exit with 1 where a conflict is open
    --offline        Ask the replica alone
    --require-proxy  Exit with 69 where the proxy does not answer
    --remote URL     The space, http(s)://HOST[:PORT]/v1/spaces/NAME
    --cacert FILE    https: trust the certificates in this file alone
    --cert FILE      https: show this certificate to the proxy
    --key FILE       https: the key of that certificate
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync conflicts
    offsync conflicts show 8f21c07e
    offsync conflicts --exit-code || echo 'there is something to decide'
  $ offsync conflicts --frob
  offsync: conflicts has no option --frob; see: offsync conflicts --help
  [2]

resolve

  $ offsync resolve --help
  Decide conflicts
  
  Usage: offsync resolve ID|SUBJECT...|--all
                         --ours|--theirs|--current|--incoming|--keep|--value TEXT
                         [OPTIONS]
  
  Queues an event that sets the field and cites the conflict, which is thereby
  closed; the next sync sends it. Ours is what this replica wrote; current is what
  was in the log, and incoming what met it there. A SUBJECT stands for all open
  conflicts of that entity. ID may be shortened to its beginning, of 8 characters
  or more. What was written after both sides is replaced only where the conflict
  is given by its ID. A conflict that is not here yet is pulled first.
  
  Options:
    --all          All open conflicts
    --ours         Take the value that this replica wrote
    --theirs       Take the other value
    --current      Take the value that was in the log
    --incoming     Take the value that met it there
    --keep         Leave it as it is
    --value TEXT   Take this text, or :=JSON
    --remote URL   The space, http(s)://HOST[:PORT]/v1/spaces/NAME
    --cacert FILE  https: trust the certificates in this file alone
    --cert FILE    https: show this certificate to the proxy
    --key FILE     https: the key of that certificate
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync resolve 8f21c07e --ours
    offsync resolve 8f21c07e --value "Buy oat milk"
    offsync resolve 8f21c07e --value :=42
    offsync resolve todo/1 --incoming
    offsync resolve --all --keep
  $ offsync resolve --frob
  offsync: resolve has no option --frob; see: offsync resolve --help
  [2]

status

  $ offsync status --help
  Print remote, cursor, lag, queue, conflicts and clock
  
  Usage: offsync status [OPTIONS]
  
  Asks the proxy for the head of its log. Where it does not answer, what the
  replica heard last is printed, and nothing is called synced.
  
  Options:
    --offline        Ask the replica alone
    --require-proxy  Exit with 69 where the proxy does not answer
    --check          Print nothing but what is wrong: exit with 0 where all is
                     synced, with 1 where it is not, with 69 where the proxy does
                     not answer
    --remote URL     The space, http(s)://HOST[:PORT]/v1/spaces/NAME
    --cacert FILE    https: trust the certificates in this file alone
    --cert FILE      https: show this certificate to the proxy
    --key FILE       https: the key of that certificate
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync status
    offsync status --json | jq .queue
  $ offsync status --frob
  offsync: status has no option --frob; see: offsync status --help
  [2]

remote

  $ offsync remote --help
  Show or set the proxy's space that this replica belongs to
  
  Usage: offsync remote [show | set URL [--switch]] [OPTIONS]
  
  From its first sync on a replica belongs to one log, and is not synced with
  another one. set takes the URL where that log is now. With --switch the replica
  leaves its log for the one at URL and begins afresh; what it was, with its
  queue, is kept in a file beside the new one.
  
  Options:
    --switch       set: leave the log of this replica for that one
    --cacert FILE  https: trust the certificates in this file alone
    --cert FILE    https: show this certificate to the proxy
    --key FILE     https: the key of that certificate
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync remote
    offsync remote set https://proxy.example/v1/spaces/shop
    offsync remote set http://127.0.0.1:8080/v1/spaces/other --switch
  $ offsync remote --frob
  offsync: remote has no option --frob; see: offsync remote --help
  [2]

doctor

  $ offsync doctor --help
  Read all of a replica's file, and say whether it is sound
  
  Usage: offsync doctor [OPTIONS]
  
  Reads every page, line and record, and looks whether the state is what log and
  queue say. Nothing is changed. What is damaged is named with its place, and ends
  with 74.
  
  Options:
    --file FILE  This file, and not the replica of this folder
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync doctor
    offsync doctor --file backup/replica.db
  $ offsync doctor --frob
  offsync: doctor has no option --frob; see: offsync doctor --help
  [2]

repair

  $ offsync repair --help
  Make a damaged replica usable again
  
  Usage: offsync repair [OPTIONS]
  
  For a replica that other commands call damaged. Its queue and its received log
  are kept; its settings, its state and its conflicts are made anew from them, and
  from the proxy at the next sync where the log is not whole. Either all of that
  is done or nothing. An event of the queue that cannot be read is kept as
  rejected (code unreadable), and so is one that may not say what it said (code
  doubtful). A replica that is in order stays as it is.
  
  Common options:
    -C, --directory DIR  Use the replica of this folder
    -o, --output FORMAT  text, json or ndjson; by default text on a terminal
    --json               The same as -o json
    --color WHEN         auto (default), always or never
    --no-pager           Print lists on a terminal without a pager
    -q, --quiet          Say nothing on stderr but errors
    -h, --help           Print this help
  
  Examples:
    offsync repair
    offsync repair --json | jq .mended
    offsync repair && offsync sync
  $ offsync repair --frob
  offsync: repair has no option --frob; see: offsync repair --help
  [2]

The version goes with no command; help wins over anything else.

  $ offsync sync --version
  offsync: sync has no option --version; see: offsync sync --help
  [2]
  $ offsync log --help --frob | head -n 1
  Print the received log
  $ offsync sync frob
  offsync: sync takes no argument 'frob'; see: offsync sync --help
  [2]
