# What a golden test has at hand; sourced by golden_shell.sh.
# shellcheck shell=bash
unset BASH_ENV
while read -r name; do unset "$name"; done < <(compgen -e | grep -i -E '^OFFSYNC|_proxy$|^NO_COLOR$' |
  grep -v -E '^OFFSYNC(_PROXY)?_BIN$')
PATH=$(dirname "$OFFSYNC_BIN"):$(dirname "$OFFSYNC_PROXY_BIN"):$PATH
export OFFSYNC_ASK_TIMEOUT=60  # the machine may be busy
export PATH HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_DATA_HOME=$PWD/data XDG_RUNTIME_DIR=$PWD TERM=dumb
unset OFFSYNC_BIN OFFSYNC_PROXY_BIN

proxy_pid=''
proxy_port=0

# Starts a proxy on a free port (again: on the same one); $url is the space "shop" of it.
proxy_start() {
  rm -f ready
  command offsync-proxy --listen "127.0.0.1:$proxy_port" --store sqlite:proxy.db --ready-file ready \
    "$@" </dev/null >proxy.out 2>>proxy.log &
  proxy_pid=$!
  local i
  for ((i = 0; i < 1200; ++i)); do
    [[ -s ready ]] && break
    kill -0 "$proxy_pid" 2>/dev/null || break
    sleep 0.05
  done
  if [[ ! -s ready ]]; then
    echo 'the proxy did not start:'
    cat proxy.log
    return 1
  fi
  proxy_port=$(sed 's/.*://' ready)
  url=$(<ready)/v1/spaces/shop
  export url
}

proxy_stop() {
  [[ -n $proxy_pid ]] || return 0
  kill "$proxy_pid"
  wait "$proxy_pid"
  local code=$?
  proxy_pid=''
  return "$code"
}
trap proxy_stop EXIT

# Two people with a replica each in a/ and b/, of the space of the running proxy.
two_people() {
  offsync init -q -C a --remote "$url" --source /people/anna &&
    offsync init -q -C b --remote "$url" --source /people/ben
}

# A conflict about the title of todo/1, which Ben's later write won; known to both.
make_conflict() {
  offsync emit -q -C a todo.created todo/1 title="Buy milk" --create >/dev/null &&
    offsync sync -q -C a >/dev/null && offsync sync -q -C b >/dev/null &&
    offsync emit -q -C a todo.renamed todo/1 title="Buy oat milk" >/dev/null && sleep 0.01 &&
    offsync emit -q -C b todo.renamed todo/1 title="Buy rice milk" >/dev/null &&
    offsync sync -q -C a >/dev/null && offsync sync -q -C b >/dev/null && offsync sync -q -C a >/dev/null
}

# id NAME: reads a member of the first JSON object on stdin.
first() { jq -r -n "input | .$1"; }
