#!/usr/bin/env bash
# The main job, in a terminal: two people edit offline, meet again, one conflict, the same state.
# usage: demo.sh BUILD_DIR. Exit code 1 where anything is not as it should be.
set -euo pipefail

build=$(cd "${1:?usage: demo.sh BUILD_DIR}" && pwd)

# The programs of the build, wherever its folders have them.
program() {
  local place
  for place in bin cli proxy .; do
    if [[ -x $build/$place/$1 && ! -d $build/$place/$1 ]]; then
      printf '%s\n' "$build/$place/$1"
      return
    fi
  done
  printf 'demo: there is no %s in %s; build it first: ./dev build release\n' "$1" "$build" >&2
  exit 1
}
offsync=$(program offsync)
proxy=$(program offsync-proxy)
PATH=$(dirname "$offsync"):$PATH
export PATH

while read -r name; do unset "$name"; done < <(compgen -e | grep -i -E '^OFFSYNC|_proxy$' || true)
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' reset=$'\e[0m'
else
  bold='' dim='' green='' red='' reset=''
fi

folder=$(mktemp -d)
proxy_pid='' watch_pid=''
end() {
  local code=$?
  trap - EXIT
  for pid in $watch_pid $proxy_pid; do
    kill "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$folder"
  if ((code != 0)); then printf '\n%sdemo: something is not as it should be (exit code %d)%s\n' "$red" "$code" "$reset" >&2; fi
  exit $((code != 0))
}
trap end EXIT
trap 'exit 1' INT TERM
export OFFSYNC_OUTPUT=text PAGER=cat  # as on a terminal, also where this runs in a pipe
export HOME=$folder XDG_CONFIG_HOME=$folder/config XDG_DATA_HOME=$folder/data TZ=UTC

fail() {
  printf '%sdemo: %s%s\n' "$red" "$*" "$reset" >&2
  exit 1
}
title() { printf '\n%s# %s%s\n' "$bold" "$*" "$reset"; }

# as WHO COMMAND: shows the command line as it is typed, runs it in WHO's folder.
as() {
  local who=$1
  shift
  printf '%s%-5s$%s %s\n' "$dim" "$who" "$reset" "$*"
  (cd "$folder/$who" && bash -c "$*" 2>&1)
}
# expect WANTED GOT WHAT
expect() { [[ $1 == "$2" ]] || fail "$3: expected '$1', got '$2'"; }

start_proxy() {
  rm -f "$folder/ready"
  "$proxy" --listen "127.0.0.1:${port:-0}" --store "sqlite:$folder/proxy.db" \
    --ready-file "$folder/ready" 2>>"$folder/proxy.log" &
  proxy_pid=$!
  for _ in {1..1200}; do
    [[ -s $folder/ready ]] && break
    kill -0 "$proxy_pid" 2>/dev/null || fail "the proxy ended: $(tail -n 3 "$folder/proxy.log")"
    sleep 0.05
  done
  [[ $(<"$folder/ready") =~ :([0-9]+) ]] || fail "the proxy is not ready"
  port=${BASH_REMATCH[1]}
}
stop_proxy() {
  kill "$proxy_pid"
  wait "$proxy_pid" || fail "the proxy did not stop cleanly"
  proxy_pid=''
}
state_of() { (cd "$folder/$1" && offsync state --offline -o ndjson); }

title 'A proxy, and two people with a replica each'
start_proxy
url=http://127.0.0.1:$port/v1/spaces/shop
printf '%sproxy$%s offsync-proxy --listen 127.0.0.1:%s --store sqlite:proxy.db &\n' "$dim" "$reset" "$port"
for who in anna ben; do
  mkdir "$folder/$who"
  as "$who" "offsync init --remote $url --source /people/$who"
done
as anna 'offsync emit todo.created todo/1 title="Buy milk" done:=false --create'
as anna 'offsync sync'
as ben 'offsync sync'
as ben 'offsync state todo/1 --offline'

title 'Ben watches (from the beginning, in the background)'
printf '%sben  $%s offsync watch --from beginning -o ndjson > watched.ndjson &\n' "$dim" "$reset"
(cd "$folder/ben" && exec offsync watch --from beginning -o ndjson >"$folder/watched" 2>"$folder/watch.log") &
watch_pid=$!
for _ in {1..1200}; do [[ -s $folder/watched ]] && break; sleep 0.05; done
[[ -s $folder/watched ]] || fail "watch printed nothing: $(<"$folder/watch.log")"

title 'The network goes away. Both go on working'
stop_proxy
as anna 'offsync emit todo.renamed todo/1 title="Buy oat milk"'
as anna 'offsync emit todo.created todo/2 title="Call Ben" --create'
as ben 'offsync emit todo.renamed todo/1 title="Buy rice milk"'
as ben 'offsync emit todo.done todo/1 done:=true'
code=0
as anna 'offsync sync' || code=$?
expect 69 "$code" 'exit code of a sync without a proxy'
printf '%s(exit code %d)%s\n' "$dim" "$code" "$reset"
as anna 'offsync state --offline'
as anna 'offsync queue'

title 'It is back. Everything meets, and nobody loses anything'
start_proxy
as anna 'offsync sync'
for _ in {1..1200}; do
  [[ $(cd "$folder/ben" && offsync queue list -o ndjson) == '' ]] && break
  sleep 0.05
done
expect '' "$(cd "$folder/ben" && offsync queue list -o ndjson)" "Ben's queue, sent by his watch"
printf '%s(Ben has nothing to do: his watch is connected again, and has sent his edits)%s\n' "$dim" "$reset"
as anna 'offsync sync'

title 'The log, as everybody has it. Watch has printed each event once'
head=$(cd "$folder/ben" && offsync status --json --offline | tr ',' '\n' | sed -n 's/.*"head"://p' | head -n 1)
for _ in {1..1200}; do (($(wc -l <"$folder/watched") >= head)) && break; sleep 0.05; done
as ben "offsync watch -q --from beginning -n $head"

expect "$(seq 1 "$head")" "$(sed -E 's/.*"sequence":"([0-9]+)".*/\1/' "$folder/watched")" 'sequences that watch printed'

title 'One conflict: both wrote the title, neither had seen the other'
as ben 'offsync conflicts'
expect 1 "$(cd "$folder/anna" && offsync conflicts --offline -o ndjson | wc -l)" "conflicts that Anna sees"

title 'The same state everywhere: both replicas, the proxy, the fold of the log'
as anna 'offsync state -o ndjson'
anna=$(state_of anna)
expect "$anna" "$(state_of ben)" "Ben's state"
expect "$anna" "$(cd "$folder/ben" && offsync state --require-proxy -o ndjson 2>/dev/null)" "the proxy's state"
expect "$anna" "$(offsync replay - -o ndjson <"$folder/watched")" 'replay of what was watched'
printf '%sanna = ben = proxy = replay of the log%s\n' "$green" "$reset"
