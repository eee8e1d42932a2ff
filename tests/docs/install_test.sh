#!/usr/bin/env bash
# Installs the build into a folder of its own and uses what is there: every file has its place,
# `offsync` finds offsync-net, and a program of somebody else builds against the libraries.
# usage: install_test.sh SOURCE BUILD COMPILER SANITIZERS
set -euo pipefail
source=$1 build=$2 compiler=$3 sanitize=$4

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
prefix=$root/prefix

fail() {
  printf 'install_test: %s\n' "$*" >&2
  exit 1
}

cmake --install "$build" --prefix "$prefix" >"$root/install.log"

for file in bin/offsync bin/offsync-proxy libexec/offsync/offsync-net \
  include/offsync/base/result.h include/offsync/replica/replica.h \
  share/man/man1/offsync.1 share/man/man1/offsync-emit.1 share/man/man5/offsync-event.5 \
  share/man/man7/offsync-protocol.7 share/man/man8/offsync-proxy.8 \
  share/bash-completion/completions/offsync share/bash-completion/completions/offsync-proxy \
  share/zsh/site-functions/_offsync share/zsh/site-functions/_offsync-proxy \
  share/fish/vendor_completions.d/offsync.fish share/fish/vendor_completions.d/offsync-proxy.fish \
  share/doc/offsync/README.md lib/systemd/system/offsync-proxy.service; do
  [[ -s $prefix/$file ]] || fail "not installed: $file"
done
grep -qx "ExecStart=$prefix/bin/offsync-proxy" "$prefix/lib/systemd/system/offsync-proxy.service" ||
  fail "the unit starts another program than $prefix/bin/offsync-proxy"
doc=$prefix/share/doc/offsync links=0
for page in "$doc"/*.md; do
  while read -r target; do
    [[ -s $doc/$target ]] || fail "${page##*/} links to $target, which is not installed"
    links=$((links + 1))
  done < <(grep -oE '\]\([^)#:]+\)' "$page" | sed 's/^](//; s/)$//')
done
((links > 5)) || fail "only $links links in the installed documents"
if grep -rIl "$build" "$prefix" >"$root/leaks"; then
  fail "the installed files name the build folder: $(<"$root/leaks")"
fi

# `sync` runs offsync-net from the installed libexec folder: nobody listens on port 1, which only
# a program with a network can find out (69, not 78).
export HOME=$root XDG_CONFIG_HOME=$root/config XDG_DATA_HOME=$root/data OFFSYNC_HOME=$root/replica
unset OFFSYNC_LIBEXEC
"$prefix/bin/offsync" init --remote http://127.0.0.1:1/v1/spaces/test >/dev/null 2>&1
code=0
"$prefix/bin/offsync" sync >"$root/sync.log" 2>&1 || code=$?
((code == 69)) || fail "sync from the installed tree: exit $code instead of 69: $(<"$root/sync.log")"

flags=${sanitize:+-fsanitize=$sanitize}
cmake -S "$source/tests/docs/consumer" -B "$root/consumer" -G Ninja \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_PREFIX_PATH="$prefix" \
  >"$root/configure.log" || { cat "$root/configure.log" >&2 && exit 1; }
cmake --build "$root/consumer" >"$root/build.log" || { cat "$root/build.log" >&2 && exit 1; }
shown=$("$root/consumer/consumer" "$root/replica.db")
[[ $shown == '{"subject":"todo/1","fields":{"title":"Buy milk"}}' ]] ||
  fail "the consumer printed: $shown"
