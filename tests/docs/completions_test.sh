#!/usr/bin/env bash
# Completes command lines in the real shells, on a real replica.
# usage: completions_test.sh SOURCE OFFSYNC

# shellcheck disable=SC2016  # other shells expand these, or nobody does
set -euo pipefail
completions=$1/completions
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir "$folder/bin" "$folder/work" "$folder/empty"
ln -s "$2" "$folder/bin/offsync"
export PATH=$folder/bin:$PATH HOME=$folder XDG_DATA_HOME=$folder/data XDG_CONFIG_HOME=$folder/config
unset OFFSYNC_HOME
cd "$folder/work"

failures=0
# expect WHAT WANTED GOT: both are lists of lines in any order.
expect() {
  local wanted got
  wanted=$(sort <<<"$2") got=$(sort <<<"$3")
  if [[ $wanted != "$got" ]]; then
    printf '%s: expected\n%s\ngot\n%s\n' "$1" "$wanted" "$got" >&2
    failures=$((failures + 1))
  fi
}

offsync init -q >/dev/null
offsync emit todo.created todo/1 title=one >/dev/null
offsync emit todo.created todo/2 title=two >/dev/null
offsync emit shop.opened shop/a:b open:=true >/dev/null
id=$(offsync queue export | sed -n '1s/.*"id":"\([^"]*\)".*/\1/p')

in_bash() {
  bash --norc -c '
    source "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _offsync
    if ((${#COMPREPLY[@]})); then printf "%s\n" "${COMPREPLY[@]}"; fi
  ' bash "$completions/offsync.bash" "$@"
}
in_fish() {
  fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' "$completions/offsync.fish" "$1" |
    cut -f 1
}
# zsh completes only in its line editor, so it gets a terminal: the line, then Tab, then a widget that
# prints the line as it is now.
in_zsh() {
  zsh -f -c '
    zmodload zsh/zpty
    zpty z "zsh -f -i"
    zpty -w z "PS1=; PROMPT=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; show() { print -r -- \"<<\$BUFFER>>\"; }; zle -N show; bindkey \"^X\" show; setopt no_auto_remove_slash; print ready"
    zpty -r -m z line "*ready*ready*"
    zpty -w -n z "$2"$'\''\t\030'\''
    zpty -r -m z line "*<<*>>*"
    print -r -- "${${line##*<<}%%>>*}"
    zpty -d z
  ' zsh "$completions" "$1"
}

expect "bash: commands" "state
status" "$(in_bash offsync sta)"
expect "bash: subjects" "todo/1
todo/2" "$(in_bash offsync state todo)"
expect "bash: subject for emit" "todo/1
todo/2" "$(in_bash offsync emit todo.renamed todo/)"
expect "bash: types" "todo.created" "$(in_bash offsync emit to)"
expect "bash: behind an option with a value" "todo/1
todo/2" "$(in_bash offsync state --remote x todo)"
expect "bash: pending ids" "$id" "$(in_bash offsync queue drop "${id:0:36}")"
expect "bash: nothing to retry" "" "$(in_bash offsync queue retry '')"
expect "bash: a value" "ndjson" "$(in_bash offsync log -o n)"
expect "bash: -C" "" "$(in_bash offsync state -C "$folder/empty" todo)"
cd "$folder/empty"
expect "bash: no replica" "" "$(in_bash offsync state todo)"
expect "bash: the replica of -C" "todo/1
todo/2" "$(in_bash offsync state -C "$folder/work" todo)"
expect "fish: the replica of -C" "todo/1
todo/2" "$(in_fish "offsync state -C $folder/work todo")"
cd "$folder/work"

expect "fish: commands" "state
status" "$(in_fish 'offsync sta')"
expect "fish: subjects" "todo/1
todo/2" "$(in_fish 'offsync emit todo.renamed todo/')"
expect "fish: types" "todo.created" "$(in_fish 'offsync log --type to')"
expect "fish: pending ids" "$id" "$(in_fish "offsync queue drop $id")"

expect "zsh: a command" "offsync resolve " "$(in_zsh 'offsync res')"
expect "zsh: a subject" "offsync state todo/" "$(in_zsh 'offsync state to')"
expect "zsh: an option" "offsync emit --unset " "$(in_zsh 'offsync emit --uns')"
expect "zsh: a pending id" "offsync queue drop $id " "$(in_zsh "offsync queue drop ${id:0:35}")"

# A subject is data, whatever stands in it: completing it runs nothing.
offsync emit evil.created 'evil/$(touch pwned)`touch pwned`' a=b >/dev/null
expect "bash: a hostile subject" 'evil/\$\(touch\ pwned\)\`touch\ pwned\`' "$(in_bash offsync state ev)"
expect "fish: a hostile subject" 'evil/$(touch pwned)`touch pwned`' "$(in_fish 'offsync state ev')"
expect "zsh: a hostile subject" 'offsync state evil/\$\(touch\ pwned\)\`touch\ pwned\` ' "$(in_zsh 'offsync state ev')"
[[ ! -e pwned ]] || {
  printf 'completing a subject has run it\n' >&2
  failures=$((failures + 1))
}
exit $((failures > 0))
