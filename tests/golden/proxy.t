  $ offsync-proxy --version
  offsync-proxy 0.1.0
  $ offsync-proxy --help
  Takes events, orders them, finds conflicts, and tells everybody: the proxy of
  offsync.
  Usage: offsync-proxy [OPTIONS] [SUBCOMMAND]
  
  Options:
    -h,--help                       Print this help message and exit
    -V,--version                    Print the version
    --listen HOST:PORT              Where to listen; port 0 takes a free one
                                    [default: 127.0.0.1:8080]
    --store sqlite:PATH             Where the logs are kept [default:
                                    sqlite:/var/lib/offsync/proxy.db as root, else
                                    in $XDG_DATA_HOME/offsync]
    --threads N                     Threads for requests (streams need none)
                                    [default: 64]
    --max-streams N                 Open event streams at most [default: 10000]
    --heartbeat SECONDS             A quiet stream gets a sign of life this often
                                    [default: 15]
    --stall-timeout SECONDS         A reader that takes nothing so long is cut
                                    [default: 30]
    --header-timeout SECONDS        Time for a whole request header [default: 10]
    --body-timeout SECONDS          Time for a whole request body [default: 60]
    --idle-timeout SECONDS          Connections without a request are closed
                                    [default: 15]
    --tls-cert FILE                 Speak https, with the certificate (and its
                                    chain) in this PEM file
    --tls-key FILE                  The key of that certificate; SIGHUP reads all
                                    anew
    --tls-client-ca FILE            Let only clients in whose certificate is of a
                                    CA in this PEM file
    --cors-origins ORIGIN,...       Web origins whose pages may use the proxy, or
                                    * [default: none]
    --log-level LEVEL               debug, info, warn or error [default: info]
    --log-format FORMAT             text (logfmt) or json [default: text]
    --log-file FILE                 Log there, not to stderr; SIGHUP opens it anew
    --pidfile FILE                  Keep the process id there, locked
    --ready-file FILE               Write the proxy's URL there once it listens
    --config FILE                   Read settings from this TOML file [default:
                                    /etc/offsync/proxy.toml if it exists]
    --daemon                        Run in the background; returns once the proxy
                                    listens (needs --log-file)
    --check-config                  Print the settings and where they come from,
                                    and end
    --new-epoch                     Once, after a backup of the store was put
                                    back: begin its logs anew, and end
  
  Subcommands:
    check                           Read all of the store, say whether it is
                                    sound, and end
    compact                         Forget the oldest events of a space's log, and
                                    end (no proxy may run)
  
  
  Each setting can also be given as OFFSYNC_PROXY_NAME in the environment, or in
  the TOML file under its name with underscores (max_streams = 500). A flag beats
  the environment, which beats the file.
  
  Example:
    offsync-proxy --listen 127.0.0.1:8080 --store sqlite:shop.db
    curl -N -H 'Accept: text/event-stream' 127.0.0.1:8080/v1/spaces/shop/events
  
  Signals: SIGTERM and SIGINT stop it within 5 seconds, SIGHUP opens the log file
  and reads the files of TLS anew.

Settings: a flag, else the environment, else the file; --check-config says which.

  $ cat > proxy.toml <<'END'
  > listen = "127.0.0.1:8081"
  > store = "sqlite:file.db"
  > max_streams = 500
  > cors_origins = ["https://app.example.org"]
  > END
  $ OFFSYNC_PROXY_LISTEN=127.0.0.1:8082 OFFSYNC_PROXY_THREADS=8 offsync-proxy --check-config --config proxy.toml --threads 4
  listen = "127.0.0.1:8082"  # OFFSYNC_PROXY_LISTEN
  store = "sqlite:<folder>/file.db"  # proxy.toml:2
  threads = 4  # --threads
  max_streams = 500  # proxy.toml:3
  heartbeat = 15  # default
  stall_timeout = 30  # default
  header_timeout = 10  # default
  body_timeout = 60  # default
  idle_timeout = 15  # default
  tls_cert = ""  # default
  tls_key = ""  # default
  tls_client_ca = ""  # default
  cors_origins = ["https://app.example.org"]  # proxy.toml:4
  log_level = "info"  # default
  log_format = "text"  # default
  log_file = ""  # default
  pidfile = ""  # default
  ready_file = ""  # default
  $ ls file.db
  ls: cannot access 'file.db': No such file or directory
  [2]

Usage and settings that cannot be.

  $ offsync-proxy --frob
  offsync-proxy: The following argument was not expected: --frob; see offsync-proxy --help
  [2]
  $ offsync-proxy frob
  offsync-proxy: The following argument was not expected: frob; see offsync-proxy --help
  [2]
  $ offsync-proxy --threads
  offsync-proxy: --threads needs a value: --threads N; see offsync-proxy --help
  [2]
  $ offsync-proxy --listen
  offsync-proxy: --listen needs a value: --listen HOST:PORT; see offsync-proxy --help
  [2]
  $ offsync-proxy --listen 127.0.0.1:1 --listen 127.0.0.1:2
  offsync-proxy: --listen is given more than once; see offsync-proxy --help
  [2]
  $ offsync-proxy --config a --config b
  offsync-proxy: --config is given more than once; see offsync-proxy --help
  [2]
  $ offsync-proxy --threads many
  offsync-proxy: threads = "many" (--threads) is not a number from 1 to 1024
  [2]
  $ offsync-proxy --listen here --check-config
  offsync-proxy: listen = "here" (--listen) is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080
  [2]
  $ offsync-proxy --store mongo --check-config
  offsync-proxy: store = "mongo" (--store) is not sqlite:PATH
  [2]
  $ offsync-proxy --config nothing
  offsync-proxy: the configuration: cannot read nothing: No such file or directory
  [66]
  $ offsync-proxy --daemon
  offsync-proxy: --daemon needs --log-file: a daemon has no stderr to log to
  [2]
  $ offsync-proxy --log-level loud --check-config
  offsync-proxy: log_level = "loud" (--log-level) is not debug, info, warn or error
  [2]
  $ OFFSYNC_PROXY_THREADS=0 offsync-proxy --check-config
  offsync-proxy: threads = "0" (OFFSYNC_PROXY_THREADS) is not a number from 1 to 1024
  [78]
  $ echo 'lisen = "x"' > bad.toml; offsync-proxy --check-config --config bad.toml
  offsync-proxy: bad.toml:1: there is no setting lisen; see offsync-proxy --help for those that there are
  [78]
  $ echo 'listen = ' > bad.toml; offsync-proxy --check-config --config bad.toml
  offsync-proxy: bad.toml:1: this is not TOML: Error while parsing key-value pair: expected value, saw '\n'
  [78]
  $ mkdir folder; offsync-proxy --listen 127.0.0.1:0 --store sqlite:folder 2>&1 | sed 's/^time=[^ ]* //'
  level=error event=failed code=store_is_folder reason="the store <folder>/folder is a folder; name a file in it: --store sqlite:<folder>/folder/log.db"

  $ offsync-proxy --check-config --config folder
  offsync-proxy: the configuration: folder is a folder, and no file; name a file, or take it away
  [78]
  $ (echo 'threads = 3' | offsync-proxy --check-config --config /dev/stdin) | grep threads
  threads = 3  # /dev/stdin:1
  $ offsync-proxy --listen no..host:0 --store sqlite:unused.db 2>&1 | sed 's/^time=[^ ]* //'
  level=error event=failed code=listen reason="cannot listen on no..host:0: the host name leads to no address; give an address of this machine, such as 127.0.0.1"

What any HTTP client sees.

  $ proxy_start
  $ root=$(cat ready)
  $ curl -s "$root/healthz"; curl -s "$root/readyz"
  ok
  ready
  $ curl -s -H 'Content-Type: application/json' -d '{"specversion":"1.0","id":"e1","source":"/till/1","type":"order.placed","subject":"order/1","time":"2024-01-01T10:00:00Z","data":{"set":{"n":1}}}' "$url/events"
  {"line":1,"id":"e1","outcome":"accepted","sequence":"1"}
  $ curl -s "$url"
  {"space":"shop","epoch":"<epoch1>","log":"<epoch1>","head":1,"oldest":1,"applied":1}
  $ curl -s "$url/events"
  {"specversion":"1.0","id":"e1","source":"/till/1","type":"order.placed","subject":"order/1","time":"2024-01-01T10:00:00Z","stamp":"018cc4774500-0000-a07ae4cbda3b7bef","data":{"set":{"n":1}},"sequence":"1","recordedtime":"<TIME>"}
  $ curl -s "$url/state"
  {"cursor":"<epoch1>-1","entities":1,"conflicts":0,"line":"<mark1>","recordedtime":"<TIME>"}
  {"subject":"order/1","fields":{"n":{"register":{"value":1,"stamp":"018cc4774500-0000-a07ae4cbda3b7bef","id":"e1","source":"/till/1"}}}}
  $ curl -s "$url/state/order/1"
  {"subject":"order/1","fields":{"n":{"register":{"value":1,"stamp":"018cc4774500-0000-a07ae4cbda3b7bef","id":"e1","source":"/till/1"}}}}
  $ curl -s "$url/state/order/2"
  {"type":"about:blank","title":"Not Found","status":404,"code":"no_entity","detail":"the space shop has no entity of this subject"} (no-eol)
  $ curl -s -w '%{http_code}\n' "$root/v1/nothing"
  {"type":"about:blank","title":"Not Found","status":404,"code":"no_such_route","detail":"there is nothing under this path"}404
  $ curl -s -w '%{http_code}\n' "$url/events?after=99"
  {"type":"about:blank","title":"Gone","status":410,"code":"cursor_expired","detail":"the cursor is at 99, but the log ends at 1; fetch the state and go on from its cursor"}410
  $ curl -s -w '%{http_code}\n' -X DELETE "$url/events"
  {"type":"about:blank","title":"Method Not Allowed","status":405,"code":"method_not_allowed","detail":"this path takes GET, HEAD, POST"}405
  $ curl -s -w '%{http_code}\n' -H 'Content-Type: text/plain' -d x "$url/events"
  {"type":"about:blank","title":"Unsupported Media Type","status":415,"code":"unsupported_type","detail":"events come as application/cloudevents+json, application/cloudevents-batch+json, application/x-ndjson or application/json, not as text/plain"}415
  $ sed -u -e 's/\r$//' -e 9q < <(curl -s -N -H 'Accept: text/event-stream' "$url/events")
  retry: 2000
  
  id: <epoch1>-0
  event: hello
  data: {"epoch":"<epoch1>","head":1}
  
  id: <epoch1>-1
  data: {"specversion":"1.0","id":"e1","source":"/till/1","type":"order.placed","subject":"order/1","time":"2024-01-01T10:00:00Z","stamp":"018cc4774500-0000-a07ae4cbda3b7bef","data":{"set":{"n":1}},"sequence":"1","recordedtime":"<TIME>"}
  

One store, one proxy.

  $ offsync-proxy --listen 127.0.0.1:0 --store sqlite:proxy.db
  time=<TIME> level=error event=failed code=store_locked reason="the store <folder>/proxy.db is in use by another offsync-proxy; stop that one, or give this one a store of its own with --store"
  [78]

In the background.

  $ proxy_stop
  $ offsync-proxy --daemon --listen 127.0.0.1:0 --store sqlite:proxy.db --log-file daemon.log --pidfile pid --ready-file url
  $ curl -s "$(cat url)/healthz"
  ok
  $ offsync-proxy --daemon --listen 127.0.0.1:0 --store sqlite:other.db --log-file other.log --pidfile pid
  offsync-proxy: a proxy runs already with the pidfile <folder>/pid, as process <pid>
  [74]
  $ kill "$(cat pid)"; for i in $(seq 600); do grep -q stopped daemon.log && break; sleep 0.1; done
  $ cut -d ' ' -f 3 daemon.log
  event=listening
  event=stopping
  event=stopped

A backup is put back: what it lacks is sent again, before what came later.

  $ rm -rf proxy.db*
  $ proxy_start
  $ offsync init -q -C a --remote "$url" --source /people/anna
  $ offsync emit -q -C a order.placed order/1 n:=1; offsync sync -C a
  {"specversion":"1.0","id":"<id1>","source":"/people/anna","type":"order.placed","subject":"order/1","time":"<TIME>","stamp":"<stamp1>","clientseq":"1","data":{"base":{},"set":{"n":1}}}
  pushed 1, pulled 1, 0 conflicts, 0 rejected
  $ proxy_stop
  $ cp proxy.db backup.db
  $ proxy_start
  $ offsync emit -q -C a order.changed order/1 n:=2; offsync sync -C a --push
  {"specversion":"1.0","id":"<id2>","source":"/people/anna","type":"order.changed","subject":"order/1","time":"<TIME>","stamp":"<stamp2>","clientseq":"2","data":{"base":{"n":"<stamp1>"},"set":{"n":2}}}
  pushed 1, pulled 0, 0 conflicts, 0 rejected
  $ offsync emit -q -C a order.changed order/1 n:=3
  {"specversion":"1.0","id":"<id3>","source":"/people/anna","type":"order.changed","subject":"order/1","time":"<TIME>","stamp":"<stamp3>","clientseq":"3","data":{"base":{"n":"<stamp2>"},"set":{"n":3}}}
  $ proxy_stop
  $ rm proxy.db*; cp backup.db proxy.db
  $ offsync-proxy --new-epoch --store sqlite:proxy.db
  <folder>/proxy.db: 1 log begins anew; clients fetch the state, and send again what is missing
  $ proxy_start
  $ offsync sync -C a
  pushed 2, pulled the whole state and 2 events, 0 conflicts, 0 rejected; the log was replaced, and lacked nothing received
  $ curl -s "$url/events" | grep -o '"set":{"n":.}'
  "set":{"n":1}
  "set":{"n":2}
  "set":{"n":3}
  $ proxy_stop
  $ offsync-proxy --new-epoch --store sqlite:none.db
  time=<TIME> level=error event=failed code=no_store reason="there is no store <folder>/none.db; name it with --store sqlite:PATH"
  [66]
  $ mkdir folder.db; offsync-proxy check --store sqlite:folder.db
  time=<TIME> level=error event=failed code=store_is_folder reason="the store <folder>/folder.db is a folder; name a file in it: --store sqlite:<folder>/folder.db/log.db"
  [78]
  $ : > empty.db; offsync-proxy --new-epoch --store sqlite:empty.db
  time=<TIME> level=error event=failed code=store_empty reason="the store <folder>/empty.db is empty: nothing is in it; put a backup back, without a -wal and -shm of before, or name another one with --store sqlite:PATH"
  [74]
  $ offsync-proxy --new-epoch --daemon --log-file log
  offsync-proxy: --new-epoch ends at once: it does not go with --daemon
  [2]

A store is checked, whole; a byte that changed is found.

  $ offsync-proxy check --store sqlite:proxy.db | sed 's/^[0-9]* pages/N pages/'
  space shop: 3 events, 1 entity, 0 open conflicts
  N pages
  sound
  $ printf '\377' | dd of=proxy.db bs=1 seek=$((4096 * 2 + 77)) conv=notrunc status=none
  $ offsync-proxy check --store sqlite:proxy.db > out
  time=<TIME> level=error event=failed code=corrupt reason="the store <folder>/proxy.db is damaged; put a backup back, without the -wal and -shm that are there now, and run once with --new-epoch"
  [74]
  $ grep -m 1 '^page' out
  page 3 is not as it was written
  $ offsync-proxy check --store sqlite:none.db
  time=<TIME> level=error event=failed code=no_store reason="there is no store <folder>/none.db; name it with --store sqlite:PATH"
  [66]
  $ offsync-proxy check --new-epoch
  offsync-proxy: check only reads: it goes with no other task
  [2]

What is done to a store says which one, and what was wrong.

  $ offsync-proxy check --help
  Read all of the store, say whether it is sound, and end
  Usage: offsync-proxy check [OPTIONS]
  
  Options:
    -h,--help                       Print this help message and exit
  
  
  Which store, as for the proxy itself (offsync-proxy --help):
    --store sqlite:PATH               Where the logs are kept
    --config FILE                     Read settings from this TOML file
  
  Example:
    offsync-proxy check --store sqlite:shop.db
  $ offsync-proxy compact --help | sed -n '/^Which/,$p'
  Which store, as for the proxy itself (offsync-proxy --help):
    --store sqlite:PATH               Where the logs are kept
    --config FILE                     Read settings from this TOML file
  
  Example:
    offsync-proxy compact --store sqlite:shop.db --space shop --keep 10000
    offsync-proxy compact --store sqlite:shop.db --space shop --older-than 90
  $ offsync-proxy compact --space s --older-than 0.1
  offsync-proxy: --older-than: '0.1' is not a whole number of days, 0 to 36500
  [2]
  $ offsync-proxy compact --space s --keep few
  offsync-proxy: --keep: 'few' is not a number of events
  [2]
  $ offsync-proxy compact --space s --before 0
  offsync-proxy: --before: '0' is not a sequence, 1 or more
  [2]
