Flag, environment, the replica's file, the user's file: the first one that says something counts.

  $ offsync init -q --source /people/anna
  $ offsync emit -q todo.created todo/1 title=Milk > event
  $ first_line() { offsync state --offline "$@" | head -n 1; }
  $ first_line
  {"subject":"todo/1","fields":{"title":"Milk"}}
  $ mkdir -p config/offsync
  $ echo 'output = "json"' > config/offsync/config.toml
  $ first_line
  [
  $ echo 'output = "text"' > .offsync/config.toml
  $ first_line
  todo/1
  $ OFFSYNC_OUTPUT=ndjson first_line
  {"subject":"todo/1","fields":{"title":"Milk"}}
  $ OFFSYNC_OUTPUT=ndjson first_line -o text
  todo/1

A remote: of the replica itself, then its file, the environment, the option.

  $ remote() { offsync status --offline "$@" | grep remote; }
  $ remote
  remote     none
  verdict    no remote: nothing leaves this machine
  $ echo 'remote = "http://user.example/v1/spaces/shop"' > config/offsync/config.toml
  $ remote
  remote     http://user.example/v1/spaces/shop
  $ echo 'remote = "http://replica.example/v1/spaces/shop"' > .offsync/config.toml
  $ remote
  remote     http://replica.example/v1/spaces/shop
  $ OFFSYNC_REMOTE=http://env.example/v1/spaces/shop remote
  remote     http://env.example/v1/spaces/shop
  $ OFFSYNC_REMOTE=http://env.example/v1/spaces/shop remote --remote http://flag.example/v1/spaces/shop
  remote     http://flag.example/v1/spaces/shop
  $ rm .offsync/config.toml
  $ offsync init -q -C own --remote http://own.example/v1/spaces/shop
  $ remote -C own
  remote     http://own.example/v1/spaces/shop

OFFSYNC_HOME names the replica, -C counts more.

  $ offsync init -q -C other --source /people/ben
  $ OFFSYNC_HOME=other/.offsync offsync status --offline | grep source
  source     /people/ben
  $ OFFSYNC_HOME=other/.offsync offsync status -C . --offline | grep source
  source     /people/anna

Colours only where they are asked for; NO_COLOR counts less than an explicit wish.

  $ offsync log --pending -o text | cat -v
  queued  <time>  /people/anna  todo.created  todo/1  title="Milk"
  $ offsync log --pending -o text --color always | cat -v | cut -c 1-25
  ^[[33mqueued^[[0m  ^[[2m2
  $ OFFSYNC_COLOR=always offsync state --offline -o text | cat -v
  ^[[1mtodo/1^[[0m
    ^[[34mtitle^[[0m  "Milk"
  $ OFFSYNC_COLOR=always offsync state --offline -o text --color never | cat -v
  todo/1
    title  "Milk"
  $ NO_COLOR=1 offsync state --offline -o text --color always | cat -v
  ^[[1mtodo/1^[[0m
    ^[[34mtitle^[[0m  "Milk"
  $ echo 'color = "always"' > config/offsync/config.toml
  $ offsync state --offline -o text | cat -v
  ^[[1mtodo/1^[[0m
    ^[[34mtitle^[[0m  "Milk"
  $ NO_COLOR=1 offsync state --offline -o text | cat -v
  todo/1
    title  "Milk"
  $ rm config/offsync/config.toml

What cannot be used is said with its place: exit code 78, of an option 2.

  $ offsync state -o xml
  offsync: --output: 'xml' is not one of text, json, ndjson
  [2]
  $ offsync state --color maybe
  offsync: --color: 'maybe' is not one of auto, always, never
  [2]
  $ OFFSYNC_OUTPUT=xml offsync state
  offsync: OFFSYNC_OUTPUT: 'xml' is not one of text, json, ndjson
  [78]
  $ OFFSYNC_COLOR=maybe offsync state
  offsync: OFFSYNC_COLOR: 'maybe' is not one of auto, always, never
  [78]
  $ OFFSYNC_CONNECT_TIMEOUT=soon offsync state
  offsync: OFFSYNC_CONNECT_TIMEOUT: 'soon' is not a number of seconds from 0.001 to 86400
  [78]
  $ try() { echo "$1" > .offsync/config.toml; offsync state; }
  $ try 'output = "xml"'
  offsync: <folder>/.offsync/config.toml:1: output: 'xml' is not one of text, json, ndjson
  [78]
  $ try 'output = 1'
  offsync: <folder>/.offsync/config.toml:1: output must be a string
  [78]
  $ try 'outptu = "json"'
  offsync: <folder>/.offsync/config.toml:1: unknown setting 'outptu'; there are remote, source, output, color, token_file, ca_file, cert_file, key_file, connect_timeout, ask_timeout, request_timeout, stream_timeout and retry_wait
  [78]
  $ try 'output ='
  offsync: <folder>/.offsync/config.toml:1: this is not TOML: Error while parsing key-value pair: expected value, saw '\n'
  [78]
  $ try 'connect_timeout = -1'
  offsync: <folder>/.offsync/config.toml:1: connect_timeout must be a number of seconds from 0.001 to 86400
  [78]
  $ try 'token = "secret"'
  offsync: <folder>/.offsync/config.toml:1: unknown setting 'token'; there are remote, source, output, color, token_file, ca_file, cert_file, key_file, connect_timeout, ask_timeout, request_timeout, stream_timeout and retry_wait
  [78]
  $ rm .offsync/config.toml
  $ OFFSYNC_TOKEN_FILE=nothing offsync sync --remote http://127.0.0.1:9/v1/spaces/shop
  offsync: the token file: cannot read nothing: No such file or directory; set token_file or OFFSYNC_TOKEN
  [78]
